import FlowCommandLine
import FlowCore

/// Results in the Test Anything Protocol.
///
/// - Source: TAP version 14, testanything.org.
package enum TAPText {
  package static func text(_ results: [ScenarioResult]) -> String {
    var out = "TAP version 14\n1..\(results.count)\n"
    for (index, result) in results.enumerated() { out += point(index + 1, result) }
    return out + "# \(ScenarioText.summary(results))\n"
  }

  private static func point(_ number: Int, _ result: ScenarioResult) -> String {
    let name = "\(number) - \(escaped(result.title.isEmpty ? result.id : "\(result.id): \(result.title)"))"
    switch result.outcome {
    case .passed: return "ok \(name)\n"
    case .skipped: return "ok \(name.isEmpty ? "\(number)" : name) # SKIP not run\n"
    case .mistaken(let mistakes): return "not ok \(name)\n" + diagnostics(result, mistakes.all.map(\.description))
    case .failed(let failure): return "not ok \(name)\n" + diagnostics(result, ScenarioText.lines(failure, of: result.file))
    }
  }

  /// A YAML block whose message is a block scalar, so that no character of it means anything.
  private static func diagnostics(_ result: ScenarioResult, _ lines: [String]) -> String {
    "  ---\n  file: \(JSON.quote(result.file))\n  duration_ms: \(result.microseconds / 1000)\n  message: |\n"
      + lines.map { "    " + Printable.line($0) + "\n" }.joined() + "  ...\n"
  }

  /// `#` would begin a directive.
  private static func escaped(_ text: String) -> String {
    Printable.line(text).replacing("\\", with: "\\\\").replacing("#", with: "\\#")
  }
}
