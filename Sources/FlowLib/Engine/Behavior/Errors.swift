import FlowCore

extension Draft {
  /// Walks outwards from an activity until an event catches; without one the instance that called this one gets it, else it is an
  /// incident where there are variables, and the end of the instance where there are none.
  ///
  /// - Source: BPMN 2.0.2, 13.5.3, error events.
  mutating func throwError(_ failure: ServiceFailure, at id: ActivityID, _ variables: [Variable] = []) {
    guard !isFinished else { return }
    var current = id
    while current != .process, let activity = instance.activities[current] {
      if let boundary = boundary(of: activity, catching: failure.code) {
        return interrupt(current, by: boundary, code: failure.code, variables)
      }
      let around = activity.scope == .process ? nil : instance.activities[activity.scope]?.element
      let starts = eventSubProcessStarts(in: around, but: activity.element)
      if let start = catcher(of: failure.code, among: starts, isEscalation: false) {
        return begin(eventSubProcessOf: start, in: activity.scope, variables)
      }
      current = activity.scope
    }
    if instance.parent != nil { return finish(.error, nil, failure) }
    guard process.settings.usesVariables, instance.activities[id] != nil else { return finish(.error, nil, failure) }
    let why = "nobody catches error '\(failure.code)'" + (failure.message.isEmpty ? "" : ": \(failure.message)")
    raise(StepProblem(.unhandledErrorEvent, why), at: id, .active)
  }

  /// As `throwError`, of a token that is gone already.
  mutating func throwError(_ failure: ServiceFailure, inside scope: ActivityID) {
    let around = scope == .process ? nil : instance.activities[scope]?.element
    if let start = catcher(of: failure.code, among: eventSubProcessStarts(in: around), isEscalation: false) {
      return begin(eventSubProcessOf: start, in: scope, [])
    }
    guard scope != .process else { return finish(.error, nil, failure) }
    throwError(failure, at: scope)
  }

  /// A boundary event with this very code, else one that catches all. Those of a loop are its body's.
  func boundary(of activity: Activity, catching code: String) -> ElementIndex? {
    isIteration(activity) ? nil : catcher(of: code, among: process[activity.element].boundaryEvents, isEscalation: false)
  }

  /// Ends the instance because of something inside the engine that no boundary event may hide.
  mutating func fail(_ code: String, _ message: String, at element: ElementIndex, input: Payload) {
    finish(.error, nil, failure(code, message, at: element, input: input))
  }

  func failure(_ code: String, _ message: String, at element: ElementIndex, input: Payload, output: Payload? = nil) -> ServiceFailure {
    ServiceFailure(
      code: code, message: message, elementID: process[element].id, report: report(code, message, at: element, input: input, output: output)
    ).bounded
  }

  /// The error object that the original stores.
  func report(_ code: String, _ message: String, at element: ElementIndex, input: Payload, output: Payload? = nil) -> Payload {
    var object: JSON.Object = [
      "error_code": .string(code), "error_msg": .string(message), "failed_task_id": .string(process[element].id),
      "input_headers": ["content-type": .string(input.contentType)], "input_data": input.json ?? .string(base64(input.bytes)),
    ]
    if let output {
      object["output_headers"] = ["content-type": .string(output.contentType)]
      object["output_data"] = output.json ?? .string(base64(output.bytes))
    }
    object["from_envoy"] = false
    return Payload(json: .object(object))
  }
}

extension ServiceFailure {
  /// A report that holds both bodies may be twice as large as a payload may be; then it goes without them.
  var bounded: ServiceFailure {
    guard report.bytes.count > Limits.payloadBytes else { return self }
    var failure = self
    failure.report = Payload(json: [
      "error_code": .string(code), "error_msg": .string(message), "failed_task_id": elementID.map { .string($0) } ?? .null,
      "data_dropped": "input and output are over the limit", "from_envoy": false,
    ])
    return failure
  }
}
