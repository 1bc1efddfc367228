import FlowCore

extension Draft {
  /// Who catches it goes on. It leaves the instance when one of those that called it catches; else it is an incident where there
  /// are variables, and the end of the instance where there are none.
  ///
  /// - Source: BPMN 2.0.2, 13.5.3, error events.
  mutating func throwError(_ failure: ServiceFailure, at id: ActivityID, _ variables: [Variable] = []) {
    guard !isFinished else { return }
    switch catcher(ofError: failure.code, from: id) {
    case .boundary(let event, let activity): return interrupt(activity, by: event, code: failure.code, variables)
    case .eventSubProcess(let start, let scope): return begin(eventSubProcessOf: start, in: scope, variables)
    case nil: break
    }
    if let parent = instance.parent, !process.settings.usesVariables || directory.leaves(failure.code, by: parent, context) {
      errorVariables = variables
      return finish(.error, nil, failure)
    }
    guard process.settings.usesVariables, instance.activities[id] != nil else { return finish(.error, nil, failure) }
    let why = "nobody catches error '\(failure.code)'" + (failure.message.isEmpty ? "" : ": \(failure.message)")
    raise(StepProblem(.unhandledErrorEvent, why), at: id, .active)
  }

  /// Who catches an error that is thrown at an activity: the nearest around it.
  func catcher(ofError code: String, from id: ActivityID) -> ErrorCatcher? {
    var current = id
    while current != .process, let activity = instance.activities[current] {
      if let boundary = boundary(of: activity, catching: code) { return .boundary(boundary, of: current) }
      let around = activity.scope == .process ? nil : instance.activities[activity.scope]?.element
      let starts = eventSubProcessStarts(in: around, but: activity.element)
      if let start = catcher(of: code, among: starts, isEscalation: false) { return .eventSubProcess(start, in: activity.scope) }
      current = activity.scope
    }
    return nil
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

/// The event that catches an error.
enum ErrorCatcher {
  case boundary(ElementIndex, of: ActivityID)
  case eventSubProcess(ElementIndex, in: ActivityID)
}

extension Directory {
  /// Whether an error goes on to those that called: one of them catches it, ends by it, or is gone.
  fileprivate func leaves(_ code: String, by parent: ParentLink, _ context: DecisionContext) -> Bool {
    var link: ParentLink? = parent
    while let place = link {
      guard let caller = instances[place.instance.key], let process = catalog[caller.deployment] else { return true }
      let draft = Draft(caller, of: process, nextKey: caller.id.key, directory: self, context: context)
      if !process.settings.usesVariables || draft.catcher(ofError: code, from: place.activity) != nil { return true }
      link = caller.parent
    }
    return false
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
