import FlowCore

/// A random run of commands for a random model, the same for the same seed. It knows nothing of the engine: a step that is about one of
/// several things that are there names it by a number that whoever performs the step brings into range.
package struct RandomScript: Sendable {
  package let seed: UInt64
  package let steps: [RandomStep]

  package init(seed: UInt64, model: RandomModel, length: Int, weights: RandomWeights = RandomWeights()) {
    self.seed = seed
    var writer = ScriptWriter(random: SplitMix(state: seed), vocabulary: model.vocabulary, process: model.processID, weights: weights)
    steps = [writer.start()] + (1..<max(length, 1)).map { _ in writer.step() }
  }

  /// One line a step: what a failing run prints.
  package var text: String { steps.enumerated().map { "\($0.offset): \($0.element)" }.joined(separator: "\n") }
}

/// A choice among things that only the engine knows; the same number always takes the same one of as many.
package struct RandomPick: Sendable, Hashable {
  package var number: UInt32

  package init(_ number: UInt32) { self.number = number }

  /// Nil when there is nothing to choose from.
  package func index(below count: Int) -> Int? { count > 0 ? Int(number) % count : nil }

  package func of<Item>(_ items: [Item]) -> Item? { index(below: items.count).map { items[$0] } }
}

package enum RandomStep: Sendable {
  case start(process: String, variables: JSON.Object)
  case complete(job: RandomPick, variables: JSON.Object)
  case fail(job: RandomPick, retries: Int, backoffMs: Int64)
  case throwError(job: RandomPick, code: String)
  case activate(type: String, count: Int, lockMs: Int64)
  case updateRetries(job: RandomPick, retries: Int)
  case completeUserTask(RandomPick, variables: JSON.Object)
  case publish(name: String, key: String, variables: JSON.Object, ttlMs: Int64, messageID: String?)
  case signal(name: String, variables: JSON.Object)
  case advance(ms: Int64)
  /// In an instance's root when `element` takes none.
  case setVariables(instance: RandomPick, element: RandomPick?, variables: JSON.Object, isLocal: Bool)
  case resolve(incident: RandomPick)
  case cancel(instance: RandomPick)
  case modify(instance: RandomPick, activate: String, terminate: RandomPick?)
  case activateAdHoc(scope: RandomPick, element: RandomPick)
  case completeAdHoc(scope: RandomPick)
  /// The memory is thrown away and read again from the store.
  case restart
}

/// How often each kind of step comes, against the others; 0: never.
package struct RandomWeights: Sendable {
  package var start = 4
  package var complete = 40
  package var fail = 4
  package var throwError = 4
  package var activate = 4
  package var updateRetries = 2
  package var completeUserTask = 12
  package var publish = 12
  package var signal = 5
  package var advance = 12
  package var setVariables = 8
  package var resolve = 6
  package var cancel = 1
  package var modify = 2
  package var adHoc = 4
  package var restart = 2

  package init() {}
}

private struct ScriptWriter {
  var random: SplitMix
  let vocabulary: RandomVocabulary
  let process: String
  let weights: RandomWeights

  mutating func start() -> RandomStep { .start(process: process, variables: beginning()) }

  /// Every variable that the model reads, so that most conditions have a value; sometimes one is missing.
  private mutating func beginning() -> JSON.Object {
    var variables = numbers()
    variables[vocabulary.keyVariable] = .string(pick(vocabulary.keys))
    variables[vocabulary.listVariable] = .array((0..<roll(0...3)).map { .int(Int64($0)) })
    return variables
  }

  private mutating func numbers() -> JSON.Object {
    var variables: JSON.Object = [:]
    for name in vocabulary.numbers where roll(1...100) > 2 { variables[name] = .int(Int64(roll(0...6))) }
    return variables
  }

  /// One or two of the numbers.
  private mutating func change() -> JSON.Object {
    var variables: JSON.Object = [:]
    for _ in 0..<roll(0...2) { variables[pick(vocabulary.numbers)] = .int(Int64(roll(0...6))) }
    return variables
  }

  mutating func step() -> RandomStep {
    let makers: [(Int, (inout ScriptWriter) -> RandomStep)] = [
      (weights.start, { $0.start() }),
      (weights.complete, { .complete(job: $0.any(), variables: $0.change()) }),
      (weights.fail, { .fail(job: $0.any(), retries: $0.roll(0...2), backoffMs: Int64($0.roll(0...2)) * 60_000) }),
      (weights.throwError, { .throwError(job: $0.any(), code: $0.pick($0.vocabulary.errorCodes + ["UNKNOWN"])) }),
      (weights.activate, { .activate(type: $0.pick($0.vocabulary.jobTypes + ["nobody"]), count: $0.roll(1...3), lockMs: 60_000) }),
      (weights.updateRetries, { .updateRetries(job: $0.any(), retries: $0.roll(1...3)) }),
      (weights.completeUserTask, { .completeUserTask($0.any(), variables: $0.change()) }),
      (weights.publish, { $0.publish() }), (weights.signal, { $0.signal() }),
      (weights.advance, { .advance(ms: Int64($0.roll(0...180)) * 60_000) }),
      (weights.setVariables, { $0.setVariables() }), (weights.resolve, { .resolve(incident: $0.any()) }),
      (weights.cancel, { .cancel(instance: $0.any()) }), (weights.modify, { $0.modify() }), (weights.adHoc, { $0.adHoc() }),
      (weights.restart, { _ in .restart }),
    ]
    var rest = roll(1...max(1, makers.reduce(0) { $0 + $1.0 }))
    for (weight, make) in makers {
      rest -= weight
      if rest <= 0, weight > 0 { return make(&self) }
    }
    return .restart
  }

  private mutating func publish() -> RandomStep {
    .publish(
      name: pick(vocabulary.messages + ["nobody hears"]), key: pick(vocabulary.keys + [""]), variables: change(),
      ttlMs: Int64(roll(0...2)) * 3_600_000, messageID: roll(1...4) == 1 ? "id\(roll(1...3))" : nil)
  }

  private mutating func signal() -> RandomStep { .signal(name: pick(vocabulary.signals + ["nobody hears"]), variables: change()) }

  private mutating func setVariables() -> RandomStep {
    .setVariables(instance: any(), element: roll(1...2) == 1 ? any() : nil, variables: change(), isLocal: roll(1...2) == 1)
  }

  private mutating func modify() -> RandomStep {
    .modify(instance: any(), activate: pick(vocabulary.elements), terminate: roll(1...2) == 1 ? any() : nil)
  }

  private mutating func adHoc() -> RandomStep {
    roll(1...3) == 1 ? .completeAdHoc(scope: any()) : .activateAdHoc(scope: any(), element: any())
  }

  private mutating func any() -> RandomPick { RandomPick(UInt32.random(in: 0...UInt32.max, using: &random)) }

  private mutating func roll(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }

  private mutating func pick<Choice>(_ choices: [Choice]) -> Choice {
    guard let choice = choices.randomElement(using: &random) else { preconditionFailure("nothing to pick from") }
    return choice
  }
}
