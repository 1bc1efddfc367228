import FlowCommandLine
import FlowCore
import FlowRuntime
import FlowServer
import FlowStorage
import FlowThreads
import Glibc

enum Doctor {
  static let verb = Verb(spec: spec, run: run)

  private static let spec = CommandSpec(
    "doctor", "Check what must hold in a store",
    details: """
      Without FILE, --data-dir or --store the flowd that runs is checked, by way of a backup. It only reads: a store on etcd is looked at \
      as it is at one moment, whoever works on it. Exit code 0 is clean, 9 damaged.
      """,
    options: [
      OptionSpec(
        "data-dir", type: .directory, metavar: "DIR", group: "store", configurable: false,
        help: "the data directory of a flowd that does not run"),
      OptionSpec("store", metavar: "STORE", group: "store", configurable: false, help: "sqlite:DIR, or etcd://HOST:PORT,…"),
    ] + StorePlace.options + [GlobalOptions.output],
    positionals: [PositionalSpec("file", minimum: 0, type: .file, help: "a backup")],
    examples: [
      Example("flowctl doctor", "the flowd that runs"),
      Example("flowctl doctor --data-dir /var/lib/flowd", "of a flowd that does not run"),
      Example("flowctl doctor --store etcd://127.0.0.1:2379 -o json", "a store on etcd, in use or not"),
      Example("flowctl doctor flow.backup", "a backup"),
    ])

  @Sendable private static func run(_ context: Context) throws(Failure) -> Int32 {
    if let file = context.settings.word("file") {
      guard context.settings.optional("data-dir") == nil, context.settings.optional("store") == nil else {
        throw Failure(ExitCode.usage, "FILE is a store of its own", hint: "either FILE, or --data-dir or --store")
      }
      return try check(backup: file, shown: file, context)
    }
    if let text = context.settings.optional("data-dir") ?? context.settings.optional("store") {
      let place = try StorePlace(text, context)
      guard !place.isMissing else { throw Failure(ExitCode.notFound, "\(place.shown) holds no store", hint: "flowd's --data-dir") }
      return try check(place, shown: place.shown, context)
    }
    return try StoreVerb.withCopy(context, etcd: "flowctl doctor --store etcd://HOST:PORT") { file, shown throws(Failure) in
      try check(backup: file, shown: shown, context)
    }
  }

  private static func check(backup: String, shown: String, _ context: Context) throws(Failure) -> Int32 {
    try StoreFiles.withDirectory(ofBackup: backup) { directory throws(Failure) in
      try check(StorePlace("sqlite:" + directory, context), shown: shown, context)
    }
  }

  private static func check(_ place: StorePlace, shown: String, _ context: Context) throws(Failure) -> Int32 {
    let report = Report(shown)
    do throws(Failure) {
      try StoreFiles.store(doing: "check \(shown)") { () throws(StoreError) in
        let store = try place.openToRead()
        defer { store.close() }
        report.position = try Server.examine(store) { report.add($0) }
      }
    } catch {
      var failure = error
      if case .sqlite = place, failure.exitCode == ExitCode.conflict {
        failure.hint = "flowctl doctor without --data-dir checks a flowd that runs"
      }
      throw failure
    }
    report.print(context)
    return report.isClean ? ExitCode.ok : ExitCode.invalidDocument
  }
}

/// What the checkers said, and how long each took.
private final class Report {
  /// Findings of one checker that people are shown; -o json has them all.
  private static let shownFindings = 10

  private let store: String
  private var results: [(result: StoreCheckResult, ms: Int64)] = []
  private var before = MonotonicClock.milliseconds()
  var position = Position.start

  init(_ store: String) { self.store = store }

  func add(_ result: StoreCheckResult) {
    let now = MonotonicClock.milliseconds()
    results.append((result, now - before))
    before = now
  }

  private var found: Int { results.reduce(0) { $0 + $1.result.findings.count } }
  var isClean: Bool { found == 0 }

  func print(_ context: Context) {
    if context.wantsTable {
      context.print(table)
    } else {
      let names = results.filter { !$0.result.findings.isEmpty }.map(\.result.checker.name)
      context.print(data: json.text, names: names)
    }
    for (result, _) in results where !result.findings.isEmpty { tell(result, context) }
    let verdict = isClean ? "clean" : "\(found) finding\(found == 1 ? "" : "s")"
    context.note("\(store): \(verdict) at position \(position), \(results.count) checkers")
  }

  private func tell(_ result: StoreCheckResult, _ context: Context) {
    let (checker, findings) = (result.checker, result.findings)
    for finding in findings.prefix(Report.shownFindings) {
      context.complain(Failure(ExitCode.invalidDocument, "\(checker.name): \(finding.key): \(finding.what)"))
    }
    if findings.count > Report.shownFindings {
      context.note("       and \(findings.count - Report.shownFindings) more; -o json has them all")
    }
    context.note("try:   \(checker.hint)")
  }

  private var table: Table {
    var table = Table([
      Table.Column("CHECKER"), Table.Column("RESULT"), Table.Column("SECONDS", right: true), Table.Column("WHAT HOLDS", shrinks: true),
    ])
    for (result, ms) in results {
      table.add(Table.Cell(result.checker.name), Report.cell(result), Table.Cell(Report.seconds(ms)), Table.Cell(Report.text(result)))
    }
    return table
  }

  private static func cell(_ result: StoreCheckResult) -> Table.Cell {
    switch result.verdict {
    case .notChecked: Table.Cell("not checked", .yellow)
    case .findings(let found) where found.isEmpty: Table.Cell("ok", .green)
    case .findings(let found): Table.Cell("\(found.count) found", .red)
    }
  }

  private static func text(_ result: StoreCheckResult) -> String {
    if case .notChecked(let why) = result.verdict { return why }
    return result.checker.meaning
  }

  private static func seconds(_ ms: Int64) -> String {
    let fraction = "\(ms % 1000)"
    return "\(ms / 1000)." + String(repeating: "0", count: 3 - fraction.count) + fraction
  }

  private var json: JSON {
    [
      "store": .string(store), "position": .string("\(position)"), "clean": .bool(isClean),
      "checkers": .array(results.map { Report.json($0.result, $0.ms) }),
    ]
  }

  private static func json(_ result: StoreCheckResult, _ ms: Int64) -> JSON {
    var object: JSON.Object = ["name": .string(result.checker.name), "meaning": .string(result.checker.meaning), "milliseconds": .int(ms)]
    switch result.verdict {
    case .notChecked(let why):
      object["result"] = "not checked"
      object["why"] = .string(why)
    case .findings(let found):
      object["result"] = found.isEmpty ? "ok" : "found"
      object["findings"] = .array(found.map { ["key": .string($0.key), "what": .string($0.what)] })
      if !found.isEmpty { object["hint"] = .string(result.checker.hint) }
    }
    return .object(object)
  }
}
