import FlowCore
import FlowFEEL

/// A variable that was set since conditions were looked at.
struct VariableChange: Sendable {
  let name: String
  let isNew: Bool
}

extension ConditionFilter {
  /// Whether one of these changes is a reason to look at the condition.
  func matches(_ changes: [VariableChange]) -> Bool {
    changes.contains { change in
      (names.isEmpty || names.contains(change.name)) && (kinds.isEmpty || kinds.contains(change.isNew ? .create : .update))
    }
  }
}

extension Draft {
  /// Looks at every condition that is waited for, after variables have changed; each fires when it becomes true.
  ///
  /// One with a filter is looked at when it is opened, unless it is for certain changes only, and after such a change.
  mutating func lookAtConditions() {
    let (changes, opened) = (variableChanges, openedConditions)
    (variableChanges, openedConditions) = ([], [])
    for (id, wait) in instance.conditionWaits {
      guard !isFinished, case .condition(let held) = wait.kind, instance.details[id]?.waits.contains(wait) ?? false,
        case .condition(let condition, let filter)? = process[wait.element].more.events[safe: wait.definition]
      else { continue }
      if let filter, !filter.matches(changes), !(opened.contains(wait.key) && filter.kinds.isEmpty) { continue }
      // What can not be said does not hold; the next change is looked at again.
      let holds: Bool
      do throws(StepProblem) { holds = try self.holds(condition, in: id) } catch { holds = false }
      guard holds != held else { continue }
      emit(.activity(id, .waitChanged(wait.key, .condition(held: holds))))
      if holds { happen(id, wait.key, []) }
    }
  }
}

extension Instance {
  /// In the order in which they were opened.
  fileprivate var conditionWaits: [(ActivityID, Wait)] {
    conditions.keys.sorted().compactMap { key in
      guard let id = conditions[key], let wait = details[id]?.waits.first(where: { $0.key == key }) else { return nil }
      return (id, wait)
    }
  }
}

/// Begins an instance at each conditional start event of the latest versions whose condition holds over these variables.
///
/// - Source: BPMN 2.0.2, 10.5.2, conditional start events.
func decideConditions(_ variables: [Variable], in state: PartitionState, catalog: Catalog, context: DecisionContext) throws(Rejection)
  -> Decision
{
  let bytes = variables.reduce(0) { $0 + $1.value.bytes.count }
  guard bytes <= Limits.payloadBytes else {
    throw Rejection(.exhausted, "variables of \(bytes) bytes are over the limit of \(Limits.payloadBytes)")
  }
  var batch = Batch(state)
  let scope = EvaluationScope(now: context.now, zones: context.zones) { name in variables.first { $0.name == name }?.value.bytes }
  let changes = variables.map { VariableChange(name: $0.name, isNew: true) }
  var held = 0
  for (deployment, process) in latestProcesses(state, catalog) {
    for element in process.waitingStarts {
      for (definition, event) in process[element].more.events.enumerated() {
        guard case .condition(let condition, let filter) = event, filter?.matches(changes) ?? true, condition.holds(in: scope) else {
          continue
        }
        held += 1
        if process[element].needsAllTriggers {
          batch.trigger(deployment, element, definition, variables, in: state)
        } else {
          batch.queue(.start(deployment: deployment, element: element, variables: variables))
        }
      }
    }
  }
  return Decision(events: batch.events, answer: .conditions(held: held))
}

extension CompiledExpression {
  /// What can not be said does not hold.
  fileprivate func holds(in scope: EvaluationScope) -> Bool {
    do throws(EvaluationError) { return try condition(in: scope) } catch { return false }
  }
}
