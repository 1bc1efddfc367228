/// A `correlationProperty`: how its value is taken out of each message.
package struct CorrelationProperty: Sendable, Equatable {
  /// `correlationPropertyRetrievalExpression`.
  package struct Retrieval: Sendable, Equatable {
    package var messageRef: String
    /// `messagePath`, read over the message's payload.
    package var path: Expression
    package init(messageRef: String, path: Expression) {
      self.messageRef = messageRef
      self.path = path
    }
  }

  package var id = ""
  package var name: String?
  package var typeRef: String?
  package var retrievals: [Retrieval] = []
  package var line = 0
  package init() {}

  /// How the property is taken out of that message; nil when it is not in it.
  package func path(of message: String) -> Expression? { retrievals.first { $0.messageRef == message }?.path }
}

/// A `correlationKey` of a collaboration or conversation: messages belong together when all its properties are equal.
package struct CorrelationKey: Sendable, Equatable {
  package var id = ""
  package var name: String?
  package var propertyRefs: [String] = []
  package var line = 0
  package init() {}
}

/// A process's `correlationSubscription`: the key's properties as the instance itself knows them.
package struct CorrelationSubscription: Sendable, Equatable {
  /// `correlationPropertyBinding`.
  package struct Binding: Sendable, Equatable {
    package var propertyRef: String
    /// `dataPath`, read over the instance's data.
    package var path: Expression
    package init(propertyRef: String, path: Expression) {
      self.propertyRef = propertyRef
      self.path = path
    }
  }

  package var id = ""
  package var keyRef = ""
  package var bindings: [Binding] = []
  package var line = 0
  package init() {}
}

/// A `conversation`, `callConversation` or `subConversation`.
package struct Conversation: Sendable {
  package enum Kind: String, Sendable { case conversation, callConversation, subConversation }
  package var id = ""
  package var name: String?
  package var kind: Kind
  package var participantRefs: [String] = []
  package var messageFlowRefs: [String] = []
  package var correlationKeys: [CorrelationKey] = []
  /// Those inside, of a `subConversation`.
  package var conversations: [Conversation] = []
  package var element: Element
  package init(kind: Kind, element: Element) {
    self.kind = kind
    self.element = element
  }
}

extension Definitions {
  package func correlationProperty(_ id: String) -> CorrelationProperty? { correlationProperties.first { $0.id == id } }

  /// Every key of the file's collaborations and conversations, in document order.
  package var correlationKeys: [CorrelationKey] {
    collaborations.flatMap { $0.correlationKeys + $0.conversations.flatMap(\.allKeys) }
  }
}

extension Conversation {
  fileprivate var allKeys: [CorrelationKey] { correlationKeys + conversations.flatMap(\.allKeys) }
}
