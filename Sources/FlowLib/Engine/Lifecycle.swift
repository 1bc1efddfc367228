/// Where a deployment is. Next: STARTING → RUNNING, ERROR, STOPPING; RUNNING → STOPPING; ERROR → RUNNING, STOPPING;
/// STOPPING → STOPPED, ERROR; STOPPED → STARTING, or RUNNING when nothing has to be started. STOPPED and ERROR may be deleted.
package enum DeploymentState: UInt8, Sendable, CaseIterable {
  case starting = 1, running, stopping, stopped, error

  /// As the original writes it: `RUNNING`.
  package var name: String {
    switch self {
    case .starting: "STARTING"
    case .running: "RUNNING"
    case .stopping: "STOPPING"
    case .stopped: "STOPPED"
    case .error: "ERROR"
    }
  }

  package func canBecome(_ next: DeploymentState) -> Bool {
    switch (self, next) {
    case (.starting, .running), (.starting, .error), (.starting, .stopping): true
    case (.running, .stopping): true
    case (.error, .running), (.error, .stopping): true
    case (.stopping, .stopped), (.stopping, .error): true
    case (.stopped, .starting), (.stopped, .running): true
    case (.starting, _), (.running, _), (.stopping, _), (.stopped, _), (.error, _): false
    }
  }

  /// Whether its services should be up.
  package var wantsServices: Bool {
    switch self {
    case .starting, .running, .error: true
    case .stopping, .stopped: false
    }
  }
}

/// Where an instance is. Next: RUNNING → any; STOPPED → RUNNING, CANCELED, ERROR, COMPLETED; the others are final.
package enum InstanceState: UInt8, Sendable, CaseIterable {
  case running = 1, completed, error, stopped, canceled

  package var name: String {
    switch self {
    case .running: "RUNNING"
    case .completed: "COMPLETED"
    case .error: "ERROR"
    case .stopped: "STOPPED"
    case .canceled: "CANCELED"
    }
  }

  package var isFinal: Bool {
    switch self {
    case .running, .stopped: false
    case .completed, .error, .canceled: true
    }
  }
}
