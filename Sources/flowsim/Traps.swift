import Glibc

/// Says which seeds were under way when the program traps, which no checker can say.
enum Traps {
  private static let most = 64
  // Safety: each worker writes its own place; the handler only reads, on a thread that goes no further.
  nonisolated(unsafe) private static let seeds = UnsafeMutablePointer<UInt64>.allocate(capacity: most)
  nonisolated(unsafe) private static let digits = UnsafeMutablePointer<UInt8>.allocate(capacity: 24)
  nonisolated(unsafe) private static var workers = 0
  private static let signals = [SIGILL, SIGTRAP, SIGSEGV, SIGBUS, SIGFPE]

  static func watch(workers count: Int) {
    workers = min(count, most)
    seeds.initialize(repeating: 0, count: most)
    digits.initialize(repeating: 0, count: 24)
    for number in signals { signal(number) { Traps.tell($0) } }
  }

  /// Threads of the house begin with all signals blocked.
  static func note(worker: Int, seed: UInt64) {
    guard worker < most else { return }
    if seeds[worker] == 0 {
      var set = sigset_t()
      sigemptyset(&set)
      for number in signals { sigaddset(&set, number) }
      pthread_sigmask(SIG_UNBLOCK, &set, nil)
    }
    seeds[worker] = seed
  }

  /// In a signal handler: nothing is allocated.
  private static func tell(_ number: Int32) {
    say("\nthe program trapped; one of these seeds did it (make sim FROM=… TRACE=1):")
    for worker in 0..<workers { say(seeds[worker]) }
    say("\n")
    signal(number, SIG_DFL)
    raise(number)
  }

  private static func say(_ text: StaticString) { _ = write(STDERR_FILENO, text.utf8Start, text.utf8CodeUnitCount) }

  private static func say(_ number: UInt64) {
    var (rest, place) = (number, 23)
    repeat {
      digits[place] = UInt8(48 + rest % 10)
      rest /= 10
      place -= 1
    } while rest > 0 && place > 0
    digits[place] = 32
    _ = write(STDERR_FILENO, digits + place, 24 - place)
  }
}
