import FlowBPMN
import FlowCore
import FlowFEEL

extension Compiler {
  /// An expression of the standard's own elements: all of its text is the expression.
  mutating func expression(_ expression: FlowBPMN.Expression, of element: String, _ what: String) -> CompiledExpression? {
    do throws(ExpressionError) {
      return usesPython(expression)
        ? try CompiledExpression(python: expression.text) : try CompiledExpression(feel: expression.text)
    } catch {
      report(error, line: expression.line, element, what)
      return nil
    }
  }

  /// A text of an extension element: an expression when it begins with `=`.
  mutating func value(_ text: String?, line: Int, of element: String, _ what: String) -> CompiledValue? {
    guard let text else { return nil }
    guard text.hasPrefix("=") else { return .text(text) }
    return feel(text, line: line, of: element, what).map { .expression($0) }
  }

  /// An expression with or without a leading `=`.
  mutating func feel(_ text: String?, line: Int, of element: String, _ what: String) -> CompiledExpression? {
    guard let text else { return nil }
    do throws(ExpressionError) {
      return try CompiledExpression(feel: text)
    } catch {
      report(error, line: line, element, what)
      return nil
    }
  }

  private mutating func report(_ error: ExpressionError, line: Int, _ element: String, _ what: String) {
    report(
      "expression", line: line, element, "\(what) of \(element): \(error.message)",
      error.hint ?? "`flowctl feel` evaluates expressions by hand")
  }

  /// What an activity or event has beside its kind; nil when something of it can not be read.
  mutating func extras(of node: FlowNode) -> ElementExtras? {
    let before = findings.count
    var more = ElementExtras()
    listeners(of: node, into: &more)
    more.inputs = mappings(node.zeebe?.inputs ?? [], of: node)
    more.outputs = mappings(node.zeebe?.outputs ?? [], of: node)
    more.headers = (node.zeebe?.headers ?? []).map { JobHeader(key: $0.key, value: $0.value) }
    more.workedOutHeaders = isUserTaskJob(node) ? userTaskHeaders(node) : []
    more.loop = node.loop.flatMap { loop($0, of: node) }
    more.isForCompensation = node.isForCompensation || node.isCompensationSubProcess
    more.defaultFlow = flow(node.defaultFlow)
    if node.kind.isActivity { quantities(of: node, into: &more) }
    more.choosesFlows =
      !node.kind.isGateway
      && (node.outgoing.contains { flows[$0]?.condition != nil } || (more.completionQuantity > 1 && !node.outgoing.isEmpty))
    compensation(of: node, into: &more)
    data(of: node, into: &more)
    more.instantiation = instantiation(of: node)
    if case .subProcess(let inner) = node.kind { more.otherStarts = Array(otherStarts(of: inner).dropFirst()) }
    events(of: node, into: &more)
    return findings.count == before ? more : nil
  }

  private mutating func quantities(of node: FlowNode, into more: inout ElementExtras) {
    more.startQuantity = node.startQuantity
    more.completionQuantity = node.completionQuantity
    let larger = max(node.startQuantity, node.completionQuantity)
    guard larger > Limits.activityQuantity else { return }
    report(
      "quantity", line: node.line, node.id, "\(larger) tokens of \(node.id) are over the limit of \(Limits.activityQuantity)",
      "use a multi-instance activity")
  }

  private mutating func mappings(_ mappings: [ZeebeMapping], of node: FlowNode) -> [VariableMapping] {
    var compiled: [VariableMapping] = []
    for mapping in mappings {
      guard let source = value(mapping.source, line: mapping.line, of: node.id, "mapping to \(mapping.target)") else { continue }
      let path = mapping.target.split(separator: ".", omittingEmptySubsequences: false).map { String($0.trimmed) }
      guard path.allSatisfy({ !$0.isEmpty }) else {
        report(
          "mapping-target", line: mapping.line, node.id, "'\(mapping.target)' in a mapping of \(node.id) is no variable",
          "a name, or a path such as order.total")
        continue
      }
      compiled.append(VariableMapping(source: source, target: path))
    }
    return compiled
  }

  /// The compensation event subprocess inside, or the activity at the other end of the association of a compensation boundary event.
  private func compensation(of node: FlowNode, into more: inout ElementExtras) {
    if let inside = node.content?.nodes.first(where: \.isCompensationSubProcess) {
      more.compensationHandler = index(of: inside.id)
      return
    }
    let boundary = process.allNodes.first { candidate in
      guard candidate.attachedTo == node.id, case .compensate? = candidate.eventDefinitions.first else { return false }
      return true
    }
    guard let boundary else { return }
    let artifacts = [process.content.artifacts] + process.allNodes.compactMap { $0.content?.artifacts }
    let ends = artifacts.flatMap(\.associations).compactMap { association -> String? in
      if association.source == boundary.id { return association.target }
      return association.target == boundary.id ? association.source : nil
    }
    more.compensationHandler = ends.first { nodes[$0]?.isForCompensation == true }.flatMap { index(of: $0) }
    more.compensationBoundary = more.compensationHandler.flatMap { _ in index(of: boundary.id) }
  }
}

extension FlowNode {
  /// An event subprocess that undoes the completed subprocess around it.
  fileprivate var isCompensationSubProcess: Bool {
    guard case .subProcess(let inner) = kind, case .event = inner.kind else { return false }
    return inner.content.nodes.contains { node in
      guard node.isStart, case .compensate? = node.eventDefinitions.first else { return false }
      return true
    }
  }
}

extension StringProtocol {
  fileprivate var trimmed: SubSequence {
    let rest = drop { $0.isWhitespace }
    return rest[..<(rest.lastIndex { !$0.isWhitespace }.map { rest.index(after: $0) } ?? rest.startIndex)]
  }
}
