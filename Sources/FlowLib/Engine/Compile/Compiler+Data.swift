import FlowBPMN
import FlowCore
import FlowFEEL

// The specification's own data: objects, stores, properties, inputs and outputs are variables by their names; associations set one by
// the other.

extension Compiler {
  /// The variables that stand for everything in the process that holds data, by its id.
  static func dataNames(of process: Process, _ definitions: Definitions) -> [String: String] {
    var names: [String: String] = [:]
    func note(_ items: [DataItem]) { for item in items { names[item.id] = item.variable } }
    let nodes = process.allNodes
    let scopes = [process.content] + nodes.compactMap(\.content)
    for store in definitions.dataStores { names[store.id] = store.name.flatMap { $0.isEmpty ? nil : $0 } ?? store.id }
    for scope in scopes {
      for object in scope.dataObjects { names[object.id] = object.variable }
      note(scope.properties)
      note((scope.ioSpecification?.inputs ?? []) + (scope.ioSpecification?.outputs ?? []))
    }
    for node in nodes {
      note(node.data?.properties ?? [])
      note((node.data?.specification?.inputs ?? []) + (node.data?.specification?.outputs ?? []))
    }
    for reference in scopes.flatMap(\.dataReferences) {
      names[reference.id] = reference.target.flatMap { names[$0] } ?? reference.name ?? reference.id
    }
    return names
  }

  /// Associations become mappings; what a subprocess or activity declares is its own.
  mutating func data(of node: FlowNode, into more: inout ElementExtras) {
    guard usesVariables else { return }
    let content = node.content
    more.locals =
      (content?.dataObjects ?? []).map(\.variable) + ((content?.properties ?? []) + (node.data?.properties ?? [])).map(\.variable)
    for association in node.data?.inputAssociations ?? [] { more.inputs += mappings(association, of: node) }
    for association in node.data?.outputAssociations ?? [] { more.dataOutputs += mappings(association, of: node) }
  }

  /// - Source: BPMN 2.0.2, 10.4.1, data associations: the assignments, else the transformation, else the source as it is.
  private mutating func mappings(_ association: DataAssociation, of node: FlowNode) -> [VariableMapping] {
    let needs = association.sources.map { dataName($0) }
    let what = "data association of \(node.id)"
    guard association.assignments.isEmpty else {
      return association.assignments.compactMap { assignment in
        guard let source = expression(assignment.from, of: node.id, what), let target = target(assignment.to, of: node) else { return nil }
        return VariableMapping(source: .expression(source), target: target, needs: needs)
      }
    }
    guard !association.target.isEmpty else { return [] }
    let name = dataName(association.target)
    if let transformation = association.transformation {
      guard let source = expression(transformation, of: node.id, what) else { return [] }
      return [VariableMapping(source: .expression(source), target: [name], needs: needs)]
    }
    // Of the same name, it is the same variable.
    guard let origin = needs.first, origin != name, let source = variable(origin, of: node, what) else { return [] }
    return [VariableMapping(source: .expression(source), target: [name], needs: needs)]
  }

  func dataName(_ id: String) -> String { dataNames[id] ?? id }

  /// An expression that is a variable's name, whatever characters it has.
  mutating func variable(_ name: String, of node: FlowNode, _ what: String) -> CompiledExpression? {
    do throws(ExpressionError) { return try CompiledExpression(feel: name, variables: [name]) } catch {
      report(
        "data-name", line: node.line, node.id, "\(what): '\(name)' can not be the name of a variable",
        "name the data with letters and digits")
      return nil
    }
  }

  /// What `to` names: a variable, a path into one, or the id of something that holds data.
  private mutating func target(_ to: FlowBPMN.Expression, of node: FlowNode) -> [String]? {
    let text = to.text.drop { $0 == "=" || $0.isWhitespace }
    var path = text.split(separator: ".", omittingEmptySubsequences: false).map { String($0.filter { !$0.isWhitespace }) }
    guard path.allSatisfy({ !$0.isEmpty }) else {
      report(
        "mapping-target", line: to.line, node.id, "'\(to.text)' in a data association of \(node.id) is no variable",
        "a name, or a path such as order.total")
      return nil
    }
    path[0] = dataName(path[0])
    return path
  }
}
