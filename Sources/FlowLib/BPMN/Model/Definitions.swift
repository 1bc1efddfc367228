/// One BPMN file.
package struct Definitions: Sendable {
  package var id = ""
  package var name: String?
  package var targetNamespace = ""
  package var expressionLanguage: String?
  package var exporter: String?
  package var exporterVersion: String?
  package var line = 0
  /// Every process of the file, in document order.
  package var processes: [Process] = []
  package var collaborations: [Collaboration] = []
  package var messages: [Message] = []
  package var signals: [Signal] = []
  package var errors: [BPMNError] = []
  package var escalations: [Escalation] = []
  package var itemDefinitions: [ItemDefinition] = []
  package var dataStores: [DataStore] = []
  package var globalTasks: [GlobalTask] = []
  package var correlationProperties: [CorrelationProperty] = []
  package var resources: [Resource] = []
  /// Event definitions that events refer to by `eventDefinitionRef`.
  package var eventDefinitions: [RootEventDefinition] = []
  package var diagrams: [Diagram] = []
  package var extensions: [Element] = []
  /// Imports, interfaces, categories, relationships …, as read.
  package var others: [Element] = []

  package init() {}

  package func message(_ id: String) -> Message? { messages.first { $0.id == id } }
  package func signal(_ id: String) -> Signal? { signals.first { $0.id == id } }
  package func error(_ id: String) -> BPMNError? { errors.first { $0.id == id } }
  package func escalation(_ id: String) -> Escalation? { escalations.first { $0.id == id } }
  package func eventDefinition(_ id: String) -> EventDefinition? { eventDefinitions.first { $0.id == id }?.definition }
  package func resource(_ id: String) -> Resource? { resources.first { $0.id == id } }

  /// What an event waits for or does, with each `eventDefinitionRef` replaced by what it refers to, in document order.
  /// For one node; `RootIndex` is for all of them.
  package func resolvedDefinitions(of node: FlowNode) -> [EventDefinition] { node.eventDefinitions.compactMap(resolved) }

  /// The definition itself, or what it refers to; nil when that is not there.
  package func resolved(_ definition: EventDefinition) -> EventDefinition? {
    guard case .reference(let id) = definition else { return definition }
    return eventDefinition(id)
  }
}

package struct Message: Sendable, Equatable {
  package var id = ""
  package var name: String?
  package var itemRef: String?
  /// `zeebe:subscription correlationKey`, an expression.
  package var correlationKey: String?
  package var extensions: [Element] = []
  package var line = 0
  package init() {}
}

package struct Signal: Sendable, Equatable {
  package var id = ""
  package var name: String?
  package var structureRef: String?
  package var extensions: [Element] = []
  package var line = 0
  package init() {}
}

package struct BPMNError: Sendable, Equatable {
  package var id = ""
  package var name: String?
  package var errorCode: String?
  package var structureRef: String?
  package var extensions: [Element] = []
  package var line = 0
  package init() {}
}

package struct Escalation: Sendable, Equatable {
  package var id = ""
  package var name: String?
  package var escalationCode: String?
  package var structureRef: String?
  package var extensions: [Element] = []
  package var line = 0
  package init() {}
}

/// An event definition at the top of the file.
package struct RootEventDefinition: Sendable {
  package var id: String
  package var definition: EventDefinition
  package init(id: String, definition: EventDefinition) {
    self.id = id
    self.definition = definition
  }
}

package struct Collaboration: Sendable {
  package var id = ""
  package var name: String?
  package var line = 0
  package var participants: [Participant] = []
  package var messageFlows: [MessageFlow] = []
  package var artifacts = Artifacts()
  /// Choreography nodes: a choreography is a collaboration with flow nodes of its own.
  package var content = Scope()
  package var extensions: [Element] = []
  package var conversations: [Conversation] = []
  package var correlationKeys: [CorrelationKey] = []
  /// Conversation links, participant and message flow associations …, as read.
  package var others: [Element] = []
  package init() {}
}

package struct Participant: Sendable, Equatable {
  package var id = ""
  package var name: String?
  package var processRef: String?
  package var line = 0
  package var extensions: [Element] = []
  package var others: [Element] = []
  package init() {}
}

package struct MessageFlow: Sendable, Equatable {
  package var id = ""
  package var name: String?
  package var source = ""
  package var target = ""
  package var messageRef: String?
  package var line = 0
  package init() {}
}
