import FlowCore

extension Draft {
  /// Walks outwards from a scope until a boundary event catches; without one the instance ends with ERROR.
  ///
  /// - Source: BPMN 2.0.2, 13.5.3, error events.
  mutating func throwError(_ failure: ServiceFailure, from scope: ActivityID) {
    guard !isFinished else { return }
    guard scope != .process, let activity = instance.activities[scope] else { return finish(.error, nil, failure) }
    guard let boundary = boundary(of: activity.element, catching: failure.code) else { return throwError(failure, from: activity.scope) }
    emit(.caught(activity.id, boundary: boundary, code: failure.code, flows: process[boundary].outgoing))
    settle(activity.scope)
  }

  /// A boundary event with this very code, else one that catches all.
  func boundary(of element: ElementIndex, catching code: String) -> ElementIndex? {
    var catchAll: ElementIndex?
    for boundary in process[element].boundaryEvents {
      guard case .errorBoundaryEvent(let wanted) = process[boundary].kind else { continue }
      if wanted == code { return boundary }
      if wanted == nil, catchAll == nil { catchAll = boundary }
    }
    return catchAll
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
