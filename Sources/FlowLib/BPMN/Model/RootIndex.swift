/// What elements of a file refer to by id, looked up in constant time: a file may have as many of both as it likes.
package struct RootIndex: Sendable {
  private let messages: [String: Message]
  private let signals: [String: Signal]
  private let errors: [String: BPMNError]
  private let escalations: [String: Escalation]
  private let eventDefinitions: [String: EventDefinition]
  private let correlationProperties: Set<String>
  /// Of all collaborations and conversations.
  package let correlationKeys: Set<String>

  /// Where ids come twice the first one counts, as everywhere.
  package init(_ definitions: Definitions) {
    messages = Dictionary(definitions.messages.map { ($0.id, $0) }) { first, _ in first }
    signals = Dictionary(definitions.signals.map { ($0.id, $0) }) { first, _ in first }
    errors = Dictionary(definitions.errors.map { ($0.id, $0) }) { first, _ in first }
    escalations = Dictionary(definitions.escalations.map { ($0.id, $0) }) { first, _ in first }
    eventDefinitions = Dictionary(definitions.eventDefinitions.map { ($0.id, $0.definition) }) { first, _ in first }
    correlationProperties = Set(definitions.correlationProperties.map(\.id))
    correlationKeys = Set(definitions.correlationKeys.map(\.id))
  }

  package func message(_ id: String) -> Message? { messages[id] }
  package func signal(_ id: String) -> Signal? { signals[id] }
  package func error(_ id: String) -> BPMNError? { errors[id] }
  package func escalation(_ id: String) -> Escalation? { escalations[id] }
  package func eventDefinition(_ id: String) -> EventDefinition? { eventDefinitions[id] }
  package func hasCorrelationProperty(_ id: String) -> Bool { correlationProperties.contains(id) }

  /// What an event waits for or does, with each `eventDefinitionRef` replaced by what it refers to, in document order.
  ///
  /// A reference to nothing is left out; validation refuses it.
  package func resolvedDefinitions(of node: FlowNode) -> [EventDefinition] {
    let definitions = node.eventDefinitions
    let hasReference = definitions.contains { if case .reference = $0 { true } else { false } }
    return hasReference ? definitions.compactMap(resolved) : definitions
  }

  /// The definition itself, or what it refers to; nil when that is not there.
  package func resolved(_ definition: EventDefinition) -> EventDefinition? {
    guard case .reference(let id) = definition else { return definition }
    return eventDefinition(id)
  }
}
