import FlowCore

/// An instance goes on in another deployment: what each number of an element or flow that it holds is there.
package struct Migration: Sendable, Equatable {
  package struct Element: Sendable, Equatable {
    package let from: ElementIndex
    package let to: ElementIndex
  }

  package struct Flow: Sendable, Equatable {
    package let from: FlowIndex
    package let to: FlowIndex
  }

  package let target: Key
  package let elements: [Element]
  package let flows: [Flow]

  package init(target: Key, elements: [Element], flows: [Flow]) {
    self.target = target
    self.elements = elements
    self.flows = flows
  }
}

/// Looks numbers up; one that is not named stays what it is.
private struct Renumbering {
  private let elements: [ElementIndex: ElementIndex]
  private let flows: [FlowIndex: FlowIndex]

  init(_ migration: Migration) {
    elements = Dictionary(migration.elements.map { ($0.from, $0.to) }) { first, _ in first }
    flows = Dictionary(migration.flows.map { ($0.from, $0.to) }) { first, _ in first }
  }

  subscript(element: ElementIndex) -> ElementIndex { elements[element] ?? element }
  subscript(flow: FlowIndex) -> FlowIndex { flows[flow] ?? flow }
}

extension Instance {
  mutating func migrate(_ migration: Migration) {
    let numbers = Renumbering(migration)
    deployment = migration.target
    for id in activities.keys { _ = activities.change(id) { $0.element = numbers[$0.element] } }
    pending = TokenQueue(
      pending.all.map {
        PendingToken(element: numbers[$0.element], flow: $0.flow.map { numbers[$0] }, scope: $0.scope, payload: $0.payload)
      })
    waiting = waiting.map { WaitingToken(element: numbers[$0.element], flow: numbers[$0.flow], scope: $0.scope, payload: $0.payload) }
    lastEnd = lastEnd.map { LastEnd(element: numbers[$0.element], payload: $0.payload) }
    for id in details.keys { _ = details.change(id) { $0.migrate(numbers) } }
  }
}

extension Details {
  fileprivate mutating func migrate(_ numbers: Renumbering) {
    waits = waits.map { Wait(key: $0.key, element: numbers[$0.element], definition: $0.definition, kind: $0.kind) }
    seen = seen.map { SeenDefinition(element: numbers[$0.element], definition: $0.definition) }
    compensations = compensations.map { $0.migrated(numbers) }
    var moved = SmallMap<ElementIndex, Int>()
    for (element, count) in counts { moved[numbers[element]] = count }
    counts = moved
  }
}

extension Compensation {
  fileprivate func migrated(_ numbers: Renumbering) -> Compensation {
    Compensation(activity: activity, element: numbers[element], variables: variables, inner: inner.map { $0.migrated(numbers) })
  }

  /// Its own element and those of all inside.
  var elements: [ElementIndex] { [element] + inner.flatMap(\.elements) }
}

extension PartitionState {
  /// The instance is found under its new deployment from now on.
  mutating func migrate(_ key: Key, _ migration: Migration) {
    guard var instance = instances[key] else { preconditionFailure("event for an instance that is not there: \(key.raw)") }
    removeInstance(key)
    instance.migrate(migration)
    insert(instance)
    lookups.add(instance)
  }
}
