import FlowFEEL
import Glibc

/// Offsets of named time zones, as the C library finds them in the system's time-zone files.
///
/// The C library keeps one zone for the process, so this is for flowctl's own thread and no daemon.
enum SystemZones {
  static let offsets = ZoneOffsets { name, localSeconds in
    guard isName(name), access("/usr/share/zoneinfo/" + name, R_OK) == 0, let local = time_t(exactly: localSeconds) else {
      return ["UTC", "GMT", "Z", "Etc/UTC"].contains(name) ? 0 : nil
    }
    let before = getenv("TZ").map { String(cString: $0) }
    defer { use(before) }
    use(name)
    return offset(atLocal: local)
  }

  /// Never a path that leads out of the folder of zones.
  private static func isName(_ name: String) -> Bool {
    name.utf8.count <= 64 && !name.hasPrefix("/") && !name.contains("..")
      && name.unicodeScalars.allSatisfy { $0.properties.isAlphabetic || "/_+-0123456789".unicodeScalars.contains($0) }
  }

  private static func use(_ zone: String?) {
    if let zone { setenv("TZ", zone, 1) } else { unsetenv("TZ") }
    tzset()
  }

  private static func offset(atLocal local: time_t) -> Int64? {
    var seconds = local
    var clock = tm()
    guard gmtime_r(&seconds, &clock) != nil else { return nil }
    clock.tm_isdst = -1
    let instant = mktime(&clock)
    return Int64(local - instant)
  }
}
