import FlowCore

/// Which dialects a process speaks; validation and job semantics follow them.
package struct Dialects: Sendable, Equatable {
  package var rexflow = false
  package var zeebe = false
  package var camunda = false
  package init() {}
}

/// Extension elements and attributes of `http://camunda.org/schema/1.0/bpmn` on a flow node.
///
/// Only what has an equal meaning here is typed; everything is kept in the node's attributes and extension elements.
package struct CamundaProperties: Sendable, Equatable {
  /// `connector/connectorId`: host and container of the service.
  package var connectorID: String?
  package var inputs: [ClosureParameter] = []
  package var outputs: [ClosureParameter] = []
  package var task: CamundaTask?
  package var userTask: CamundaUserTask?
  package var call: CamundaCall?
  /// Variables that a boundary event or event subprocess writes: `errorCodeVariable` …
  package var caught: CamundaCaught?
  package init() {}
}

/// How a service, send, business rule or script task is done.
package struct CamundaTask: Sendable, Equatable {
  /// `external` with a topic is a job of that type.
  package var type: String?
  package var topic: String?
  package var taskPriority: String?
  /// A JUEL expression whose value goes to `resultVariable`.
  package var expression: String?
  package var delegateExpression: String?
  package var className: String?
  package var resultVariable: String?
  package var decisionRef: String?
  /// `singleEntry`, `singleResult`, `collectEntries` or `resultList`.
  package var mapDecisionResult: String?
  /// `resource` of a script task.
  package var scriptResource: String?
  package init() {}

  package var isExternal: Bool { type == "external" }
}

package struct CamundaUserTask: Sendable, Equatable {
  package var formKey: String?
  package var formRef: String?
  package var assignee: String?
  package var candidateUsers: String?
  package var candidateGroups: String?
  package var dueDate: String?
  package var followUpDate: String?
  package var priority: String?
  package init() {}
}

/// What a call activity passes on and gets back.
package struct CamundaCall: Sendable, Equatable {
  /// `camunda:in` or `camunda:out`.
  package struct Mapping: Sendable, Equatable {
    package var source: String?
    package var sourceExpression: String?
    package var target: String?
    /// `variables="all"`.
    package var isAll = false
    package var isLocal = false
    package var businessKey: String?
    package var line = 0
    package init() {}
  }

  package enum Binding: String, Sendable, CaseIterable { case latest, deployment, version, versionTag }

  package var inputs: [Mapping] = []
  package var outputs: [Mapping] = []
  package var binding = Binding.latest
  package var version: String?
  package var versionTag: String?
  package init() {}
}

package struct CamundaCaught: Sendable, Equatable {
  package var errorCodeVariable: String?
  package var errorMessageVariable: String?
  package var escalationCodeVariable: String?
  package init() {}
}

package struct CamundaLoop: Sendable, Equatable {
  package var collection: String?
  package var elementVariable: String?
  package init() {}
}

package struct CamundaProcess: Sendable, Equatable {
  package var versionTag: String?
  package var candidateStarterUsers: String?
  package var candidateStarterGroups: String?
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
