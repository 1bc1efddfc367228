import FlowCore

extension Draft {
  /// Makes a job, once what the service is to get can be made of the payload.
  mutating func enterServiceTask(_ token: PendingToken, _ element: ExecutableElement) {
    let (id, payload) = (newActivity(), instance.payloads[token.payload])
    emit(.activated(id, token.element, .job(newKey())))
    if !element.isSimple { start(id, element) }
    guard process.settings.usesClosureTransport, let binding = element.service, let activity = instance.activities[id],
      case .failure(let error) = closureInput(payload, of: binding)
    else { return }
    failTask(activity, failure("FAILED_CONTEXT_INPUT_PARSING", error.message, at: token.element, input: payload))
  }

  /// The service answered: its response (or, under closure transport, the context with it merged in) goes on.
  consuming func jobCompleted(_ job: Key, _ response: Payload) throws(Rejection) -> Decision {
    let activity = try open(job)
    let input = instance.payloads[activity.payload]
    if process.settings.usesVariables {
      complete(activity.id, response.asVariables ?? [Variable("body", response)])
      run()
      return decided()
    }
    switch output(of: activity, response, input) {
    case .success(let payload) where payload.bytes.count > Limits.payloadBytes:
      let message = "payload of \(payload.bytes.count) bytes is over the limit of \(Limits.payloadBytes)"
      failTask(activity, failure("FAILED_TASK", message, at: activity.element, input: input))
    case .success(let payload): emit(completed: activity, payload)
    case .failure(let error):
      failTask(activity, failure("FAILED_CONTEXT_OUTPUT_PARSING", error.message, at: activity.element, input: input, output: response))
    }
    run()
    return decided()
  }

  /// The service did not do its work.
  consuming func jobFailed(_ job: Key, _ failure: ServiceFailure) throws(Rejection) -> Decision {
    guard let activity = instance.activity(withJob: job) else { throw notOpen(job) }
    failTask(activity, failure.bounded)
    run()
    return decided()
  }

  /// The activity that waits for this job; completions are accepted once.
  private func open(_ job: Key) throws(Rejection) -> Activity {
    guard let activity = instance.activity(withJob: job), case .serviceTask = process[activity.element].kind else { throw notOpen(job) }
    return activity
  }

  private func output(of activity: Activity, _ response: Payload, _ input: Payload) -> Result<Payload, ClosureError> {
    guard process.settings.usesClosureTransport, let binding = process[activity.element].service else { return .success(response) }
    return closureOutput(response, into: input, of: binding)
  }

  func notOpen(_ job: Key) -> Rejection { Rejection(.notFound, "job \(job.raw) of \(instance.id.text) is not open (any more)") }

  /// An error boundary event catches, else the instance waits for a retry or ends with ERROR.
  mutating func failTask(_ activity: Activity, _ failure: ServiceFailure) {
    if let boundary = boundary(of: activity, catching: failure.code) {
      interrupt(activity.id, by: boundary, code: failure.code, [])
    } else if process.settings.usesVariables {
      emit(.failed(activity.id, failure))
      throwError(failure, at: activity.id)
    } else if process.settings.isRecoverable {
      emit(.failed(activity.id, failure))
      if instance.state == .running { emit(.stopped(nil, at: context.now)) }
    } else {
      throwError(failure, at: activity.id)
    }
  }
}

extension Draft {
  /// A service is to be called again after somebody looked into why it failed.
  mutating func callAgain(_ id: ActivityID) {
    guard instance.activities[id]?.job == nil else { return }
    emit(.retried([Retry(activity: id, job: newKey())], at: context.now))
  }
}

/// What a service task gets: the whole payload, or its declared inputs under closure transport.
package func requestBody(for payload: Payload, of binding: ServiceBinding, settings: ProcessSettings) -> Payload {
  guard settings.usesClosureTransport else { return payload }
  switch closureInput(payload, of: binding) {
  case .success(let request): return request
  case .failure: return payload
  }
}
