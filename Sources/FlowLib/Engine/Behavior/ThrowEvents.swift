import FlowCore
import FlowFEEL

// Events that do something: throw and end events.

extension Draft {
  /// Does what each definition says, in document order, but what ends the scope at last; compensation is waited for.
  mutating func throwEvents(_ id: ActivityID, _ element: ExecutableElement) throws(StepProblem) {
    for event in element.more.events.filter({ !$0.endsScope }) + element.more.events.filter(\.endsScope) {
      guard instance.activities[id] != nil else { return }
      if try throwEvent(event, at: id) == .waits { return }
    }
    if instance.activities[id] != nil { complete(id, []) }
  }

  enum Thrown { case done, waits }

  mutating func throwEvent(_ event: ExecutableEvent, at id: ActivityID) throws(StepProblem) -> Thrown {
    guard let activity = instance.activities[id] else { return .done }
    switch event {
    case .signal(let name):
      queue(.signal(name: try text(name, in: id, "signal name"), variables: instance.localVariables(of: id), after: nil, before: nil))
    case .escalation(let code):
      guard let code else { return .done }
      throwEscalation(try text(code, in: id, "escalation code"), from: activity.scope, includingOwn: false, instance.localVariables(of: id))
    case .error(let code):
      let code = try code.map { (value) throws(StepProblem) in try text(value, in: id, "error code") } ?? "ERROR"
      let input = instance.payloads[activity.payload]
      throwError(
        failure(code, "\(process[activity.element].id) threw \(code)", at: activity.element, input: input), at: id,
        instance.localVariables(of: id))
      return .waits
    case .message(let name, let key): try throwMessage(name, process[activity.element].more.publication ?? Publication(key: key), at: id)
    case .compensation(let target, let waits): return try throwCompensation(target, waits: waits, at: id) ? .waits : .done
    case .cancel:
      cancelTransaction(from: id)
      return .waits
    case .terminate:
      let scope = activity.scope
      emit(.completed(id, nil, flows: []))
      cancelCalls(in: scope)
      emit(.scopeCleared(scope))
      settle(scope)
      return .waits
    case .link(_, let target):
      guard let target else { return .done }
      emit(.activity(activity.scope, .placed(target)))
    case .timer, .condition: break
    }
    return .done
  }

  /// Publishes for whoever waits in this partition.
  private mutating func throwMessage(_ name: CompiledValue, _ publication: Publication, at id: ActivityID) throws(StepProblem) {
    let name = try text(name, in: id, "message name")
    let key = try publication.key.map { (key) throws(StepProblem) in try correlationKey(key, in: id) }
    let messageID = try publication.messageID.map { (value) throws(StepProblem) in try text(value, in: id, "message id") }
    let life = try publication.timeToLive.map { (value) throws(StepProblem) in try milliseconds(value, in: id) }
    queue(
      .publish(
        PublishMessage(
          name: name, correlationKey: key ?? "", timeToLiveMs: life ?? 0, messageID: messageID, variables: instance.localVariables(of: id)))
    )
  }

  private func milliseconds(_ duration: CompiledValue, in id: ActivityID) throws(StepProblem) -> Int64 {
    let value = try evaluate(duration, in: id, else: .extractValueError)
    guard let end = TimerText.adding(value, to: context.now, context.zones), end >= context.now else {
      throw StepProblem(.extractValueError, "time to live is \(value.shown), and has to be a duration such as PT1H")
    }
    return min(end - context.now, Limits.messageLifeMs)
  }

  // MARK: escalation

  /// Walks outwards until an event catches; without one it changes nothing.
  ///
  /// - Source: BPMN 2.0.2, 13.5.4, escalation events.
  mutating func throwEscalation(_ code: String, from scope: ActivityID, includingOwn: Bool, _ variables: [Variable]) {
    var scope = scope
    var inside: ElementIndex?
    while !isFinished {
      let element = scope == .process ? nil : instance.activities[scope]?.element
      if let start = catcher(of: code, among: eventSubProcessStarts(in: element, but: inside), isEscalation: true) {
        return begin(eventSubProcessOf: start, in: scope, variables)
      }
      guard scope != .process, let activity = instance.activities[scope] else { break }
      if let boundary = catcher(of: code, among: isIteration(activity) ? [] : process[activity.element].boundaryEvents, isEscalation: true)
      {
        if process[boundary].more.isInterrupting {
          interrupt(scope, by: boundary, code: code, variables)
        } else {
          pass(boundary: boundary, of: scope, variables)
        }
        return
      }
      (scope, inside) = (activity.scope, activity.element)
    }
    if let parent = instance.parent, !isFinished {
      queue(.ended(parent, child: instance.id, .escalation(code: code, variables)))
    }
  }

  /// - Parameter thrower: an event subprocess does not catch what is thrown inside of it.
  func eventSubProcessStarts(in element: ElementIndex?, but thrower: ElementIndex? = nil) -> [ElementIndex] {
    process.eventSubProcesses(of: element).compactMap { subProcess in
      guard subProcess != thrower, case .eventSubProcess(let start) = process[subProcess].kind else { return nil }
      return start
    }
  }

  /// The event with this very code, else the one that catches all.
  func catcher(of code: String, among events: [ElementIndex], isEscalation: Bool) -> ElementIndex? {
    var catchAll: ElementIndex?
    for event in events {
      for definition in process[event].more.events {
        let wanted: CompiledValue?
        switch definition {
        case .error(let code) where !isEscalation: wanted = code
        case .escalation(let code) where isEscalation: wanted = code
        case .error, .escalation, .timer, .message, .signal, .condition, .compensation, .cancel, .terminate, .link: continue
        }
        guard let wanted else {
          catchAll = catchAll ?? event
          continue
        }
        if case .text(let text) = wanted, text == code { return event }
      }
    }
    return catchAll
  }
}

extension ExecutableEvent {
  /// Nothing else can be thrown behind it.
  fileprivate var endsScope: Bool {
    switch self {
    case .error, .cancel, .terminate: true
    case .timer, .message, .signal, .condition, .escalation, .compensation, .link: false
    }
  }
}
