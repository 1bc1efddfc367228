import FlowCore
import FlowHTTP
import FlowThreads
import Glibc

/// A point in time on both clocks: one for people and the wire, one for what is due.
struct Moment: Sendable, Equatable {
  var wallMs: Int64
  /// Never goes back, and does not move when someone sets the clock.
  var steadyMs: Int64

  var instant: Instant { Instant(milliseconds: wallMs) }

  static var now: Moment {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    let wall = Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    return Moment(wallMs: wall, steadyMs: MonotonicClock.milliseconds())
  }
}
