import FlowCore

/// A start event that needs several triggers, and the correlation key for which some of them came.
package struct StartPlace: Sendable, Hashable, Comparable {
  package let element: ElementIndex
  /// Empty for triggers that have none.
  package let correlationKey: String

  package init(element: ElementIndex, correlationKey: String) {
    self.element = element
    self.correlationKey = correlationKey
  }

  package static func < (left: StartPlace, right: StartPlace) -> Bool {
    left.element == right.element ? left.correlationKey < right.correlationKey : left.element < right.element
  }
}

/// The triggers that have come, and what they brought.
package struct SeenTriggers: Sendable, Equatable {
  /// Numbers of the event's definitions, in ascending order.
  package internal(set) var definitions: [Int]
  package internal(set) var variables: [Variable]

  package init(definitions: [Int] = [], variables: [Variable] = []) {
    self.definitions = definitions
    self.variables = variables
  }

  /// With one trigger more; what it brings replaces what was there by the same name.
  func adding(_ definition: Int, _ brought: [Variable]) -> SeenTriggers {
    let names = Set(brought.map(\.name))
    return SeenTriggers(
      definitions: (definitions + [definition]).sorted(), variables: variables.filter { !names.contains($0.name) } + brought)
  }
}

extension Deployment {
  /// What this trigger adds to: those that came without a key are of whoever has none of its own and comes first.
  ///
  /// - Returns: also whether they are taken from those without a key.
  func seen(at place: StartPlace, before definition: Int) -> (triggers: SeenTriggers, isAdopted: Bool) {
    if let own = seenTriggers[place] { return (own, false) }
    let keyless = seenTriggers[StartPlace(element: place.element, correlationKey: "")]
    guard let keyless, !keyless.definitions.contains(definition) else { return (SeenTriggers(), false) }
    return (keyless, true)
  }

  /// Whether a trigger may be taken now: not twice the same for one instance, and not for more keys than there may be.
  func canTake(_ definition: Int, at place: StartPlace) -> Bool {
    guard !seen(at: place, before: definition).triggers.definitions.contains(definition) else { return false }
    return seenTriggers[place] != nil || seenTriggers.count < Limits.seenTriggers
  }

  /// The keys whose instances a trigger without a key is for; the empty one when none waits for it.
  func keysMissing(_ definition: Int, of element: ElementIndex) -> [String] {
    let open = seenTriggers.filter { $0.key.element == element }
    if open.isEmpty { return [""] }
    return open.filter { !$0.value.definitions.contains(definition) }.keys.sorted().map(\.correlationKey)
  }
}
