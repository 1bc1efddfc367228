extension ModelGrower {
  mutating func composite(_ kind: CompositeKind, in scope: inout ScopeText, depth: Int) -> Ends {
    switch kind {
    case .exclusive: return choice("exclusiveGateway", in: &scope, depth: depth)
    case .inclusive: return choice("inclusiveGateway", in: &scope, depth: depth)
    case .parallel: return parallel(in: &scope, depth: depth)
    case .complex: return complex(in: &scope, depth: depth)
    case .eventBased: return eventBased(in: &scope, depth: depth)
    case .loopBack: return loopBack(in: &scope, depth: depth)
    case .uncontrolled: return uncontrolled(conditions: false, in: &scope, depth: depth)
    case .conditionalFlows: return uncontrolled(conditions: true, in: &scope, depth: depth)
    case .subProcess: return subProcess("subProcess", in: &scope, depth: depth)
    case .transaction: return subProcess("transaction", in: &scope, depth: depth)
    case .adHoc: return adHoc(in: &scope)
    }
  }

  // MARK: Gateways

  /// Branches with conditions and a default, joined by the same kind.
  private mutating func choice(_ tag: String, in scope: inout ScopeText, depth: Int) -> Ends {
    let (split, slot) = reserve("split", in: &scope)
    let join = node("join", tag, in: &scope)
    var defaultFlow = ""
    for branch in 0...roll(1...2) {
      let body = sequence(in: &scope, depth: depth)
      let id = flow(split, body.first, if: branch == 0 ? nil : condition(), in: &scope)
      if branch == 0 { defaultFlow = id }
      // The first branch joins, so that something always can.
      let endsHere = branch > 0 && chance(knobs.earlyEndPercent)
      flow(body.last, endsHere ? end(in: &scope) : join, in: &scope)
    }
    scope.nodes[slot] = "<\(tag) id=\"\(split)\" default=\"\(defaultFlow)\"/>"
    return Ends(first: split, last: join)
  }

  /// A node whose text is known only when its flows are.
  private mutating func reserve(_ prefix: String, in scope: inout ScopeText) -> (id: String, slot: Int) {
    let id = fresh(prefix)
    vocabulary.elements.append(id)
    scope.nodes.append("")
    return (id, scope.nodes.count - 1)
  }

  private mutating func parallel(in scope: inout ScopeText, depth: Int) -> Ends {
    let split = node("fork", "parallelGateway", in: &scope)
    let join = node("join", "parallelGateway", in: &scope)
    branches(from: split, to: join, in: &scope, depth: depth)
    return Ends(first: split, last: join)
  }

  private mutating func branches(from split: String, to join: String, in scope: inout ScopeText, depth: Int) {
    for _ in 0...roll(1...2) {
      let body = sequence(in: &scope, depth: depth)
      flow(split, body.first, in: &scope)
      flow(body.last, join, in: &scope)
    }
  }

  private mutating func complex(in scope: inout ScopeText, depth: Int) -> Ends {
    let split = node("fork", "parallelGateway", in: &scope)
    let count = expression("activationCondition", "= activationCount >= \(roll(1...2))")
    let join = node("vote", "complexGateway", count, in: &scope)
    branches(from: split, to: join, in: &scope, depth: depth)
    return Ends(first: split, last: join)
  }

  private mutating func eventBased(in scope: inout ScopeText, depth: Int) -> Ends {
    let gateway = node("wait", "eventBasedGateway", in: &scope)
    let join = node("merge", "exclusiveGateway", in: &scope)
    // Two catch events of one message behind one gateway are refused, so each kind comes once.
    var definitions = [timerDefinition(), signalDefinition(), messageDefinition()]
    definitions.shuffle(using: &random)
    for definition in definitions.prefix(roll(2...3)) {
      let event = node("catch", "intermediateCatchEvent", definition, in: &scope)
      flow(gateway, event, in: &scope)
      flow(event, join, in: &scope)
    }
    return Ends(first: gateway, last: join)
  }

  /// A job, then back to before it or on.
  private mutating func loopBack(in scope: inout ScopeText, depth: Int) -> Ends {
    let merge = node("merge", "exclusiveGateway", in: &scope)
    let job = node("round", "serviceTask", extensions(job()), in: &scope)
    let body = sequence(in: &scope, depth: depth)
    let (again, slot) = reserve("again", in: &scope)
    let out = node("out", "task", in: &scope)
    flow(merge, job, in: &scope)
    flow(job, body.first, in: &scope)
    flow(body.last, again, in: &scope)
    flow(again, merge, if: condition(), in: &scope)
    let onwards = flow(again, out, in: &scope)
    scope.nodes[slot] = "<exclusiveGateway id=\"\(again)\" default=\"\(onwards)\"/>"
    return Ends(first: merge, last: out)
  }

  /// - Parameter conditions: all flows but the default have one.
  private mutating func uncontrolled(conditions: Bool, in scope: inout ScopeText, depth: Int) -> Ends {
    let (task, slot) = reserve("spread", in: &scope)
    let merge = node("merge", "exclusiveGateway", in: &scope)
    var defaultFlow = ""
    for branch in 0...roll(1...2) {
      let body = sequence(in: &scope, depth: depth)
      let id = flow(task, body.first, if: conditions && branch > 0 ? condition() : nil, in: &scope)
      if branch == 0 { defaultFlow = id }
      flow(body.last, merge, in: &scope)
    }
    scope.nodes[slot] = "<task id=\"\(task)\"" + (conditions ? " default=\"\(defaultFlow)\"/>" : "/>")
    return Ends(first: task, last: merge)
  }

  // MARK: Subprocesses

  private mutating func subProcess(_ tag: String, in scope: inout ScopeText, depth: Int) -> Ends {
    let (id, slot) = reserve(tag, in: &scope)
    var inner = ScopeText()
    let start = node("start", "startEvent", in: &inner)
    let body = sequence(in: &inner, depth: depth)
    flow(start, body.first, in: &inner)
    let isCancelled = tag == "transaction" && chance(40)
    flow(body.last, isCancelled ? node("end", "endEvent", "<cancelEventDefinition/>", in: &inner) : end(in: &inner), in: &inner)
    eventSubProcess(in: &inner)
    let isLoop = tag == "subProcess" && !knobs.loops.isEmpty && chance(knobs.loopPercent)
    scope.nodes[slot] = "<\(tag) id=\"\(id)\">" + (isLoop ? loop() : "") + "\n\(inner.text)\n</\(tag)>"
    if tag == "transaction" { cancelBoundary(on: id, in: &scope) }
    boundary(on: id, isScope: true, in: &scope)
    return Ends(first: id, last: id)
  }

  private mutating func cancelBoundary(on transaction: String, in scope: inout ScopeText) {
    let event = node("off", "boundaryEvent", "<cancelEventDefinition/>", attributes: "attachedToRef=\"\(transaction)\"", in: &scope)
    flow(event, end(in: &scope), in: &scope)
  }

  private mutating func adHoc(in scope: inout ScopeText) -> Ends {
    let (id, slot) = reserve("adHoc", in: &scope)
    var inner = ScopeText()
    for _ in 0...roll(0...2) { _ = node("inner", "serviceTask", extensions(job()), in: &inner) }
    let condition = chance(50) ? "\n" + expression("completionCondition", condition()) : ""
    let keeps = chance(30) ? " cancelRemainingInstances=\"false\"" : ""
    scope.nodes[slot] = "<adHocSubProcess id=\"\(id)\"\(keeps)>\n\(inner.text)\(condition)\n</adHocSubProcess>"
    vocabulary.adHocScopes.append(id)
    return Ends(first: id, last: id)
  }

  /// Sometimes one, at the end of its scope. A process itself is never compensated.
  mutating func eventSubProcess(in scope: inout ScopeText, ofProcess isProcess: Bool = false) {
    let kinds = isProcess ? knobs.eventSubProcesses.filter { $0 != .compensation } : knobs.eventSubProcesses
    guard !kinds.isEmpty, chance(knobs.eventSubProcessPercent) else { return }
    let kind = pick(kinds)
    let (id, slot) = reserve("event", in: &scope)
    var inner = ScopeText()
    let isBeside = [.messageBeside, .timerBeside, .signalBeside, .escalationBeside].contains(kind)
    let start = node(
      "start", "startEvent", eventStart(kind), attributes: isBeside ? "isInterrupting=\"false\"" : "", in: &inner)
    let task = node("handler", "serviceTask", extensions(job()), in: &inner)
    let end = node("end", "endEvent", in: &inner)
    flow(start, task, in: &inner)
    flow(task, end, in: &inner)
    scope.nodes[slot] = "<subProcess id=\"\(id)\" triggeredByEvent=\"true\">\n\(inner.text)\n</subProcess>"
  }

  private mutating func eventStart(_ kind: EventSubProcessKind) -> String {
    switch kind {
    case .message, .messageBeside: messageDefinition()
    case .timer: timerDefinition()
    case .timerBeside: timerDefinition(repeats: true)
    case .signal, .signalBeside: signalDefinition()
    case .error: errorDefinition()
    case .escalation, .escalationBeside: escalationDefinition
    case .conditional: conditionalDefinition()
    case .compensation: "<compensateEventDefinition/>"
    }
  }
}
