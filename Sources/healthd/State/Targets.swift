import FlowHealth
import FlowRPC

/// What is probed of a deployment, by its state.
enum Targets {
  private static let periodMsPreset: Int64 = 30_000
  private static let timeoutMsPreset = 5_000
  /// Someone repairs a broken deployment; they should not have to wait half a minute to see it.
  private static let brokenPeriodMsMax: Int64 = 5_000

  /// A stopped deployment has no services of its own that could be asked.
  static func of(_ deployment: FlowV1.Deployment) -> [ProbeTarget] {
    switch deployment.state {
    case .starting, .running, .stopping: deployment.probes.map { target($0, deployment.id, periodMsMax: .max) }
    case .error: deployment.probes.map { target($0, deployment.id, periodMsMax: brokenPeriodMsMax) }
    case .stopped, .stateUnspecified, .unrecognized: []
    }
  }

  /// flowd waits for these.
  static func isHurried(_ deployment: FlowV1.Deployment) -> Bool {
    deployment.state == .starting || deployment.state == .stopping
  }

  private static func target(_ wire: FlowV1.ProbeTarget, _ deployment: String, periodMsMax: Int64) -> ProbeTarget {
    ProbeTarget(
      ProbeKey(deployment: deployment, element: wire.elementID), url: wire.url, method: wire.method.isEmpty ? "GET" : wire.method,
      body: wire.body.isEmpty ? nil : Array(wire.body.utf8),
      periodMs: min(periodMsMax, wire.periodMs == 0 ? periodMsPreset : Int64(wire.periodMs)),
      timeoutMs: wire.timeoutMs == 0 ? timeoutMsPreset : Int(wire.timeoutMs))
  }
}
