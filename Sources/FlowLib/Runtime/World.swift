import FlowCore
import Glibc
import Synchronization

/// What the runtime takes from outside that is not a command: time, time zones and chance. Injected, so that a test can hold them.
package struct World: Sendable {
  package let now: @Sendable () -> Instant
  package let entropy: @Sendable () -> UInt64
  package let zones: ZoneOffsets

  package init(
    now: @escaping @Sendable () -> Instant, entropy: @escaping @Sendable () -> UInt64, zones: ZoneOffsets = .utcOnly
  ) {
    self.now = now
    self.entropy = entropy
    self.zones = zones
  }

  /// The machine's clock, random numbers and time zones.
  package static let real = World(
    now: {
      var time = timespec()
      clock_gettime(CLOCK_REALTIME, &time)
      return Instant(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    },
    entropy: { pool.withLock { $0.next() } },
    zones: SystemZones.offsets)

  private static let pool = Mutex(EntropyPool())
}

/// Random numbers of the kernel, asked for in blocks: one system call each would be felt in every command.
private struct EntropyPool {
  private var block: [UInt64] = []

  mutating func next() -> UInt64 {
    if block.isEmpty {
      block = [UInt64](unsafeUninitializedCapacity: 64) { numbers, count in
        guard let start = numbers.baseAddress else { return }
        arc4random_buf(start, 64 * MemoryLayout<UInt64>.size)
        count = 64
      }
    }
    return block.removeLast()
  }
}
