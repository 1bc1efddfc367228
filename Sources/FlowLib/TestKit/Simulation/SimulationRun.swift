import FlowThreads
import Synchronization

/// Many seeds, on some threads; each seed's world lives on one of them.
package final class SimulationRun: Sendable {
  package struct Result: Sendable {
    package var seeds = 0
    package var events = 0
    package var simulatedMs: Int64 = 0
    package var sightings = Sightings()
    package var violations: [Violation] = []
  }

  private struct State {
    var next: UInt64
    var isStopped = false
    var result = Result()
  }

  private let end: UInt64
  private let mutant: Mutant?
  private let began: @Sendable (_ worker: Int, _ seed: UInt64) -> Void
  private let ended: @Sendable (Result) -> Void
  private let state: Mutex<State>

  /// - Parameters:
  ///   - mutant: what is planted; the run ends with the first seed that finds it.
  ///   - began: told on the worker's thread before each seed.
  ///   - ended: told after each seed, with all so far; one at a time.
  package init(
    _ seeds: Range<UInt64>, mutant: Mutant? = nil, began: @escaping @Sendable (Int, UInt64) -> Void = { _, _ in },
    ended: @escaping @Sendable (Result) -> Void = { _ in }
  ) {
    self.mutant = mutant
    self.began = began
    self.ended = ended
    end = seeds.upperBound
    state = Mutex(State(next: seeds.lowerBound))
  }

  /// Returns when all seeds are done.
  package func run(workers: Int) -> Result {
    let threads = (1..<max(1, workers)).map { worker in WorkerThread(name: "world-\(worker)") { [self] in work(worker) } }
    work(0)
    for thread in threads { thread.join() }
    return state.withLock { state in
      state.result.violations.sort { $0.seed < $1.seed }
      return state.result
    }
  }

  private func work(_ worker: Int) {
    while let seed = take() {
      began(worker, seed)
      add(looked(at: seed))
    }
  }

  private func take() -> UInt64? {
    state.withLock { state in
      guard state.next < end, !state.isStopped else { return nil }
      defer { state.next += 1 }
      return state.next
    }
  }

  /// One seed in a hundred lives twice, and has to be the same world.
  private func looked(at seed: UInt64) -> SimulationOutcome {
    var outcome = simulate(seed: seed, mutant: mutant)
    guard seed % 100 == 0, mutant == nil, outcome.violation == nil else { return outcome }
    let again = simulate(seed: seed)
    outcome.sightings.see("seeds that were run twice")
    if again.hash != outcome.hash {
      outcome.violation = Violation(
        seed: seed, step: 0, checker: "deterministic", what: "run twice, its events hash to \(outcome.hash) and \(again.hash)")
    }
    return outcome
  }

  private func add(_ outcome: SimulationOutcome) {
    state.withLock { state in
      state.result.seeds += 1
      state.result.events += outcome.events
      state.result.simulatedMs += outcome.simulatedMs
      state.result.sightings.add(outcome.sightings)
      if let violation = outcome.violation {
        state.result.violations.append(violation)
        if mutant != nil { state.isStopped = true }
      }
      ended(state.result)
    }
  }
}
