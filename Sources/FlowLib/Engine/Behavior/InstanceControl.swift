import FlowCore

extension Draft {
  /// Somebody outside reports a failure: STOPPED when the model says that it can be retried, else ERROR.
  consuming func failedFromOutside(_ failure: ServiceFailure) throws(Rejection) -> Decision {
    guard instance.state == .running else {
      throw Rejection(.wrongState, "\(instance.id.text) is \(instance.state.name)")
    }
    let failure = failure.bounded
    guard process.settings.isRecoverable else {
      finish(.error, nil, failure)
      return decided()
    }
    let named = instance.activitiesInOrder.filter { $0.job != nil && process[$0.element].id == failure.elementID }
    for activity in named.isEmpty ? instance.activitiesInOrder.filter({ $0.job != nil }) : named {
      emit(.failed(activity.id, failure))
    }
    emit(.stopped(failure, at: context.now))
    return decided()
  }

  consuming func endedFromOutside(_ result: Payload) throws(Rejection) -> Decision {
    guard instance.state == .running else {
      throw Rejection(.wrongState, "\(instance.id.text) is \(instance.state.name)")
    }
    finish(.completed, result, nil)
    return decided()
  }

  /// Gives every failed activity a new job and lets the instance go on.
  consuming func retry() throws(Rejection) -> Decision {
    guard instance.state == .stopped else {
      throw Rejection(.wrongState, "\(instance.id.text) is \(instance.state.name), only a STOPPED instance can be started again")
    }
    var retries: [Retry] = []
    for activity in instance.activitiesInOrder where activity.hasFailed { retries.append(Retry(activity: activity.id, job: newKey())) }
    emit(.retried(retries, at: context.now))
    // Messages may have come meanwhile.
    for id in instance.details.keys.sorted() { newWaits += instance.details[id]?.waits ?? [] }
    run()
    return decided()
  }

  consuming func cancel() throws(Rejection) -> Decision {
    finish(.canceled, nil, canceled("canceled on request"))
    return decided()
  }

  func canceled(_ why: String) -> ServiceFailure {
    let object: JSON = [
      "error_code": "CANCELED_INSTANCE", "error_msg": .string(why), "failed_instance_id": .string(instance.id.text), "from_envoy": false,
    ]
    return ServiceFailure(code: "CANCELED_INSTANCE", message: why, elementID: nil, report: Payload(json: object))
  }
}
