import FlowCommandLine
import Glibc

/// What this process may use of the machine's memory.
enum MachineMemory {
  /// The machine's, or what its control group allows when that is less; nil when nobody knows.
  static var bytes: Int? {
    let (pages, size) = (sysconf(Int32(_SC_PHYS_PAGES)), sysconf(Int32(_SC_PAGESIZE)))
    let machine = pages > 0 && size > 0 ? pages.multipliedReportingOverflow(by: size).partialValue : nil
    return [machine, groupLimit].compactMap { $0 }.min()
  }

  /// `max` where there is no limit.
  private static var groupLimit: Int? {
    do throws(FileProblem) {
      let text = try FileText.read("/sys/fs/cgroup/memory.max", limit: 64)
      return Int(String(decoding: text.filter { $0 > 0x20 }, as: UTF8.self))
    } catch { return nil }
  }
}
