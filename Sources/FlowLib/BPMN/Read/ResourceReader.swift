import FlowBPMN

extension ResourceRole {
  /// nil when the element is no resource role.
  init?(_ element: Element) {
    guard let kind = Kind(rawValue: element.name) else { return nil }
    self.init(kind: kind, element: element)
    id = element[attribute: "id"] ?? ""
    name = element[attribute: "name"]
    for child in element.children where child.namespace == Namespace.bpmn {
      switch child.name {
      case "resourceRef": resourceRef = localName(trimmed(child.text))
      case "resourceAssignmentExpression": assignment = child.innerExpression
      case "resourceParameterBinding":
        guard let expression = child.innerExpression else { continue }
        bindings.append(ParameterBinding(parameterRef: child.reference("parameterRef") ?? "", expression: expression))
      default: break
      }
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
