import FlowCore

/// Times as people say them, with the exact one in the title. The page's script keeps them going.
enum TimeWords {
  /// `<time …>3 min ago</time>`; a dash when there is no time.
  static func ago(_ milliseconds: Int64, now: Instant) -> HTML {
    guard milliseconds > 0 else { return "<span class=soft>–</span>" }
    let instant = Instant(milliseconds: milliseconds)
    return """
      <time datetime="\(instant.rfc3339)" title="\(exact(instant))" data-ago>\(age(now - instant))</time>
      """
  }

  /// `just now`, `12 s ago`, `3 min ago`, `2 h ago`, `5 d ago`. The script has the same rule.
  static func age(_ milliseconds: Int64) -> String {
    let seconds = max(0, milliseconds) / 1000
    if seconds < 2 { return "just now" }
    if seconds < 60 { return "\(seconds) s ago" }
    if seconds < 3600 { return "\(seconds / 60) min ago" }
    return seconds < 172_800 ? "\(seconds / 3600) h ago" : "\(seconds / 86_400) d ago"
  }

  /// `340 ms`, `1.2 s`, `2 min 10 s`, `3 h 20 min`, `2 d 5 h`.
  static func duration(_ milliseconds: Int64) -> String {
    let value = max(0, milliseconds)
    let seconds = value / 1000
    if seconds == 0 { return "\(value) ms" }
    if seconds < 60 { return "\(seconds).\(value % 1000 / 100) s" }
    if seconds < 3600 { return "\(seconds / 60) min \(seconds % 60) s" }
    return seconds < 86_400
      ? "\(seconds / 3600) h \(seconds / 60 % 60) min" : "\(seconds / 86_400) d \(seconds / 3600 % 24) h"
  }

  /// `2026-11-20 23:35:14.123 UTC`.
  static func exact(_ instant: Instant) -> String {
    let text = instant.rfc3339
    return text.prefix(10) + " " + text.dropFirst(11).dropLast() + " UTC"
  }

  /// `23:35:14 UTC`.
  static func clock(_ instant: Instant) -> String { instant.rfc3339.dropFirst(11).prefix(8) + " UTC" }
}
