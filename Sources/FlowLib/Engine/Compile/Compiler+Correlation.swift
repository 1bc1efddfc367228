import FlowBPMN
import FlowCore
import FlowFEEL

/// How a message and an instance are known to belong together without a key that the publisher gives: by the properties of both.
package struct CorrelationPlan: Sendable {
  /// A list of the properties, read over the instance's variables.
  let own: CompiledExpression
  /// The same list, read over the variables that a message brings.
  let ofMessage: CompiledExpression
}

extension Compiler {
  /// For each message that a subscription of the process is about, by its name.
  ///
  /// - Source: BPMN 2.0.2, 8.4.2, context-based correlation.
  mutating func correlations() -> [String: CorrelationPlan] {
    var plans: [String: CorrelationPlan] = [:]
    for subscription in process.content.correlationSubscriptions {
      for message in definitions.messages {
        guard let name = message.name, plans[name] == nil, message.correlationKey == nil else { continue }
        plans[name] = plan(of: subscription, for: message)
      }
    }
    return plans
  }

  /// Nil when the message does not have all properties of the key.
  private mutating func plan(of subscription: CorrelationSubscription, for message: Message) -> CorrelationPlan? {
    var (own, ofMessage): ([String], [String]) = ([], [])
    let wanted = definitions.correlationKeys.first { $0.id == subscription.keyRef }?.propertyRefs ?? []
    for property in wanted {
      guard let path = definitions.correlationProperty(property)?.path(of: message.id),
        let binding = subscription.bindings.first(where: { $0.propertyRef == property })
      else { return nil }
      own.append(binding.path.text.withoutEquals)
      ofMessage.append(path.text.withoutEquals)
    }
    guard !own.isEmpty, let mine = list(own, subscription), let theirs = list(ofMessage, subscription) else { return nil }
    return CorrelationPlan(own: mine, ofMessage: theirs)
  }

  private mutating func list(_ parts: [String], _ subscription: CorrelationSubscription) -> CompiledExpression? {
    feel("[" + parts.joined(separator: ", ") + "]", line: subscription.line, of: subscription.id, "correlation property")
  }
}

extension String {
  fileprivate var withoutEquals: String { String(drop { $0.isWhitespace }.drop { $0 == "=" }) }
}
