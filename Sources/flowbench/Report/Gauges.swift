import Glibc

/// Clocks and what processes use.
enum Gauge {
  static var nanoseconds: Int64 { clock(CLOCK_MONOTONIC) }
  /// CPU time of this process, all threads.
  static var ownCPU: Int64 { clock(CLOCK_PROCESS_CPUTIME_ID) }
  static var threadCPU: Int64 { clock(CLOCK_THREAD_CPUTIME_ID) }

  private static func clock(_ id: clockid_t) -> Int64 {
    var time = timespec()
    clock_gettime(id, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }

  /// CPU time of another process in nanoseconds, user and system; the kernel counts it in ticks of 10 ms.
  static func cpu(of pid: pid_t) -> Int64 {
    // The name in parentheses may hold spaces; what follows it does not.
    let fields = ProcFile.read("/proc/\(pid)/stat").split(separator: ")").last?.split(separator: " ") ?? []
    guard fields.count > 12, let user = Int64(fields[11]), let system = Int64(fields[12]) else { return 0 }
    return (user + system) * (1_000_000_000 / Int64(max(1, sysconf(Int32(_SC_CLK_TCK)))))
  }

  /// Resident bytes of a process; nil means this one.
  static func residentBytes(of pid: pid_t? = nil) -> Int {
    let fields = ProcFile.read("/proc/\(pid.map(String.init) ?? "self")/statm").split(separator: " ")
    guard fields.count > 1, let pages = Int(fields[1]) else { return 0 }
    return pages * sysconf(Int32(_SC_PAGESIZE))
  }

  static func sleep(ms: Int) { usleep(UInt32(ms) * 1000) }
}

extension [Int64] {
  /// The value below which a share of all lie; 0 when there are none.
  func percentile(_ share: Double) -> Int64 {
    guard !isEmpty else { return 0 }
    return sorted()[Swift.min(count - 1, Int(Double(count) * share))]
  }
}

func milliseconds(_ nanoseconds: Int64) -> Double { Double(nanoseconds) / 1_000_000 }

extension [Double] {
  var median: Double { isEmpty ? 0 : sorted()[count / 2] }
}
