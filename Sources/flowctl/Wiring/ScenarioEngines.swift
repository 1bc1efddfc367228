import FlowCore
import FlowRuntime
import FlowScenario

/// The engine that scenarios run on.
enum ScenarioEngines {
  static let make: ScenarioEngineFactory = { (clock: Instant) throws(Status) -> any ScenarioEngine in
    try PartitionEngine(clock: clock, zones: SystemZones.offsets)
  }
}
