import FlowClient
import FlowCommandLine
import FlowCore

enum Update {
  static let verb = Verb(spec: spec, run: run)

  private static let spec = CommandSpec(
    "update", "Change deployments by YAML files of actions",
    options: [GlobalOptions.output],
    positionals: [PositionalSpec("update_spec", maximum: nil, type: .file, help: "YAML files; `-` reads standard input")],
    examples: [
      Example("flowctl update ingress.yaml", "do what the file says"),
      Example("flowctl update -o ingress.yaml", "the same, with the answer on stdout"),
      Example("flowctl update a.yaml b.yaml", "two files, one after the other"),
    ])

  @Sendable private static func run(_ context: Context) throws(Failure) -> Int32 {
    var exitCode = ExitCode.ok
    for path in context.settings.words("update_spec") {
      let text: String
      do throws(FileProblem) {
        text = String(decoding: try FileText.read(path, limit: Limits.messageBytes), as: UTF8.self)
      } catch {
        throw Failure(error, exitCode: ExitCode.original)
      }
      guard !holdsNothing(text) else {
        throw Failure(
          ExitCode.invalidDocument, "\(path) holds no action", why: "there are only comments and marks of documents in it",
          hint: "a YAML document whose `action` says what to do")
      }
      let reply = try context.asking("update \(path)") { client throws(Status) in try client.updateWorkflow(spec: text) }
      let code = context.report(reply)
      if exitCode == ExitCode.ok { exitCode = code }
    }
    return exitCode
  }
  /// Whether there is something in a text, and all of it comments, directives and marks of documents. An empty file is the original's
  /// empty list of actions.
  private static func holdsNothing(_ text: String) -> Bool {
    let lines = text.split(whereSeparator: \.isNewline).map { $0.drop { $0.isWhitespace || $0 == "\u{FEFF}" } }.filter { !$0.isEmpty }
    return !lines.isEmpty
      && lines.allSatisfy { line in
        if line.hasPrefix("#") || line.hasPrefix("%") { return true }
        guard line.hasPrefix("---") || line.hasPrefix("...") else { return false }
        let rest = line.dropFirst(3)
        let text = rest.drop(while: \.isWhitespace)
        return text.isEmpty || (text.hasPrefix("#") && text.count < rest.count)
      }
  }
}
