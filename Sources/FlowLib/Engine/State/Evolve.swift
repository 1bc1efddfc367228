import FlowCore

/// Applies one event. Total: an event that `decide` made always applies.
package func evolve(_ state: inout PartitionState, with event: Event, catalog: Catalog) {
  switch event {
  case .deployment(let key, let change): state.apply(change, to: key)
  case .instance(let key, .created(let created)):
    state.sawKey(key)
    guard let process = catalog[created.deployment] else { preconditionFailure("instance of a deployment that is not there: \(key.raw)") }
    state.insert(Instance.begun(created, of: process))
  case .instance(let key, .finished), .instance(let key, .deleted): state.removeInstance(key)
  case .instance(let key, .migrated(let migration)): state.migrate(key, migration)
  case .instance(let key, let change):
    state.sawKeys(of: change)
    let isThere = state.change(key) { instance in
      guard let process = catalog[instance.deployment] else { preconditionFailure("event of a deployment that is not there: \(key.raw)") }
      instance.apply(change, of: process)
    }
    precondition(isThere, "event for an instance that is not there: \(key.raw)")
  case .requestAnswered(let key, let name, let instance, let at):
    state.sawKey(key)
    state.requests.insert(AnsweredRequests.Entry(key: key, name: name, instance: instance, at: at))
  case .requestsEvicted(let last): state.requests.evict(through: last)
  case .message(let key, let change): state.apply(change, to: key)
  case .startTimer(let deployment, let element, let timer): state.setStartTimer(timer, of: deployment, at: element)
  case .triggersSeen(let deployment, let place, let seen): state.deployments[deployment]?.seenTriggers[place] = seen
  case .queued(let key, let delivery):
    state.sawKey(key)
    if case .call(_, _, let id, _) = delivery { state.sawKey(id.key) }
    state.deliveries[key] = delivery
  case .delivered(let key): state.deliveries[key] = nil
  }
}

/// The compiled deployments, by key. Immutable values; a new deployment makes a new catalog.
package struct Catalog: Sendable {
  private var processes: [Key: ExecutableProcess] = [:]

  package init() {}

  package subscript(key: Key) -> ExecutableProcess? {
    get { processes[key] }
    set { processes[key] = newValue }
  }
}

extension PartitionState {
  fileprivate mutating func apply(_ change: DeploymentEvent, to key: Key) {
    switch change {
    case .deployed(let deploy, let state, let at):
      sawKey(key)
      insert(Deployment(key: key, deploy, state, at: at))
    case .changed(let state, let reason, let at):
      deployments[key]?.state = state
      deployments[key]?.reason = reason
      deployments[key]?.since = at
    case .deletionStarted: deployments[key]?.isBeingDeleted = true
    case .deleted: removeDeployment(key)
    }
  }
}

extension PartitionState {
  /// The keys that an event gives.
  fileprivate mutating func sawKeys(of change: InstanceEvent) {
    switch change {
    case .activated(_, _, .job(let job)): sawKey(job)
    case .retried(let retries, _): for retry in retries { sawKey(retry.job) }
    case .activity(_, .jobMade(let job)): sawKey(job.key)
    case .activity(_, .userTaskMade(let task)): sawKey(task.key)
    case .activity(_, .incidentRaised(let incident)): sawKey(incident.key)
    case .activity(_, .waitsOpened(let waits)): for wait in waits { sawKey(wait.key) }
    case .created, .passed, .activated, .completed, .arrived, .joined, .ended, .caught, .scopeCleared, .failed, .stopped, .finished,
      .deleted, .migrated, .activity:
      break
    }
  }

  fileprivate mutating func apply(_ change: MessageEvent, to key: Key) {
    switch change {
    case .published(let message):
      sawKey(key)
      insert(message)
    case .correlated(let processID): messages.take(key, by: processID)
    case .expired: remove(messageWith: key)
    }
  }
}
