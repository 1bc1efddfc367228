package struct SequenceFlow: Sendable, Equatable {
  package var id = ""
  package var name: String?
  package var source = ""
  package var target = ""
  package var condition: Expression?
  package var isImmediate: Bool?
  package var documentation: [Documentation] = []
  package var extensions: [Element] = []
  package var attributes: [Element.Attribute] = []
  package var line = 0
  package init() {}

  package init(id: String, from source: String, to target: String, condition: Expression? = nil) {
    self.id = id
    self.source = source
    self.target = target
    self.condition = condition
  }

  /// The hop's transport when the flow's name says so: `transport: kafka` or `transport: rpc`, exactly.
  package var transport: RexflowTransport? {
    switch name {
    case "transport: kafka": .kafka
    case "transport: rpc": .rpc
    case nil, .some: nil
    }
  }
}

/// The text of an expression. Nobody has parsed it yet.
package struct Expression: Sendable, Equatable {
  package var text: String
  /// As written; nil means the file's, and where that is silent the dialect's default.
  package var language: String?
  package var line: Int

  package init(_ text: String, language: String? = nil, line: Int = 0) {
    self.text = text
    self.language = language
    self.line = line
  }
}
