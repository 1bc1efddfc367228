/// Every body that an event or a record carries, for who keeps large ones apart.
extension Event {
  package func mappingPayloads<Failure: Error>(_ map: (Payload) throws(Failure) -> Payload) throws(Failure) -> Event {
    guard case .instance(let key, let change) = self else { return self }
    switch change {
    case .created(let created):
      let mapped = InstanceCreated(
        id: created.id, deployment: created.deployment, start: created.start, payload: try map(created.payload), metadata: created.metadata,
        isStopped: created.isStopped, at: created.at)
      return .instance(key, .created(mapped))
    case .completed(let activity, let payload?, let flows): return .instance(key, .completed(activity, try map(payload), flows: flows))
    case .failed(let activity, let failure): return .instance(key, .failed(activity, try failure.mapping(map)))
    case .stopped(let failure?, let at): return .instance(key, .stopped(try failure.mapping(map), at: at))
    case .finished(let state, let payload, let failure, let at):
      let payload = if let payload { try map(payload) } else { Payload?.none }
      let failure = if let failure { try failure.mapping(map) } else { ServiceFailure?.none }
      return .instance(key, .finished(state, payload, failure, at: at))
    case .passed, .activated, .completed, .arrived, .joined, .ended, .caught, .scopeCleared, .stopped, .retried, .deleted: return self
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
    guard case .instance(var instance) = self else { return self }
    try instance.payloads.map(map)
    if let failure = instance.failure { instance.failure = try failure.mapping(map) }
    return .instance(instance)
  }
}
