import FlowCore
import Glibc

/// What the runtime takes from outside that is not a command: time and chance. Injected, so that a test can hold them.
package struct World: Sendable {
  package let now: @Sendable () -> Instant
  package let entropy: @Sendable () -> UInt64

  package init(now: @escaping @Sendable () -> Instant, entropy: @escaping @Sendable () -> UInt64) {
    self.now = now
    self.entropy = entropy
  }

  /// The machine's clock and random numbers.
  package static let real = World(
    now: {
      var time = timespec()
      clock_gettime(CLOCK_REALTIME, &time)
      return Instant(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    },
    entropy: {
      var generator = SystemRandomNumberGenerator()
      return generator.next()
    })
}
