import FlowCore
import Glibc
import Synchronization

/// The time zones of the machine: all that lies in its folder of compiled time-zone files, each read when it is first asked for.
package enum SystemZones {
  package static let offsets = table(folder: "/usr/share/zoneinfo")

  /// - Parameter folder: holds a file for each zone (`Europe/Berlin`); without it UTC alone is known.
  package static func table(folder: String) -> ZoneOffsets {
    let known = Table()
    return ZoneOffsets(rules: { name in known.rules(of: name, in: folder) })
  }

  /// Rules that were read. Unknown names are not kept, so that what is kept has the folder's bound.
  private final class Table: Sendable {
    private let rules = Mutex<[String: ZoneRules]>([:])

    func rules(of name: String, in folder: String) -> ZoneRules? {
      if let known = rules.withLock({ $0[name] }) { return known }
      guard let read = SystemZones.read(name, folder) ?? (ZoneOffsets.isUTC(name) ? ZoneRules(fixed: 0) : nil) else { return nil }
      rules.withLock { $0[name] = read }
      return read
    }
  }

  private static func read(_ name: String, _ folder: String) -> ZoneRules? {
    guard isName(name) else { return nil }
    let descriptor = open(folder + "/" + name, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: ZoneRules.bytesMax)
    var filled = 0
    while filled < bytes.count {
      let count = bytes.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress.map { $0 + filled }, $0.count - filled) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { break }
      filled += count
    }
    return ZoneRules(parsing: Array(bytes[..<filled]))
  }

  /// Never a path that leads out of the folder; the doubles below `posix` and `right` are no zones.
  private static func isName(_ name: String) -> Bool {
    1...64 ~= name.utf8.count && name.utf8.first.map { $0 | 0x20 >= 97 && $0 | 0x20 <= 122 } ?? false && !name.hasPrefix("posix")
      && !name.hasPrefix("right/") && name != "localtime"
      && name.utf8.allSatisfy { $0 | 0x20 >= 97 && $0 | 0x20 <= 122 || $0 &- 48 < 10 || "/_+-".utf8.contains($0) }
  }
}
