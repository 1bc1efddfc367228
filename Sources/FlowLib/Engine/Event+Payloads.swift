/// Every body that an event or a record carries, for who keeps large ones apart.
extension Event {
  package func mappingPayloads<Failure: Error>(_ map: (Payload) throws(Failure) -> Payload) throws(Failure) -> Event {
    switch self {
    case .instance(let key, let change): return .instance(key, try change.mappingPayloads(map))
    case .message(let key, .published(let message)): return .message(key, .published(try message.mapping(map)))
    case .queued(let key, let delivery): return .queued(key, try delivery.mappingPayloads(map))
    case .triggersSeen(let deployment, let place, let seen?): return .triggersSeen(deployment, place, try seen.mapping(map))
    case .deployment, .requestAnswered, .requestsEvicted, .message, .startTimer, .triggersSeen, .delivered: return self
    }
  }
}

extension InstanceEvent {
  fileprivate func mappingPayloads<Failure: Error>(_ map: (Payload) throws(Failure) -> Payload) throws(Failure) -> InstanceEvent {
    switch self {
    case .created(let created):
      return .created(
        InstanceCreated(
          id: created.id, deployment: created.deployment, start: created.start, payload: try map(created.payload),
          metadata: created.metadata, isStopped: created.isStopped, at: created.at, parent: created.parent, startKey: created.startKey,
          callDepth: created.callDepth))
    case .completed(let activity, let payload?, let flows): return .completed(activity, try map(payload), flows: flows)
    case .failed(let activity, let failure): return .failed(activity, try failure.mapping(map))
    case .stopped(let failure?, let at): return .stopped(try failure.mapping(map), at: at)
    case .activity(let activity, let event): return .activity(activity, try event.mappingPayloads(map))
    case .finished(let state, let payload, let failure, let at):
      let payload = if let payload { try map(payload) } else { Payload?.none }
      let failure = if let failure { try failure.mapping(map) } else { ServiceFailure?.none }
      return .finished(state, payload, failure, at: at)
    case .passed, .activated, .completed, .arrived, .joined, .ended, .caught, .scopeCleared, .stopped, .retried, .migrated, .deleted:
      return self
    }
  }
}

extension ActivityEvent {
  fileprivate func mappingPayloads<Failure: Error>(_ map: (Payload) throws(Failure) -> Payload) throws(Failure) -> ActivityEvent {
    switch self {
    case .variablesSet(let variables): return .variablesSet(try variables.mapping(map))
    case .iterationCompleted(let iteration, let output?): return .iterationCompleted(iteration, output: try map(output))
    case .compensable(let compensation): return .compensable(try compensation.mapping(map))
    case .loopBegan, .iterationCompleted, .waitsOpened, .waitClosed, .waitChanged, .definitionSeen, .jobMade, .jobTaken, .jobFreed,
      .jobFailed, .retriesSet, .jobTimeoutSet, .jobGone, .userTaskMade, .userTaskChanged, .incidentRaised, .incidentResolved,
      .phaseChanged, .iterationsPlaced, .iterationTerminated, .called, .compensationTaken, .handles, .counted, .gathered, .fired, .chosen,
      .placed, .began, .terminated, .ranOn:
      return self
    }
  }
}

extension Array where Element == Variable {
  fileprivate func mapping<Failure: Error>(_ map: (Payload) throws(Failure) -> Payload) throws(Failure) -> [Variable] {
    var mapped: [Variable] = []
    for variable in self { mapped.append(Variable(variable.name, try map(variable.value))) }
    return mapped
  }
}

extension SeenTriggers {
  fileprivate func mapping<Failure: Error>(_ map: (Payload) throws(Failure) -> Payload) throws(Failure) -> SeenTriggers {
    SeenTriggers(definitions: definitions, variables: try variables.mapping(map))
  }
}

extension Compensation {
  fileprivate func mapping<Failure: Error>(_ map: (Payload) throws(Failure) -> Payload) throws(Failure) -> Compensation {
    var inner: [Compensation] = []
    for compensation in self.inner { inner.append(try compensation.mapping(map)) }
    return Compensation(activity: activity, element: element, variables: try variables.mapping(map), inner: inner)
  }
}

extension PublishMessage {
  fileprivate func mapping<Failure: Error>(_ map: (Payload) throws(Failure) -> Payload) throws(Failure) -> PublishMessage {
    var mapped = self
    mapped.variables = try variables.mapping(map)
    return mapped
  }
}

extension BufferedMessage {
  fileprivate func mapping<Failure: Error>(_ map: (Payload) throws(Failure) -> Payload) throws(Failure) -> BufferedMessage {
    var mapped = BufferedMessage(
      key: key, name: name, correlationKey: correlationKey, messageID: messageID, variables: try variables.mapping(map), deadline: deadline)
    mapped.takenBy = takenBy
    return mapped
  }
}

extension Delivery {
  fileprivate func mappingPayloads<Failure: Error>(_ map: (Payload) throws(Failure) -> Payload) throws(Failure) -> Delivery {
    switch self {
    case .publish(let publish): .publish(try publish.mapping(map))
    case .start(let deployment, let element, let variables):
      .start(deployment: deployment, element: element, variables: try variables.mapping(map))
    case .call(let parent, let deployment, let id, let variables):
      .call(parent, deployment: deployment, id: id, variables: try variables.mapping(map))
    case .ended(let parent, let child, let outcome): .ended(parent, child: child, try outcome.mapping(map))
    case .signal(let name, let variables, let after, let before):
      .signal(name: name, variables: try variables.mapping(map), after: after, before: before)
    case .trigger(let deployment, let place, let definition, let variables):
      .trigger(deployment: deployment, place, definition: definition, variables: try variables.mapping(map))
    case .cancel, .correlate: self
    }
  }
}

extension CallOutcome {
  fileprivate func mapping<Failure: Error>(_ map: (Payload) throws(Failure) -> Payload) throws(Failure) -> CallOutcome {
    switch self {
    case .completed(let variables): .completed(try variables.mapping(map))
    case .error(let code, let message, let variables): .error(code: code, message: message, try variables.mapping(map))
    case .escalation(let code, let variables): .escalation(code: code, try variables.mapping(map))
    case .canceled: self
    }
  }
}

extension ServiceFailure {
  fileprivate func mapping<Failure: Error>(_ map: (Payload) throws(Failure) -> Payload) throws(Failure) -> ServiceFailure {
    var failure = self
    failure.report = try map(report)
    return failure
  }
}

extension StateRecord {
  package func mappingPayloads<Failure: Error>(_ map: (Payload) throws(Failure) -> Payload) throws(Failure) -> StateRecord {
    switch self {
    case .instance(var instance):
      try instance.payloads.map(map)
      if let failure = instance.failure { instance.failure = try failure.mapping(map) }
      for (id, details) in instance.details { instance.details[id] = try details.mapping(map) }
      instance.variableBytes = instance.details.reduce(0) { $0 + $1.value.variableBytes }
      return .instance(instance)
    case .message(let message): return .message(try message.mapping(map))
    case .delivery(let key, let delivery): return .delivery(key, try delivery.mappingPayloads(map))
    case .deployment(var deployment):
      for (place, seen) in deployment.seenTriggers { deployment.seenTriggers[place] = try seen.mapping(map) }
      return .deployment(deployment)
    case .counter, .ended, .request: return self
    }
  }
}

extension Details {
  fileprivate var variableBytes: Int { variables.reduce(0) { $0 + $1.key.utf8.count + $1.value.bytes.count } }

  fileprivate func mapping<Failure: Error>(_ map: (Payload) throws(Failure) -> Payload) throws(Failure) -> Details {
    var mapped = self
    for (name, value) in variables { mapped.variables[name] = try map(value) }
    for (iteration, output) in loop?.outputs ?? SmallMap() { mapped.loop?.outputs[iteration] = try map(output) }
    mapped.compensations = []
    for compensation in compensations { mapped.compensations.append(try compensation.mapping(map)) }
    return mapped
  }
}
