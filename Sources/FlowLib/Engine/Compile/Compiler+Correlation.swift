import FlowBPMN
import FlowCore
import FlowFEEL

/// How a message and an instance are known to belong together without a key that the publisher gives: by the properties of both.
package struct CorrelationPlan: Sendable {
  /// A list of the properties, read over the instance's variables.
  let own: CompiledExpression
  /// The same list, read over the variables that a message brings.
  let ofMessage: CompiledExpression
  /// Any message will do as long as the instance knows one of the properties not: the first one gives them.
  var adopts = false
}

extension Compiler {
  /// For each message that a subscription of the process or a key of its conversations is about, by its name.
  ///
  /// - Source: BPMN 2.0.2, 8.4.2, context-based correlation and key-based correlation.
  mutating func correlations() -> [String: CorrelationPlan] {
    var plans: [String: CorrelationPlan] = [:]
    for subscription in process.content.correlationSubscriptions {
      for message in definitions.messages {
        guard let name = message.name, plans[name] == nil, message.correlationKey == nil else { continue }
        plans[name] = plan(of: subscription, for: message)
      }
    }
    for key in definitions.correlationKeys {
      for message in definitions.messages {
        guard let name = message.name, plans[name] == nil, message.correlationKey == nil else { continue }
        plans[name] = plan(of: key, for: message)
      }
    }
    return plans
  }

  /// The instance knows the key by what its messages brought: each property as the first message that has it says.
  private mutating func plan(of key: CorrelationKey, for message: Message) -> CorrelationPlan? {
    var (own, ofMessage): ([String], [String]) = ([], [])
    for property in key.propertyRefs.compactMap({ definitions.correlationProperty($0) }) {
      guard let path = property.path(of: message.id) else { return nil }
      ofMessage.append(path.text.withoutEquals)
      let paths = property.retrievals.map(\.path.text.withoutEquals)
      own.append(paths.dropLast().reversed().reduce(paths.last ?? "null") { "if (\($1)) != null then (\($1)) else \($0)" })
    }
    guard !own.isEmpty, let mine = list(own, key.line, key.id), let theirs = list(ofMessage, key.line, key.id) else { return nil }
    return CorrelationPlan(own: mine, ofMessage: theirs, adopts: true)
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
    guard !own.isEmpty, let mine = list(own, subscription.line, subscription.id),
      let theirs = list(ofMessage, subscription.line, subscription.id)
    else { return nil }
    return CorrelationPlan(own: mine, ofMessage: theirs)
  }

  private mutating func list(_ parts: [String], _ line: Int, _ id: String) -> CompiledExpression? {
    feel("[" + parts.joined(separator: ", ") + "]", line: line, of: id, "correlation property")
  }
}

extension String {
  fileprivate var withoutEquals: String { String(drop { $0.isWhitespace }.drop { $0 == "=" }) }
}
