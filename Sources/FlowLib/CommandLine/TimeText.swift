/// Times as people say them.
package enum TimeText {
  /// How long ago: `now`, `12s`, `5m`, `3h`, `2d`, with the smaller unit while it matters (`3h20m`).
  package static func age(milliseconds: Int64) -> String {
    let seconds = max(0, milliseconds) / 1000
    if seconds == 0 { return "now" }
    if seconds < 60 { return "\(seconds)s" }
    if seconds < 3600 { return pair(seconds / 60, "m", seconds / 60 < 10 ? seconds % 60 : 0, "s") }
    if seconds < 86_400 { return pair(seconds / 3600, "h", seconds / 60 % 60, "m") }
    return pair(seconds / 86_400, "d", seconds < 864_000 ? seconds / 3600 % 24 : 0, "h")
  }

  /// How long something took: `340ms`, `1.2s`, `2m10s`.
  package static func duration(milliseconds: Int64) -> String {
    let value = max(0, milliseconds)
    if value < 1000 { return "\(value)ms" }
    if value < 60_000 { return "\(value / 1000).\(value % 1000 / 100)s" }
    return age(milliseconds: value)
  }

  private static func pair(_ big: Int64, _ bigUnit: String, _ small: Int64, _ smallUnit: String) -> String {
    small == 0 ? "\(big)\(bigUnit)" : "\(big)\(bigUnit)\(small)\(smallUnit)"
  }
}
