/// Who does or owns an activity or process: `potentialOwner`, `humanPerformer`, `performer` or `resourceRole`.
package struct ResourceRole: Sendable, Equatable {
  package enum Kind: String, Sendable, CaseIterable { case resourceRole, performer, humanPerformer, potentialOwner }

  /// `resourceParameterBinding`.
  package struct ParameterBinding: Sendable, Equatable {
    package var parameterRef: String
    package var expression: Expression
    package init(parameterRef: String, expression: Expression) {
      self.parameterRef = parameterRef
      self.expression = expression
    }
  }

  package var kind: Kind
  package var id = ""
  package var name: String?
  package var resourceRef: String?
  package var bindings: [ParameterBinding] = []
  /// `resourceAssignmentExpression`: an expression, or words such as `user(kermit), group(management)`.
  package var assignment: Expression?
  package var element: Element
  package init(kind: Kind, element: Element) {
    self.kind = kind
    self.element = element
  }
}

/// A `resource` at the top of the file.
package struct Resource: Sendable, Equatable {
  package var id = ""
  package var name: String?
  /// Names of its `resourceParameter`s by id, in document order.
  package var parameters: [(id: String, name: String?)] = []
  package var element: Element
  package init(element: Element) { self.element = element }

  package static func == (left: Resource, right: Resource) -> Bool { left.element == right.element }
}
