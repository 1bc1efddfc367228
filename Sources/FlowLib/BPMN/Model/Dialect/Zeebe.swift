/// Extension elements of `http://camunda.org/schema/zeebe/1.0` on a flow node.
package struct ZeebeProperties: Sendable, Equatable {
  /// What the names of headers begin with that the engine gives to jobs itself.
  package static let ownHeaders = "io.camunda.zeebe:"

  package var taskDefinition: ZeebeTaskDefinition?
  package var inputs: [ZeebeMapping] = []
  package var outputs: [ZeebeMapping] = []
  /// In document order.
  package var headers: [ZeebeHeader] = []
  package var properties: [ZeebeHeader] = []
  package var calledElement: ZeebeCalledElement?
  package var calledDecision: ZeebeCalledDecision?
  /// `zeebe:script`: expression and result variable.
  package var script: ZeebeScript?
  package var isNativeUserTask = false
  package var form: ZeebeForm?
  package var assignment: ZeebeAssignment?
  package var schedule: ZeebeSchedule?
  package var priority: String?
  package var executionListeners: [ZeebeListener] = []
  package var taskListeners: [ZeebeListener] = []
  package var adHoc: ZeebeAdHoc?
  /// Of a message throw or end event and of a send task, where the engine itself sends.
  package var publishMessage: ZeebePublishMessage?
  package var linkedResources: [ZeebeLinkedResource] = []
  package init() {}
}

/// `zeebe:publishMessage`; each a text, or an expression when it begins with `=`.
package struct ZeebePublishMessage: Sendable, Equatable {
  package var correlationKey: String?
  package var messageID: String?
  package var timeToLive: String?
  package init() {}
}

package struct ZeebeAdHoc: Sendable, Equatable {
  /// Expression: ids of the elements that begin as the subprocess does.
  package var activeElementsCollection: String?
  package var outputCollection: String?
  package var outputElement: String?
  package init() {}
}

package struct ZeebeLinkedResource: Sendable, Equatable {
  package var resourceID: String?
  package var resourceType: String?
  package var linkName: String?
  package var bindingType: String?
  package var versionTag: String?
  package init() {}
}

/// Which version of what is named is taken.
package enum ZeebeBinding: String, Sendable, CaseIterable {
  case latest, deployment, versionTag

  /// nil for a word that nobody knows; nothing said means the latest.
  package init?(type: String?) {
    guard let type, !type.isEmpty else {
      self = .latest
      return
    }
    self.init(rawValue: type)
  }
}

package struct ZeebeTaskDefinition: Sendable, Equatable {
  /// A text, or an expression when it begins with `=`.
  package var type: String
  package var retries: String?
  package init(type: String, retries: String? = nil) {
    self.type = type
    self.retries = retries
  }
}

package struct ZeebeMapping: Sendable, Equatable {
  package var source: String
  package var target: String
  package var line: Int
  package init(source: String, target: String, line: Int) {
    self.source = source
    self.target = target
    self.line = line
  }
}

package struct ZeebeHeader: Sendable, Equatable {
  package var key: String
  package var value: String
  package init(key: String, value: String) {
    self.key = key
    self.value = value
  }
}

package struct ZeebeCalledElement: Sendable, Equatable {
  package var processID: String?
  package var propagateAllChildVariables = true
  package var propagateAllParentVariables = true
  package var bindingType: String?
  package var versionTag: String?
  package init() {}
}

package struct ZeebeCalledDecision: Sendable, Equatable {
  package var decisionID: String?
  package var resultVariable: String?
  package var bindingType: String?
  package var versionTag: String?
  package init() {}
}

package struct ZeebeScript: Sendable, Equatable {
  package var expression: String
  package var resultVariable: String
  package init(expression: String, resultVariable: String) {
    self.expression = expression
    self.resultVariable = resultVariable
  }
}

package struct ZeebeForm: Sendable, Equatable {
  package var formID: String?
  package var formKey: String?
  package var externalReference: String?
  package var bindingType: String?
  package var versionTag: String?
  package init() {}
}

package struct ZeebeAssignment: Sendable, Equatable {
  package var assignee: String?
  package var candidateGroups: String?
  package var candidateUsers: String?
  package init() {}
}

package struct ZeebeSchedule: Sendable, Equatable {
  package var dueDate: String?
  package var followUpDate: String?
  package init() {}
}

/// An execution or task listener: a job that is done before the element goes on.
package struct ZeebeListener: Sendable, Equatable {
  /// `start` and `end` are an execution listener's, the others a task listener's.
  package enum Event: String, Sendable, CaseIterable {
    case start, end, creating, assigning, updating, completing, canceling

    /// Task listeners were once told of what had happened, under names of their own.
    init?(word: String) {
      let older: [String: Event] = [
        "create": .creating, "assignment": .assigning, "update": .updating, "complete": .completing, "cancel": .canceling,
      ]
      guard let event = older[word] ?? Event(rawValue: word) else { return nil }
      self = event
    }

    package var isOfExecution: Bool { self == .start || self == .end }
  }

  package var eventType: String
  package var type: String
  package var retries: String?
  package var line = 0
  package init(eventType: String, type: String, retries: String? = nil) {
    self.eventType = eventType
    self.type = type
    self.retries = retries
  }

  /// nil for a word that nobody knows.
  package var event: Event? { Event(word: eventType) }
}

/// A form that the process itself holds, as JSON.
package struct ZeebeEmbeddedForm: Sendable, Equatable {
  package var id: String
  package var json: String
  package init(id: String, json: String) {
    self.id = id
    self.json = json
  }
}

package struct ZeebeLoop: Sendable, Equatable {
  package var inputCollection: String?
  package var inputElement: String?
  package var outputCollection: String?
  package var outputElement: String?
  package init() {}
}

package struct ZeebeProcess: Sendable, Equatable {
  package var versionTag: String?
  package var executionListeners: [ZeebeListener] = []
  package var properties: [ZeebeHeader] = []
  /// `zeebe:userTaskForm`.
  package var forms: [ZeebeEmbeddedForm] = []
  package init() {}
}
