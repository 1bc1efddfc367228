extension ModelGrower {
  mutating func leaf(_ kind: LeafKind, in scope: inout ScopeText) -> Ends {
    switch kind {
    case .task, .manualTask, .serviceTask, .userTask, .scriptTask, .businessRuleTask, .sendTask, .receiveTask, .callActivity:
      return activity(kind, in: &scope)
    case .catchMessage, .catchTimer, .catchTimerDate, .catchSignal, .catchConditional, .catchMultiple, .catchParallelMultiple:
      return one(
        node(
          "catch", "intermediateCatchEvent", catching(kind), attributes: kind == .catchParallelMultiple ? "parallelMultiple=\"true\"" : "",
          in: &scope))
    case .throwNone: return one(node("throw", "intermediateThrowEvent", in: &scope))
    case .throwMessage:
      return one(node("throw", "intermediateThrowEvent", extensions(job()) + messageDefinition(), in: &scope))
    case .throwSignal: return one(node("throw", "intermediateThrowEvent", signalDefinition(), in: &scope))
    case .throwEscalation: return one(node("throw", "intermediateThrowEvent", escalationDefinition, in: &scope))
    case .throwCompensation: return one(node("throw", "intermediateThrowEvent", "<compensateEventDefinition/>", in: &scope))
    case .linkPair: return link(in: &scope)
    }
  }

  private func one(_ id: String) -> Ends { Ends(first: id, last: id) }

  /// The link's name is a number of its own: names count within their scope.
  private mutating func link(in scope: inout ScopeText) -> Ends {
    let name = fresh("link")
    let definition = "<linkEventDefinition name=\"\(name)\"/>"
    let from = node("throw", "intermediateThrowEvent", definition, in: &scope)
    return Ends(first: from, last: node("catch", "intermediateCatchEvent", definition, in: &scope))
  }

  // MARK: Activities

  private mutating func activity(_ kind: LeafKind, in scope: inout ScopeText) -> Ends {
    var (extensions, attributes) = ("", "")
    switch kind {
    case .serviceTask, .businessRuleTask, .sendTask: extensions = job()
    case .userTask: extensions = "<zeebe:userTask/>"
    case .scriptTask:
      extensions = "<zeebe:script expression=\"= \(pick(vocabulary.numbers)) + 1\" resultVariable=\"\(pick(vocabulary.numbers))\"/>"
    case .callActivity: extensions = callOther()
    case .receiveTask: attributes = "messageRef=\"\(message())\""
    case .task, .manualTask, .catchMessage, .catchTimer, .catchTimerDate, .catchSignal, .catchConditional, .catchMultiple,
      .catchParallelMultiple, .throwNone, .throwMessage, .throwSignal, .throwEscalation, .throwCompensation, .linkPair:
      break
    }
    if chance(knobs.mappingPercent) { extensions += mapping() }
    if chance(knobs.listenerPercent) { extensions += listener() }
    let isLoop = kind != .task && kind != .manualTask && !knobs.loops.isEmpty && chance(knobs.loopPercent)
    let id = node(kind.rawValue, kind.rawValue, self.extensions(extensions) + (isLoop ? loop() : ""), attributes: attributes, in: &scope)
    if kind == .userTask { vocabulary.userTasks.append(id) }
    if kind != .task, kind != .manualTask { boundary(on: id, isScope: kind == .callActivity, in: &scope) }
    return one(id)
  }

  func extensions(_ inner: String) -> String { inner.isEmpty ? "" : "<extensionElements>\(inner)</extensionElements>" }

  mutating func job() -> String { "<zeebe:taskDefinition type=\"\(jobType())\" retries=\"\(roll(1...3))\"/>" }

  mutating func listener() -> String {
    "<zeebe:executionListeners><zeebe:executionListener eventType=\"\(chance(50) ? "start" : "end")\" type=\"\(jobType())\"/></zeebe:executionListeners>"
  }

  mutating func mapping() -> String {
    let (from, to) = (pick(vocabulary.numbers), pick(vocabulary.numbers))
    return
      "<zeebe:ioMapping><zeebe:input source=\"= \(from) + 1\" target=\"own\"/><zeebe:output source=\"= own\" target=\"\(to)\"/></zeebe:ioMapping>"
  }

  mutating func loop() -> String {
    let over =
      "<extensionElements><zeebe:loopCharacteristics inputCollection=\"= items\" inputElement=\"item\" outputCollection=\"done\" outputElement=\"= item\"/></extensionElements>"
    let condition = condition()
    switch pick(knobs.loops) {
    case .parallel: return "<multiInstanceLoopCharacteristics>\(over)</multiInstanceLoopCharacteristics>"
    case .sequential: return "<multiInstanceLoopCharacteristics isSequential=\"true\">\(over)</multiInstanceLoopCharacteristics>"
    case .parallelCondition:
      let enough = expression("completionCondition", "= numberOfCompletedInstances >= \(roll(1...2))")
      return "<multiInstanceLoopCharacteristics>\(over)\(enough)</multiInstanceLoopCharacteristics>"
    case .cardinality:
      return "<multiInstanceLoopCharacteristics>\(expression("loopCardinality", "= \(roll(0...3))"))</multiInstanceLoopCharacteristics>"
    case .standard:
      return
        "<standardLoopCharacteristics loopMaximum=\"\(roll(1...4))\">\(expression("loopCondition", condition))</standardLoopCharacteristics>"
    case .standardBefore:
      return
        "<standardLoopCharacteristics testBefore=\"true\" loopMaximum=\"\(roll(1...4))\">\(expression("loopCondition", condition))</standardLoopCharacteristics>"
    }
  }

  // MARK: Event definitions

  mutating func messageDefinition() -> String { "<messageEventDefinition messageRef=\"\(message())\"/>" }

  mutating func signalDefinition() -> String { "<signalEventDefinition signalRef=\"\(signal())\"/>" }

  mutating func errorDefinition() -> String { chance(30) ? "<errorEventDefinition/>" : "<errorEventDefinition errorRef=\"\(error())\"/>" }

  var escalationDefinition: String { "<escalationEventDefinition escalationRef=\"x-UP\"/>" }

  mutating func timerDefinition(repeats: Bool = false) -> String {
    let time = repeats ? expression("timeCycle", "R\(roll(1...3))/PT\(roll(1...90))M") : expression("timeDuration", "PT\(roll(0...120))M")
    return "<timerEventDefinition>\(time)</timerEventDefinition>"
  }

  mutating func conditionalDefinition() -> String {
    "<conditionalEventDefinition>\(expression("condition", condition()))</conditionalEventDefinition>"
  }

  private mutating func catching(_ kind: LeafKind) -> String {
    switch kind {
    case .catchMessage: messageDefinition()
    case .catchSignal: signalDefinition()
    case .catchConditional: conditionalDefinition()
    case .catchMultiple, .catchParallelMultiple: messageDefinition() + signalDefinition()
    case .catchTimerDate: "<timerEventDefinition>\(expression("timeDate", "2030-01-07T\(roll(10...23)):00:00Z"))</timerEventDefinition>"
    case .catchTimer, .task, .manualTask, .serviceTask, .userTask, .scriptTask, .businessRuleTask, .sendTask, .receiveTask, .callActivity,
      .throwNone, .throwMessage, .throwSignal, .throwEscalation, .throwCompensation, .linkPair:
      timerDefinition()
    }
  }

  mutating func startDefinition() -> String {
    switch knobs.starts.isEmpty || knobs.starts.contains(.none) && chance(70) ? .none : pick(knobs.starts) {
    case .none: ""
    case .message: messageDefinition()
    case .timer: timerDefinition(repeats: true)
    case .signal: "<signalEventDefinition signalRef=\"\(signalForStart())\"/>"
    }
  }

  // MARK: Ends and boundaries

  /// - Returns: the id of the end event.
  mutating func end(in scope: inout ScopeText) -> String {
    let inner: String
    switch knobs.ends.isEmpty || chance(50) ? .none : pick(knobs.ends) {
    case .none: inner = ""
    case .message: inner = extensions(job()) + messageDefinition()
    case .error: inner = "<errorEventDefinition errorRef=\"\(error())\"/>"
    case .escalation: inner = escalationDefinition
    case .signal: inner = signalDefinition()
    case .terminate: inner = "<terminateEventDefinition/>"
    case .compensation: inner = "<compensateEventDefinition/>"
    }
    return node("end", "endEvent", inner, in: &scope)
  }

  /// - Parameter isScope: a subprocess or call activity, out of which escalations come.
  mutating func boundary(on activity: String, isScope: Bool, in scope: inout ScopeText) {
    guard !knobs.boundaries.isEmpty, chance(knobs.boundaryPercent) else { return }
    let kind = pick(knobs.boundaries)
    if kind == .compensation { return compensation(of: activity, in: &scope) }
    let isEscalation = kind == .escalation || kind == .escalationBeside
    guard let definition = boundaryDefinition(isEscalation && !isScope ? .timer : kind) else { return }
    let isBeside = [.timerBeside, .messageBeside, .signalBeside, .conditionalBeside, .escalationBeside].contains(kind)
    let attributes = "attachedToRef=\"\(activity)\"" + (isBeside ? " cancelActivity=\"false\"" : "")
    let event = node("boundary", "boundaryEvent", definition, attributes: attributes, in: &scope)
    // A job: without it a handler that ends with the signal that it listens to would go round for ever.
    let handler = node("handler", "serviceTask", extensions(job()), in: &scope)
    flow(event, handler, in: &scope)
    flow(handler, end(in: &scope), in: &scope)
  }

  private mutating func boundaryDefinition(_ kind: BoundaryKind) -> String? {
    switch kind {
    case .timer: timerDefinition()
    case .timerBeside: timerDefinition(repeats: chance(50))
    case .message, .messageBeside: messageDefinition()
    case .signal, .signalBeside: signalDefinition()
    case .error: errorDefinition()
    case .escalation, .escalationBeside: escalationDefinition
    case .conditional, .conditionalBeside: conditionalDefinition()
    case .multiple: messageDefinition() + signalDefinition()
    case .compensation: nil
    }
  }

  mutating func compensation(of activity: String, in scope: inout ScopeText) {
    let event = node("undo", "boundaryEvent", "<compensateEventDefinition/>", attributes: "attachedToRef=\"\(activity)\"", in: &scope)
    let handler = node("handler", "serviceTask", extensions(job()), attributes: "isForCompensation=\"true\"", in: &scope)
    scope.artifacts.append(
      "<association id=\"\(fresh("as"))\" sourceRef=\"\(event)\" targetRef=\"\(handler)\" associationDirection=\"One\"/>")
  }
}
