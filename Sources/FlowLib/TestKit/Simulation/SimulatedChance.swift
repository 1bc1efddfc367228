import FlowCore
import FlowRuntime

/// Time and chance of one seed.
final class SimulatedChance: @unchecked Sendable {
  // Safety: one seed lives on one thread.
  private(set) var random: SplitMix
  private let swarm: Swarm
  private(set) var sightings = Sightings()
  private(set) var now: Instant
  private let began: Instant
  private(set) var furthest: Instant
  /// Off while the world is set up and comes to rest.
  var faultsHappen = false
  private var entropy: SplitMix

  init(seed: UInt64, _ random: SplitMix, _ swarm: Swarm) {
    self.random = random
    self.swarm = swarm
    entropy = SplitMix(state: ~seed)
    // Before the dates that models name.
    now = Instant(milliseconds: 1_893_974_400_000)
    (began, furthest) = (now, now)
  }

  /// Whether a fault happens now; it is counted.
  func happens(_ fault: Fault) -> Bool {
    guard faultsHappen, let rate = swarm.faults[fault], roll(1...1_000) <= rate else { return false }
    see("fault \(fault.rawValue)")
    return true
  }

  func see(_ name: String) { sightings.see(name) }

  func roll(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }
  func one(of count: Int) -> Bool { roll(1...count) == 1 }
  func pick<Item>(_ items: [Item]) -> Item? { items.randomElement(using: &random) }

  func move(ms: Int64) {
    now = now + ms
    furthest = max(furthest, now)
  }

  var simulatedMs: Int64 { furthest - began }

  var world: World { World(now: { [self] in now }, entropy: { [self] in entropy.next() }) }
}
