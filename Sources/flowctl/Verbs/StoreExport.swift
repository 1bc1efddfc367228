import FlowCommandLine
import FlowCore
import FlowServer
import FlowStorage
import FlowThreads
import FlowView

/// `store export`: what a store holds, in the layout of the original's keys.
enum StoreExport {
  static let spec = CommandSpec(
    "export", "Write a store in the layout of the original's etcd keys",
    details: """
      Writes deployments and instances under the keys that the original keeps in etcd, PREFIX/instances/ID/… and PREFIX/workflows/ID/…, so \
      that tools made for those find them: as lines of JSON, {"key":…,"value":…} or, for bytes that are no UTF-8, {"key":…,"base64":…}; or \
      into an etcd with --to, below a root that is empty. No store of flowd may live there. Without FILE, --data-dir or --store the flowd \
      that runs is exported, by way of a backup; a store on etcd is read as it is at one moment.
      """,
    options: [
      OptionSpec(
        "layout", type: .choice(["rexflow"]), metavar: "NAME", preset: "rexflow", configurable: false,
        help: "whose layout; there is rexflow, the original's"),
      OptionSpec(
        "data-dir", type: .directory, metavar: "DIR", group: "store", configurable: false,
        help: "the data directory of a flowd that does not run"),
      OptionSpec("store", metavar: "STORE", group: "store", configurable: false, help: "sqlite:DIR, or etcd://HOST:PORT,…"),
      OptionSpec(
        "output", short: "o", type: .file, metavar: "FILE", group: "target", configurable: false, help: "where to; stdout when not given"),
      OptionSpec("to", metavar: "STORE", group: "target", configurable: false, help: "write into etcd://HOST:PORT,… instead"),
      OptionSpec(
        "root", metavar: "PREFIX", preset: "/rexflow", env: "REXFLOW_ROOT_PREFIX", configurable: false,
        help: "what the keys begin with"),
      .flag("force", short: "f", configurable: false, help: "replace FILE, or the keys of an earlier export"),
    ] + StorePlace.options,
    positionals: [PositionalSpec("file", minimum: 0, type: .file, help: "a backup")],
    examples: [
      Example("flowctl store export --data-dir /var/lib/flowd -o keys.jsonl", "of a flowd that does not run"),
      Example("flowctl store export flow.backup --to etcd://127.0.0.1:2379 --root /original", "a backup, for tools that read etcd"),
      Example("flowctl store export --store etcd://127.0.0.1:2379", "a store on etcd, in use or not"),
    ])

  static func run(_ context: Context) throws(Failure) -> Int32 {
    let settings = context.settings
    let (file, directory, store) = (settings.word("file"), settings.optional("data-dir"), settings.optional("store"))
    if let file {
      guard directory == nil, store == nil else {
        throw Failure(ExitCode.usage, "FILE is a store of its own", hint: "either FILE, or --data-dir or --store")
      }
      return try export(backup: file, shown: file, context)
    }
    guard let text = store ?? directory else {
      return try StoreVerb.withCopy(context, etcd: "flowctl store export --store etcd://HOST:PORT") { file, shown throws(Failure) in
        try export(backup: file, shown: shown, context)
      }
    }
    let place = try StorePlace(text, context)
    guard !place.isMissing else {
      throw Failure(
        ExitCode.notFound, "\(place.shown) holds no store", hint: "flowd's --data-dir, or --store etcd://HOST:PORT when it works on etcd")
    }
    return try export(place, shown: place.shown, context)
  }

  private static func export(backup: String, shown: String, _ context: Context) throws(Failure) -> Int32 {
    try StoreFiles.withDirectory(ofBackup: backup) { directory throws(Failure) in
      let place = try StorePlace("sqlite:" + directory, context)
      try StoreFiles.store(doing: "read \(shown)") { () throws(StoreError) in _ = try View.restore(fromBackup: backup, to: place.viewPath) }
      return try export(place, shown: shown, context)
    }
  }

  private static func export(_ place: StorePlace, shown: String, _ context: Context) throws(Failure) -> Int32 {
    let layout = OriginalLayout(root: context.settings.text("root"))
    let target = try ExportTargets.open(layout, context)
    var isWhole = false
    // What is half there must not pass for the whole.
    defer { if !isWhole { target.discard() } }
    let progress = ExportProgress(context)
    var failure: Failure?
    let counts = try reading(place, shown) { store, finished throws(StoreError) in
      try Server.export(store, finished: finished, as: layout) { entries, counts in
        do throws(Failure) { try target.take(entries) } catch { failure = error }
        progress.tell(counts)
        return failure == nil && !target.isOver
      }
    }
    if let failure { throw failure }
    try target.finish()
    isWhole = true
    return sum(counts, target, context)
  }

  /// Opens the store, and what it has of finished instances, for as long as the body runs.
  private static func reading(
    _ place: StorePlace, _ shown: String, _ body: (any Store, Server.FinishedRows) throws(StoreError) -> ExportCounts
  ) throws(Failure) -> ExportCounts {
    let folder = try TemporaryFolder.make()
    defer { TemporaryFolder.remove(folder) }
    do throws(Failure) {
      return try StoreFiles.store(doing: "export \(shown)") { () throws(StoreError) in
        let store = try place.openToRead()
        defer { store.close() }
        guard case .etcd = place, let archive = store as? any Archive else { return try body(store, .file(try ViewFile(place.viewPath))) }
        return try body(store, try Server.unpack(archive, to: folder + "/" + View.fileName))
      }
    } catch {
      var failure = error
      if case .sqlite = place, failure.exitCode == ExitCode.conflict {
        failure.hint = "flowctl store export without --data-dir exports a flowd that runs"
      }
      throw failure
    }
  }

  /// Says what was written, and what not.
  private static func sum(_ counts: ExportCounts, _ target: any ExportTarget, _ context: Context) -> Int32 {
    context.note("\(target.shown): \(ExportProgress.text(counts))")
    if counts.missingUpTo != nil {
      context.note("finished instances may be missing: the file \(View.fileName) beside the store, which has them, is not there or is old")
    }
    if counts.unknown > 0 { context.note("\(counts.unknown) instances were left out: how they ended is not known") }
    guard let first = target.leftOut.first else { return ExitCode.ok }
    let failure = Failure(
      ExitCode.negative, "\(target.leftOut.count) values are larger than etcd takes and were left out, the first is \(first)",
      hint: "raise etcd's --max-request-bytes, or write to a file with -o")
    context.complain(failure)
    return failure.exitCode
  }
}

/// Says now and then how far it is, to who looks on.
private final class ExportProgress {
  private static let everyMs: Int64 = 2_000

  private let context: Context
  private var next = MonotonicClock.milliseconds() + everyMs

  init(_ context: Context) { self.context = context }

  func tell(_ counts: ExportCounts) {
    guard context.stderr.isTerminal, MonotonicClock.milliseconds() >= next else { return }
    next = MonotonicClock.milliseconds() + ExportProgress.everyMs
    context.note(ExportProgress.text(counts))
  }

  static func text(_ counts: ExportCounts) -> String {
    "\(counts.deployments) deployments, \(counts.instances) instances, \(counts.keys) keys"
  }
}
