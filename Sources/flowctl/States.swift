import FlowCommandLine
import FlowRPC

extension FlowV1.DeploymentState {
  /// The state as the original writes it.
  var word: String {
    switch self {
    case .stateUnspecified: "UNKNOWN"
    case .starting: "STARTING"
    case .running: "RUNNING"
    case .stopping: "STOPPING"
    case .stopped: "STOPPED"
    case .error: "ERROR"
    case .unrecognized(let number): String(number)
    }
  }

  var style: Style {
    switch self {
    case .running: .green
    case .starting, .stopping: .yellow
    case .error: .red
    case .stopped: .dim
    case .stateUnspecified, .unrecognized: .plain
    }
  }
}

extension FlowV1.InstanceState {
  var word: String {
    switch self {
    case .stateUnspecified: "UNKNOWN"
    case .running: "RUNNING"
    case .completed: "COMPLETED"
    case .error: "ERROR"
    case .stopped: "STOPPED"
    case .canceled: "CANCELED"
    case .unrecognized(let number): String(number)
    }
  }

  var style: Style {
    switch self {
    case .completed: .green
    case .running: .blue
    case .error, .stopped: .red
    case .canceled: .dim
    case .stateUnspecified, .unrecognized: .plain
    }
  }
}

extension FlowV1.Deployment {
  /// `2/3`: tasks that are UP, of those that are probed.
  var tasks: String {
    let total = max(probes.count, health.count)
    return total == 0 ? "-" : "\(health.filter(\.up).count)/\(total)"
  }
}
