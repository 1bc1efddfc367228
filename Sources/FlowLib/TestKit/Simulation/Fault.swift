import FlowRuntime

/// What goes wrong in a simulated world.
package enum Fault: String, Sendable, CaseIterable {
  // The machine ends, and a new partition recovers from the store.
  case crashBeforeAppend, crashAfterAppend, crashBeforeCheckpoint, crashAfterCheckpoint, crashBetweenTurns
  // The store says no, or does not say.
  case appendRefused, storeAway, appendUnanswered, checkpointUnanswered, claimRefused
  // What is between clients and the partition.
  case commandLost, answerLost, commandDoubled, commandLate, otherLane
  /// Another owner takes the partition; the old one does not know it yet.
  case takeover
  /// It stops in order, with a last checkpoint, and starts again.
  case restart
  case clockAhead, clockYearsAhead, clockBack
  /// Readers have not read what is committed, so that checkpoints wait.
  case readersBehind
  /// The partition is asked to go on though nothing is due.
  case idleWakeUp
}

/// What one seed decides before it begins: what there is at all, and how often things go wrong. Leaving out much in each run finds what
/// only happens when something else does not hide it (swarm testing).
struct Swarm {
  var knobs = RandomKnobs()
  var weights = RandomWeights()
  /// Of a thousand times that each could happen; those that are missing never do.
  var faults: [Fault: Int] = [:]
  var steps: Int
  var models: Int
  var hasServices: Bool
  var keepsJournal: Bool
  var pace = CheckpointPace()

  init(_ random: inout SplitMix) {
    steps = Int.random(in: 20...90, using: &random)
    models = Int.random(in: 1...2, using: &random)
    hasServices = Int.random(in: 1...3, using: &random) == 1
    keepsJournal = Bool.random(using: &random)
    for fault in Fault.allCases where Bool.random(using: &random) { faults[fault] = Int.random(in: fault.rates, using: &random) }
    chooseElements(&random)
    chooseWeights(&random)
    pace.roundBatches = UInt64.random(in: 1...20, using: &random)
    pace.roundMs = Int64.random(in: 1...100_000, using: &random)
    pace.stepsAtOnce = Int.random(in: 1...3, using: &random)
    pace.recordsPerStep = Int.random(in: 2...6, using: &random)
  }

  private mutating func chooseElements(_ random: inout SplitMix) {
    knobs.blocks = Int.random(in: 3...14, using: &random)
    knobs.depth = Int.random(in: 1...3, using: &random)
    knobs.leaves = Swarm.some(knobs.leaves, &random)
    knobs.composites = Swarm.some(knobs.composites, &random)
    knobs.boundaries = Swarm.some(knobs.boundaries, &random)
    knobs.loops = Swarm.some(knobs.loops, &random)
    knobs.eventSubProcesses = Swarm.some(knobs.eventSubProcesses, &random)
    knobs.ends = Swarm.some(knobs.ends, &random)
    knobs.starts = Swarm.some(knobs.starts, &random)
    knobs.boundaryPercent = Int.random(in: 0...60, using: &random)
    knobs.loopPercent = Int.random(in: 0...40, using: &random)
    knobs.eventSubProcessPercent = Int.random(in: 0...50, using: &random)
  }

  private mutating func chooseWeights(_ random: inout SplitMix) {
    weights.restart = 0
    weights.complete = Int.random(in: 20...60, using: &random)
    weights.cancel = Int.random(in: 0...4, using: &random)
    weights.modify = Int.random(in: 0...6, using: &random)
    weights.fail = Int.random(in: 0...12, using: &random)
    weights.resolve = Int.random(in: 0...12, using: &random)
    weights.publish = Int.random(in: 0...30, using: &random)
    weights.signal = Int.random(in: 0...15, using: &random)
  }

  /// A random part, often a small one.
  private static func some<Choice>(_ all: [Choice], _ random: inout SplitMix) -> [Choice] {
    let percent = [20, 50, 80, 100].randomElement(using: &random) ?? 100
    return all.filter { _ in Int.random(in: 1...100, using: &random) <= percent }
  }
}

extension Fault {
  /// Of a thousand times. What happens in every append is rarer than what happens once a step.
  fileprivate var rates: ClosedRange<Int> {
    switch self {
    case .crashBeforeAppend, .crashAfterAppend, .crashBeforeCheckpoint, .crashAfterCheckpoint, .appendRefused, .storeAway,
      .appendUnanswered:
      5...60
    case .checkpointUnanswered, .claimRefused, .commandLost, .answerLost, .commandDoubled, .commandLate, .otherLane, .readersBehind:
      20...300
    case .crashBetweenTurns, .takeover, .restart, .clockAhead, .clockYearsAhead, .clockBack, .idleWakeUp: 5...80
    }
  }
}
