import FlowBPMN
import FlowCore
import FlowFEEL

extension Compiler {
  mutating func loop(_ loop: LoopCharacteristics, of node: FlowNode) -> ExecutableLoop? {
    switch loop {
    case .standard(let standard):
      let condition = standard.condition.flatMap { expression($0, of: node.id, "loop condition") }
      return .standard(condition: condition, testBefore: standard.testBefore, maximum: standard.maximum)
    case .multiInstance(let multi): return multiInstance(multi, of: node).map { .multiInstance($0) }
    }
  }

  private mutating func multiInstance(_ multi: MultiInstance, of node: FlowNode) -> MultiInstanceLoop? {
    var compiled = MultiInstanceLoop()
    compiled.isSequential = multi.isSequential
    compiled.collection = feel(multi.zeebe?.inputCollection, line: node.line, of: node.id, "input collection")
    compiled.cardinality = multi.cardinality.flatMap { expression($0, of: node.id, "loop cardinality") }
    compiled.inputElement = multi.zeebe?.inputElement.flatMap { $0.isEmpty ? nil : $0 }
    compiled.outputCollection = multi.zeebe?.outputCollection.flatMap { $0.isEmpty ? nil : $0 }
    compiled.outputElement = feel(multi.zeebe?.outputElement, line: node.line, of: node.id, "output element")
    compiled.completionCondition = multi.completionCondition.flatMap { expression($0, of: node.id, "completion condition") }
    addData(of: multi, to: &compiled, node)
    compiled.behavior = behavior(of: multi, node)
    if compiled.collection == nil, compiled.cardinality == nil {
      report(
        "multi-instance", line: node.line, node.id, "multi-instance \(node.id) says neither a collection nor how many",
        "zeebe:loopCharacteristics inputCollection, loopDataInputRef or loopCardinality")
      return nil
    }
    return compiled
  }

  /// The specification's own words where Zeebe's are not used.
  ///
  /// - Source: BPMN 2.0.2, 13.3.7, loop data of multi-instance activities.
  private mutating func addData(of multi: MultiInstance, to compiled: inout MultiInstanceLoop, _ node: FlowNode) {
    if compiled.collection == nil, let id = multi.loopDataInputRef, !id.isEmpty {
      let origin = node.data?.inputAssociations.first { $0.target == id }?.sources.first
      compiled.collection = variable(dataName(origin ?? id), of: node, "loop data input")
    }
    compiled.inputElement = compiled.inputElement ?? multi.inputDataItem?.variable
    guard compiled.outputCollection == nil, let id = multi.loopDataOutputRef, !id.isEmpty else { return }
    let destination = node.data?.outputAssociations.first { $0.sources.contains(id) }?.target
    compiled.outputCollection = dataName(destination ?? id)
    if compiled.outputElement == nil, let item = multi.outputDataItem {
      compiled.outputElement = variable(item.variable, of: node, "output data item")
    }
  }

  // MARK: what completed instances throw

  private mutating func behavior(of multi: MultiInstance, _ node: FlowNode) -> LoopBehavior {
    switch multi.behavior {
    case .all: return .all
    case .none: return thrown(multi.noneBehaviorEventRef, by: node).map { .none($0) } ?? .all
    case .one: return thrown(multi.oneBehaviorEventRef, by: node).map { .one($0) } ?? .all
    case .complex:
      return .complex(
        multi.complexBehaviors.compactMap { behavior in
          guard let condition = behavior.condition, let compiled = expression(condition, of: node.id, "behavior condition") else {
            return nil
          }
          let events = behavior.event.map { event in event.eventDefinitions.compactMap { self.thrown($0, by: event) } }
          return ComplexLoopBehavior(condition: compiled, events: events ?? [])
        })
    }
  }

  private mutating func thrown(_ reference: String?, by node: FlowNode) -> ExecutableEvent? {
    reference.flatMap { definitions.eventDefinition($0) }.flatMap { thrown($0, by: node) }
  }

  private mutating func thrown(_ definition: EventDefinition, by node: FlowNode) -> ExecutableEvent? {
    guard let event = event(definition, of: node) else { return nil }
    switch event {
    case .signal, .message, .escalation, .error: return event
    case .timer, .condition, .compensation, .cancel, .terminate, .link:
      report(
        "loop-behavior", line: node.line, node.id,
        "the behavior of \(node.id) throws a \(definition.elementName), which a loop can not throw",
        "throw a signal, a message, an escalation or an error")
      return nil
    }
  }
}
