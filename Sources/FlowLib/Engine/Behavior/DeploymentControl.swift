import FlowCore
import FlowFEEL

func decideDeploy(_ deploy: Deploy, in state: PartitionState, catalog: Catalog, context: DecisionContext) throws(Rejection) -> Decision {
  if let known = state.deployment(id: deploy.id) {
    throw Rejection(.alreadyExists, "deployment \(known.id) already exists")
  }
  let next: DeploymentState = deploy.isStopped ? .stopped : deploy.needsNothing ? .running : .starting
  // Those of one command have one time, and no others have it: by it a call finds what was deployed with its process.
  let last = state.deployments.values.map(\.appliedAt).max()
  let at = last.map { deploy.isWithLast ? $0 : max(context.now, $0 + 1) } ?? context.now
  let event = Event.deployment(state.nextKey, .deployed(deploy, next, at: at))
  let key = state.nextKey
  guard next == .running else { return Decision(events: [event], answer: .deployment(key)) }
  return Decision(events: [event] + timers(startedBy: key, deploy.processID, in: state, catalog, context), answer: .deployment(key))
}

/// The timer start events of a version that runs from now on; those of the versions before are over.
///
/// A date that can not be told, because its expression fails, starts nothing.
private func timers(
  startedBy key: Key, _ processID: String, in state: PartitionState, _ catalog: Catalog, _ context: DecisionContext
) -> [Event] {
  guard let process = catalog[key] else { return [] }
  let isLatest = (state.versions[processID] ?? []).allSatisfy { $0 <= key || state.deployments[$0]?.state != .running }
  guard isLatest else { return [] }
  let older = (state.versions[processID] ?? []).filter { $0 != key }.compactMap { state.deployments[$0] }
  let ended = older.flatMap { deployment in deployment.startTimers.keys.sorted().map { Event.startTimer(deployment.key, $0, nil) } }
  return ended + process.waitingStarts.compactMap { start in process.firstTimer(of: start, context).map { .startTimer(key, start, $0) } }
}

extension ExecutableProcess {
  fileprivate func firstTimer(of start: ElementIndex, _ context: DecisionContext) -> StartTimer? {
    for event in self[start].more.events {
      guard case .timer(let kind, let value) = event else { continue }
      do throws(StepProblem) {
        let given: Value
        switch value {
        case .text(let text): given = .string(text)
        case .expression(let expression):
          do throws(EvaluationError) {
            given = try expression.evaluate(EvaluationScope(now: context.now, zones: context.zones) { _ in nil })
          } catch { throw StepProblem(.extractValueError, "\(error)") }
        }
        if case .timer(let due, let cycle) = try TimerText.first(kind, given, now: context.now, zones: context.zones) {
          return StartTimer(due: due, cycle: cycle)
        }
      } catch { continue }
    }
    return nil
  }
}

private func known(_ key: Key, in state: PartitionState) throws(Rejection) -> Deployment {
  guard let deployment = state.deployments[key] else { throw Rejection(.notFound, "deployment is not there (any more)") }
  return deployment
}

private func change(_ deployment: Deployment, to next: DeploymentState, _ reason: String?, _ context: DecisionContext) -> Decision {
  precondition(deployment.state.canBecome(next), "\(deployment.id) can not go from \(deployment.state.name) to \(next.name)")
  return Decision(events: [.deployment(deployment.key, .changed(next, reason: reason, at: context.now))], answer: .done)
}

func decideStart(of key: Key, in state: PartitionState, catalog: Catalog, context: DecisionContext) throws(Rejection) -> Decision {
  let deployment = try known(key, in: state)
  guard deployment.state == .stopped, !deployment.isBeingDeleted else {
    throw Rejection(.wrongState, "\(deployment.id) is \(deployment.state.name), only a STOPPED deployment can be started")
  }
  let needsNothing = catalog[key].map { !$0.needsServices } ?? false
  return change(deployment, to: needsNothing ? .running : .starting, nil, context)
}

func decideStop(of key: Key, force: Bool, in state: PartitionState, context: DecisionContext) throws(Rejection) -> Decision {
  let deployment = try known(key, in: state)
  guard deployment.state == .running || deployment.state == .error || (force && deployment.state == .starting) else {
    throw Rejection(.wrongState, "\(deployment.id) is not in a stoppable state but \(deployment.state.name)")
  }
  let live = state.liveCount(of: key)
  guard force || live == 0 else {
    throw Rejection(.wrongState, "\(deployment.id) has \(live) running instances; wait for them, or stop with --force")
  }
  return change(deployment, to: .stopping, nil, context)
}

func decideDelete(of key: Key, in state: PartitionState, context: DecisionContext) throws(Rejection) -> Decision {
  let deployment = try known(key, in: state)
  guard deployment.state == .stopped || deployment.state == .error else {
    throw Rejection(.wrongState, "\(deployment.id) is \(deployment.state.name), only STOPPED or ERROR deployments can be deleted")
  }
  return deletionStep(of: deployment, in: state, context: context)
}

func decideDeletionStep(of key: Key, in state: PartitionState, context: DecisionContext) -> Decision {
  guard let deployment = state.deployments[key], deployment.isBeingDeleted else { return Decision(events: [], answer: .done) }
  return deletionStep(of: deployment, in: state, context: context)
}

/// Cancels what still lives, as much as one command may; the deployment goes with the last of it.
private func deletionStep(of deployment: Deployment, in state: PartitionState, context: DecisionContext) -> Decision {
  var events: [Event] = []
  if state.liveCount(of: deployment.key) > 0 {
    let live = state.instances.values.filter { $0.deployment == deployment.key }.sorted { $0.id.key < $1.id.key }
    for instance in live.prefix(Limits.stepsPerCommand) {
      let object: JSON = [
        "error_code": "CANCELED_INSTANCE", "error_msg": "its deployment was deleted", "failed_instance_id": .string(instance.id.text),
        "from_envoy": false,
      ]
      let failure = ServiceFailure(
        code: "CANCELED_INSTANCE", message: "its deployment was deleted", elementID: nil, report: Payload(json: object))
      events.append(.instance(instance.id.key, .finished(.canceled, nil, failure, at: context.now)))
    }
    if live.count > Limits.stepsPerCommand {
      if !deployment.isBeingDeleted { events.append(.deployment(deployment.key, .deletionStarted)) }
      return Decision(events: events, answer: .done)
    }
  }
  events.append(.deployment(deployment.key, .deleted))
  return Decision(events: events, answer: .done)
}

func decideObservation(
  _ seen: DeploymentObservation, of key: Key, in state: PartitionState, context: DecisionContext
) -> Decision {
  guard let deployment = state.deployments[key] else { return Decision(events: [], answer: .done) }
  switch (deployment.state, seen) {
  case (.starting, .allUp), (.error, .allUp): return change(deployment, to: .running, nil, context)
  case (.stopping, .allDown): return change(deployment, to: .stopped, nil, context)
  case (.starting, .failed(let why)), (.stopping, .failed(let why)): return change(deployment, to: .error, why, context)
  case (.starting, _), (.running, _), (.stopping, _), (.stopped, _), (.error, _): return Decision(events: [], answer: .done)
  }
}

func decideTimeout(of key: Key, since: Instant, in state: PartitionState, context: DecisionContext) -> Decision {
  guard let deployment = state.deployments[key], deployment.since == since else { return Decision(events: [], answer: .done) }
  switch deployment.state {
  case .starting: return change(deployment, to: .error, "not all of its services were up in time", context)
  case .stopping: return change(deployment, to: .error, "not all of its services were down in time", context)
  case .running, .stopped, .error: return Decision(events: [], answer: .done)
  }
}
