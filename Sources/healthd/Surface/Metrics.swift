import FlowRPC

/// healthd's figures, in Prometheus' text form.
struct Metrics {
  var deployments: [FlowV1.Deployment]
  var health: [FlowV1.DeploymentHealth]
  var isLive: Bool
  var instances: Int
  var streams: Int
  var probesUp: Int
  var probesDown: Int

  static let contentType = "text/plain; version=0.0.4; charset=utf-8"

  var text: String {
    let elements = health.flatMap(\.elements)
    let up = elements.filter(\.up).count
    return family("flow_healthd_flowd_up", "gauge", "1 while flowd is reached", [("", isLive ? 1 : 0)])
      + family("flow_healthd_deployments", "gauge", "Deployments by state", states)
      + family(
        "flow_healthd_tasks", "gauge", "Probed tasks by result", [(#"{status="up"}"#, up), (#"{status="down"}"#, elements.count - up)])
      + family(
        "flow_healthd_probes_total", "counter", "Probes made by result",
        [(#"{status="up"}"#, probesUp), (#"{status="down"}"#, probesDown)])
      + family("flow_healthd_instances_known", "gauge", "Instances kept for pages while flowd is away", [("", instances)])
      + family("flow_healthd_event_streams", "gauge", "Pages that listen", [("", streams)])
      + family("flow_build_info", "gauge", "Version of this program", [(#"{program="healthd",version="\#(Options.version)"}"#, 1)])
  }

  private var states: [(String, Int)] {
    let all: [FlowV1.DeploymentState] = [.starting, .running, .stopping, .stopped, .error]
    return all.map { state in
      let word = state.name.split(separator: "_").last.map { $0.lowercased() } ?? ""
      return (#"{state="\#(word)"}"#, deployments.filter { $0.state == state }.count)
    }
  }

  private func family(_ name: String, _ type: String, _ help: String, _ samples: [(String, Int)]) -> String {
    "# HELP \(name) \(help)\n# TYPE \(name) \(type)\n" + samples.map { "\(name)\($0.0) \($0.1)\n" }.joined()
  }
}
