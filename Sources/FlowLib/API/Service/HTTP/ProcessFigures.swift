import Glibc

/// What this process uses of the machine; nil where the system does not tell.
struct ProcessFigures {
  let residentBytes: Int?
  let cpuSeconds: Double?
  let openDescriptors: Int?
  let maxDescriptors: Int?

  static func now() -> ProcessFigures {
    let limit = sysconf(Int32(_SC_OPEN_MAX))
    return ProcessFigures(
      residentBytes: residentBytes(), cpuSeconds: cpuSeconds(), openDescriptors: openDescriptors(), maxDescriptors: limit > 0 ? limit : nil)
  }

  private static func cpuSeconds() -> Double? {
    var time = timespec()
    guard clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time) == 0 else { return nil }
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }

  /// The second number of `statm` counts pages.
  private static func residentBytes() -> Int? {
    let file = open("/proc/self/statm", O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return nil }
    defer { close(file) }
    var buffer = [UInt8](repeating: 0, count: 256)
    let count = read(file, &buffer, buffer.count)
    guard count > 0 else { return nil }
    let fields = String(decoding: buffer[..<count], as: UTF8.self).split(separator: " ")
    guard fields.count > 1, let pages = Int(fields[1]) else { return nil }
    return pages.multipliedReportingOverflow(by: sysconf(Int32(_SC_PAGESIZE))).partialValue
  }

  private static func openDescriptors() -> Int? {
    guard let folder = opendir("/proc/self/fd") else { return nil }
    defer { closedir(folder) }
    var entries = 0
    while readdir(folder) != nil { entries += 1 }
    // Itself, its parent, and the descriptor that reads this folder.
    return max(0, entries - 3)
  }
}
