import FlowBPMN

extension ResourceRole {
  /// nil when the element is no resource role.
  init?(_ element: Element) {
    guard let kind = Kind(rawValue: element.name) else { return nil }
    self.init(kind: kind, element: element)
    id = element[attribute: "id"] ?? ""
    name = element[attribute: "name"]
    resourceRef = element.references("resourceRef").first.map(localName)
    assignment = element.first("resourceAssignmentExpression", in: Namespace.bpmn)?.innerExpression
    for child in element.all("resourceParameterBinding", in: Namespace.bpmn) {
      guard let expression = child.innerExpression else { continue }
      bindings.append(ParameterBinding(parameterRef: child.reference("parameterRef") ?? "", expression: expression))
    }
  }
}

extension Resource {
  init(reading element: Element) {
    self.init(element: element)
    id = element[attribute: "id"] ?? ""
    name = element[attribute: "name"]
    parameters = element.all("resourceParameter", in: Namespace.bpmn).map { ($0[attribute: "id"] ?? "", $0[attribute: "name"]) }
  }
}

extension Element {
  /// An `expression` or `formalExpression` inside.
  fileprivate var innerExpression: Expression? { expression("formalExpression") ?? expression("expression") }
}
