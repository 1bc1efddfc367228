import FlowCore

/// Which dialects a process speaks; validation and job semantics follow them.
package struct Dialects: Sendable, Equatable {
  package var rexflow = false
  package var zeebe = false
  package var camunda = false
  package init() {}
}

/// Extension elements and attributes of `http://camunda.org/schema/1.0/bpmn`.
package struct CamundaProperties: Sendable, Equatable {
  /// `connector/connectorId`: host and container of the service.
  package var connectorID: String?
  package var inputs: [ClosureParameter] = []
  package var outputs: [ClosureParameter] = []
  package init() {}
}

/// One declaration of the closure transport: `inputParameter` or `outputParameter` of `camunda:inputOutput`.
///
/// An input: `name` is the field of the request, `variable` the context's variable.
/// An output: `name` is the context's variable, `variable` the field of the response. `.` stands for the whole.
package struct ClosureParameter: Sendable, Equatable {
  package enum ValueType: String, Sendable, CaseIterable {
    case jsonObject = "JSON_OBJECT"
    case string = "STRING"
    case double = "DOUBLE"
    case boolean = "BOOLEAN"
    case integer = "INTEGER"
    case jsonArray = "JSON_ARRAY"
  }

  package var name: String
  package var variable: String
  package var type: ValueType
  package var defaultValue: JSON?
  package var line: Int
  /// The parameter's text, or an element inside it (`camunda:list`, `camunda:script` …) as read.
  package var text: String
  package var others: [Element] = []
  /// Why the text is no declaration of the closure transport; other engines write expressions here.
  package var problem: String?

  package init(name: String, variable: String, type: ValueType, defaultValue: JSON? = nil, text: String = "", line: Int = 0) {
    self.name = name
    self.variable = variable
    self.type = type
    self.defaultValue = defaultValue
    self.text = text
    self.line = line
  }
}
