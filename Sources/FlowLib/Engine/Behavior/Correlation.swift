import FlowCore
import FlowFEEL

extension CorrelationPlan {
  /// The topic's key that stands for a list of properties; no publisher's key begins so by chance. Nil when one of them is null.
  static func key(_ properties: Value) -> String? {
    guard case .list(let list) = properties, !list.items.contains(where: \.isNull) else { return nil }
    return mark + properties.json.text
  }

  static let mark = "\u{1}"

  /// What a message's properties say; nil when they can not be told.
  func key(of message: BufferedMessage, _ context: DecisionContext) -> String? {
    let scope = EvaluationScope(now: context.now, zones: context.zones) { name in
      message.variables.first { $0.name == name }?.value.bytes
    }
    do throws(EvaluationError) { return CorrelationPlan.key(try ofMessage.evaluate(scope)) } catch { return nil }
  }
}

extension Draft {
  /// The key by which an instance waits for a message that is correlated by properties.
  func propertyKey(_ plan: CorrelationPlan, in id: ActivityID) throws(StepProblem) -> String {
    guard let key = CorrelationPlan.key(try evaluate(plan.own, in: id, else: .extractValueError)) else {
      if plan.adopts { return "" }
      throw StepProblem(.extractValueError, "correlation properties \(plan.own.text): one of them is null")
    }
    return key
  }

  /// Waits by properties follow the variables that these are read from; what can not be told any more stays as it was.
  ///
  /// - Source: BPMN 2.0.2, 8.4.2: a subscription is looked at again whenever its data changes.
  mutating func followProperties() {
    let waits = instance.details.flatMap { id, details in details.waits.map { (id, $0) } }.sorted { $0.1.key < $1.1.key }
    for (id, wait) in waits {
      guard case .message(let name, let known) = wait.kind, known.isEmpty || known.hasPrefix(CorrelationPlan.mark),
        let plan = process.correlations[name], let key = propertyKeyIfKnown(plan, in: id), key != known
      else { continue }
      let changed = Wait(key: wait.key, element: wait.element, definition: wait.definition, kind: .message(name: name, correlationKey: key))
      emit(.activity(id, .waitChanged(wait.key, changed.kind)))
      newWaits.append(changed)
    }
  }

  private func propertyKeyIfKnown(_ plan: CorrelationPlan, in id: ActivityID) -> String? {
    do throws(StepProblem) { return CorrelationPlan.key(try evaluate(plan.own, in: id, else: .extractValueError)) } catch { return nil }
  }

  /// A message that is there already and has the properties that are waited for.
  func bufferedMessage(named name: String, withProperties key: String) -> Key? {
    guard let plan = process.correlations[name] else { return nil }
    let buffer = directory.messages
    return buffer.all(of: Topic(name: name, correlationKey: ""), notTakenBy: process.processID, at: context.now)
      .prefix(Limits.correlationScan).first {
        buffer[$0].map { plan.key(of: $0, context) } == key
      }
  }
}

extension PartitionState {
  /// What a message may be waited for by: its own key, and its properties as each process reads them.
  func topics(of message: BufferedMessage, _ catalog: Catalog, _ context: DecisionContext) -> [Topic] {
    guard lookups.propertyWaits[message.name] != nil else { return [message.topic] }
    var topics = [message.topic]
    for deployment in deployments.keys.sorted() {
      guard let key = catalog[deployment]?.correlations[message.name]?.key(of: message, context) else { continue }
      let topic = Topic(name: message.name, correlationKey: key)
      if !topics.contains(topic) { topics.append(topic) }
    }
    return topics
  }
}
