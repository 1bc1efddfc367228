import FlowCore

/// Results as the XML that build servers read: one suite, one case a scenario.
package enum JUnitText {
  package static func text(_ results: [ScenarioResult]) -> String {
    let skipped = results.count { !$0.hasPassed && !$0.hasFailed }
    let mistaken = results.count { if case .mistaken = $0.outcome { true } else { false } }
    let failures = results.count { $0.hasFailed } - mistaken
    let time = seconds(results.reduce(0) { $0 + $1.microseconds })
    let counts = "tests=\"\(results.count)\" failures=\"\(failures)\" errors=\"\(mistaken)\" skipped=\"\(skipped)\" time=\"\(time)\""
    return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites \(counts)>\n  <testsuite name=\"scenarios\" \(counts)>\n"
      + results.map(testCase).joined() + "  </testsuite>\n</testsuites>\n"
  }

  private static func testCase(_ result: ScenarioResult) -> String {
    let name = result.id.isEmpty ? result.file : result.title.isEmpty ? result.id : "\(result.id): \(result.title)"
    let head = "    <testcase classname=\"\(escaped(result.file))\" name=\"\(escaped(name))\" time=\"\(seconds(result.microseconds))\""
    switch result.outcome {
    case .passed: return head + "/>\n"
    case .skipped: return head + ">\n      <skipped/>\n    </testcase>\n"
    case .mistaken(let mistakes):
      let first = mistakes.all.first?.message ?? "mistakes in the file"
      return head + ">\n" + problem("error", "mistake", first, mistakes.all.map(\.description)) + "    </testcase>\n"
    case .failed(let failure):
      let first = failure.message ?? failure.mismatches.first.map { "\($0.what): expected \($0.expected), seen \($0.seen)" } ?? failure.step
      return head + ">\n" + problem("failure", failure.step, first, ScenarioText.lines(failure, of: result.file)) + "    </testcase>\n"
    }
  }

  private static func problem(_ tag: String, _ type: String, _ message: String, _ lines: [String]) -> String {
    let body = escaped(lines.joined(separator: "\n"), keepsLines: true)
    return "      <\(tag) type=\"\(escaped(type))\" message=\"\(escaped(message))\">\(body)</\(tag)>\n"
  }

  private static func seconds(_ microseconds: Int64) -> String {
    let fraction = String(microseconds % 1_000_000)
    return "\(microseconds / 1_000_000)." + String(repeating: "0", count: 6 - fraction.count) + fraction
  }

  /// Characters that XML 1.0 can not hold at all become U+FFFD.
  private static func escaped(_ text: String, keepsLines: Bool = false) -> String {
    var out = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": out += "&amp;"
      case "<": out += "&lt;"
      case ">": out += "&gt;"
      case "\"": out += "&quot;"
      case "\n" where keepsLines: out += "\n"
      case "\t", "\n", "\r": out += "&#\(scalar.value);"
      case _ where scalar.value < 0x20 || scalar.value == 0xFFFE || scalar.value == 0xFFFF: out += "\u{FFFD}"
      case _: out.unicodeScalars.append(scalar)
      }
    }
    return out
  }
}
