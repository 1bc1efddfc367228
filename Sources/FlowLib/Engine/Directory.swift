import FlowCore

/// What an instance may know of what is deployed, of the messages that are there, and of those that called it.
struct Directory {
  let deployments: [Key: Deployment]
  let messages: MessageBuffer
  let catalog: Catalog
  let instances: InstanceTable
  private let versions: [String: [Key]]

  init(state: PartitionState, catalog: Catalog) {
    deployments = state.deployments
    messages = state.messages
    instances = state.instances
    versions = state.versions
    self.catalog = catalog
  }

  /// The deployment that a call of a process means.
  func deployment(of processID: String, _ binding: CallDefinition.Binding, calledBy caller: Key) -> Key? {
    let running = (versions[processID] ?? []).filter { deployments[$0]?.state == .running }
    switch binding {
    case .latest: return running.last
    case .deployment: return running.last { deployments[$0]?.appliedAt == deployments[caller]?.appliedAt } ?? running.last
    case .versionTag(let tag): return running.last { catalog[$0]?.settings.versionTag == tag }
    }
  }

  /// The buffered messages that begin the next instance of a process for a correlation key.
  func nextStarts(of process: ExecutableProcess, _ key: String, at now: Instant) -> [Key] {
    process.messageStarts.compactMap { name, _ in
      messages.first(of: Topic(name: name, correlationKey: key), notTakenBy: process.processID, at: now)
    }
  }
}

extension ExecutableElement {
  /// Which of its definitions waits for a message of this name.
  func definition(forMessage name: String) -> Int? {
    more.events.firstIndex { event in
      guard case .message(.text(name), _) = event else { return false }
      return true
    }
  }
}

extension ExecutableProcess {
  /// Message start events, by the names of their messages.
  var messageStarts: [(name: String, element: ElementIndex)] {
    waitingStarts.flatMap { element in
      self[element].more.events.compactMap { event in
        guard case .message(.text(let name), _) = event else { return nil }
        return (name, element)
      }
    }
  }

  var signalStarts: [(name: String, element: ElementIndex, definition: Int)] {
    waitingStarts.flatMap { element in
      self[element].more.events.enumerated().compactMap { definition, event in
        guard case .signal(.text(let name)) = event else { return nil }
        return (name, element, definition)
      }
    }
  }
}
