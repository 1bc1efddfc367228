import FlowBPMN
import FlowCore
import FlowFEEL

extension Compiler {
  /// What begins instances by itself: start events with a trigger, receive tasks and events behind a gateway that instantiate.
  var waitingStarts: [ElementIndex] {
    process.content.nodes.filter { node in
      if node.isStart { return !node.eventDefinitions.isEmpty }
      return instantiation(of: node) != nil
    }.compactMap { index(of: $0.id) }
  }

  /// The events that an instance waits for beside the one that begins it; nil for what begins none.
  ///
  /// - Source: BPMN 2.0.2, 13.4.4, event-based gateways that instantiate; 13.3.3, receive tasks.
  func instantiation(of node: FlowNode) -> [ElementIndex]? {
    guard node.parent == process.id else { return nil }
    if case .receiveTask(let task) = node.kind, task.instantiate, node.incoming.isEmpty { return [] }
    for flow in node.incoming {
      guard let source = flows[flow].flatMap({ nodes[$0.source] }), case .eventBasedGateway(let gateway) = source.kind,
        gateway.instantiate, source.incoming.isEmpty
      else { continue }
      guard gateway.kind == .parallel else { return [] }
      let all = source.outgoing.compactMap { flows[$0]?.target }
      return all.filter { $0 != node.id }.compactMap { index(of: $0) }
    }
    return nil
  }

  /// The name by which a node begins instances, known before there are variables; of other nodes the name as it is.
  mutating func startName(_ name: CompiledValue, of node: FlowNode, _ what: String) -> CompiledValue? {
    let begins = (node.isStart && node.parent == process.id) || instantiation(of: node) != nil
    guard begins, case .expression(let expression) = name else { return name }
    do throws(EvaluationError) {
      let value = try expression.evaluate(EvaluationScope(now: Instant(milliseconds: 0), zones: .utcOnly) { _ in nil })
      if case .string(let text) = value { return .text(text) }
      return notConstant(node, what, "'\(expression.text)' is \(value.shown) there")
    } catch {
      return notConstant(node, what, "\(error)")
    }
  }

  /// Where an instance begins at a time, its timer can be told without variables; what comes out is looked at when it is deployed.
  mutating func isKnown(_ timer: CompiledValue, of node: FlowNode, _ what: String) -> Bool {
    guard node.isStart, node.parent == process.id, case .expression(let expression) = timer, !expression.names.isEmpty else { return true }
    do throws(EvaluationError) {
      let value = try expression.evaluate(EvaluationScope(now: Instant(milliseconds: 0), zones: .utcOnly) { _ in nil })
      guard case .null = value else { return true }
      return notConstant(node, what, "'\(expression.text)' is \(value.shown) there") != nil
    } catch {
      return notConstant(node, what, "\(error)") != nil
    }
  }

  private mutating func notConstant(_ node: FlowNode, _ what: String, _ why: String) -> CompiledValue? {
    report(
      "start-name", line: node.line, node.id, "the \(what) of \(node.id) is not known before an instance begins: \(why)",
      "write a text, or an expression without variables")
    return nil
  }

  /// What begins in a level that has no start event: all that no flow leads to, and that nothing else begins.
  ///
  /// - Source: BPMN 2.0.2, 10.5.2 and 13.2, implicit start.
  func implicitStarts(of content: Scope) -> [ElementIndex] {
    content.nodes.filter(\.beginsImplicitly).compactMap { index(of: $0.id) }
  }

  /// Of a subprocess without a start event.
  func otherStarts(of subProcess: SubProcess) -> [ElementIndex] {
    guard !subProcess.content.nodes.contains(where: \.isStart) else { return [] }
    switch subProcess.kind {
    case .embedded, .transaction: return implicitStarts(of: subProcess.content)
    case .event, .adHoc: return []
    }
  }
}
