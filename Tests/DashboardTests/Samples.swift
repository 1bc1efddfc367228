import FlowCore
import FlowDashboard
import FlowRPC

/// Messages as flowd would send them, around one moment.
enum Sample {
  static let now = Instant(milliseconds: 1_795_000_000_000)
  static let evil = "<script>alert(\"x\")</script>"

  static func frame(_ link: FlowdLink = .live, query: String = "") -> PageFrame {
    PageFrame(now: now, nonce: "abc123", position: 812, link: link, query: query)
  }

  static func ago(_ seconds: Int64) -> Int64 { now.milliseconds - seconds * 1000 }

  static func deployment(
    _ id: String = "calc-00000001", _ state: FlowV1.DeploymentState = .running, tasks: [String: Bool] = [:], reason: String = ""
  ) -> FlowV1.Deployment {
    let names = tasks.keys.sorted()
    return FlowV1.Deployment(
      id: id, processID: "calc", processName: "Calculate", version: 2, state: state, reason: reason, sinceMs: ago(90), appliedMs: ago(100),
      probes: names.map { FlowV1.ProbeTarget(elementID: $0, url: "http://127.0.0.1:4000/\($0)", periodMs: 1000) },
      health: names.map {
        FlowV1.ElementHealth(
          elementID: $0, up: tasks[$0] ?? false, sinceMs: ago(60), reason: tasks[$0] == true ? "" : "connection refused", checkedMs: ago(1))
      },
      instancesRunning: 3, resourceName: "calc.bpmn")
  }

  static func instance(
    _ number: Int = 1, _ state: FlowV1.InstanceState = .completed, result: String = "[3528.0]", code: String = "", message: String = ""
  ) -> FlowV1.Instance {
    let digits = String(number, radix: 16)
    return FlowV1.Instance(
      id: "flow-" + String(repeating: "0", count: 32 - digits.count) + digits, deploymentID: "calc-00000001", state: state,
      createdMs: ago(10), endedMs: state == .running ? 0 : ago(9), result: Array(result.utf8), contentType: "application/json",
      errorCode: code, errorMessage: message)
  }
}
