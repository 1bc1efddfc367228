import FlowCore
import FlowScenario

/// The engine that scenarios run on.
enum ScenarioEngines {
  static let make: ScenarioEngineFactory = { (_: Instant) throws(Status) -> any ScenarioEngine in
    throw Status(.unimplemented, "this flowctl can not run scenarios yet")
  }
}
