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
    reportNotYet(node)
    var more = ElementExtras()
    more.inputs = mappings(node.zeebe?.inputs ?? [], of: node)
    more.outputs = mappings(node.zeebe?.outputs ?? [], of: node)
    more.headers = (node.zeebe?.headers ?? []).map { JobHeader(key: $0.key, value: $0.value) }
    more.loop = node.loop.flatMap { loop($0, of: node) }
    more.isForCompensation = node.isForCompensation
    more.defaultFlow = flow(node.defaultFlow)
    more.choosesFlows = !node.kind.isGateway && node.outgoing.contains { flows[$0]?.condition != nil }
    more.compensationHandler = compensationHandler(of: node)
    events(of: node, into: &more)
    return findings.count == before ? more : nil
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

  private mutating func loop(_ loop: LoopCharacteristics, of node: FlowNode) -> ExecutableLoop? {
    switch loop {
    case .standard(let standard):
      let condition = standard.condition.flatMap { expression($0, of: node.id, "loop condition") }
      return .standard(condition: condition, testBefore: standard.testBefore, maximum: standard.maximum)
    case .multiInstance(let multi):
      var compiled = MultiInstanceLoop()
      compiled.isSequential = multi.isSequential
      compiled.collection = feel(multi.zeebe?.inputCollection, line: node.line, of: node.id, "input collection")
      compiled.cardinality = multi.cardinality.flatMap { expression($0, of: node.id, "loop cardinality") }
      compiled.inputElement = multi.zeebe?.inputElement.flatMap { $0.isEmpty ? nil : $0 }
      compiled.outputCollection = multi.zeebe?.outputCollection.flatMap { $0.isEmpty ? nil : $0 }
      compiled.outputElement = feel(multi.zeebe?.outputElement, line: node.line, of: node.id, "output element")
      compiled.completionCondition = multi.completionCondition.flatMap { expression($0, of: node.id, "completion condition") }
      if compiled.collection == nil, compiled.cardinality == nil {
        report(
          "multi-instance", line: node.line, node.id, "multi-instance \(node.id) says neither a collection nor how many",
          "zeebe:loopCharacteristics inputCollection, or loopCardinality")
        return nil
      }
      return .multiInstance(compiled)
    }
  }

  /// The activity at the other end of the association of a compensation boundary event.
  private func compensationHandler(of node: FlowNode) -> ElementIndex? {
    let boundary = process.allNodes.first { candidate in
      guard candidate.attachedTo == node.id, case .compensate? = candidate.eventDefinitions.first else { return false }
      return true
    }
    guard let boundary else { return nil }
    let artifacts = [process.content.artifacts] + process.allNodes.compactMap { $0.content?.artifacts }
    let ends = artifacts.flatMap(\.associations).compactMap { association -> String? in
      if association.source == boundary.id { return association.target }
      return association.target == boundary.id ? association.source : nil
    }
    return ends.first { nodes[$0]?.isForCompensation == true }.flatMap { index(of: $0) }
  }
}

extension StringProtocol {
  fileprivate var trimmed: SubSequence {
    let rest = drop { $0.isWhitespace }
    return rest[..<(rest.lastIndex { !$0.isWhitespace }.map { rest.index(after: $0) } ?? rest.startIndex)]
  }
}
