import FlowCommandLine
import FlowRuntime
import FlowServer
import FlowStorage
import FlowThreads

/// `store migrate`: the same state on another store.
enum StoreMigrate {
  static let spec = CommandSpec(
    "migrate", "Move a store between SQLite and etcd",
    details: """
      STORE is sqlite:DIR or etcd://HOST:PORT,…; REXFLOW_ROOT_PREFIX names the root of the keys in etcd. No flowd may run on the source, \
      and the target must be empty. The target is whole and has the same state when the exit code is 0; else there is none, or one that \
      flowd refuses and the same migration makes anew. The source stays as it is. Left out: logs of services.
      """,
    options: [
      OptionSpec("from", metavar: "STORE", configurable: false, help: "the store that is there"),
      OptionSpec("to", metavar: "STORE", configurable: false, help: "where it is to be"),
    ] + StorePlace.options,
    examples: [
      Example("flowctl store migrate --from sqlite:/var/lib/flowd --to etcd://127.0.0.1:2379", "then flowd --store etcd://127.0.0.1:2379"),
      Example("flowctl store migrate --from etcd://127.0.0.1:2379 --to sqlite:flow-data", "and back"),
    ])

  private static let tellMs: Int64 = 2_000

  static func run(_ context: Context) throws(Failure) -> Int32 {
    guard let from = context.settings.optional("from"), let to = context.settings.optional("to") else {
      throw Failure(ExitCode.usage, "flowctl store migrate needs --from and --to", hint: "flowctl store migrate --help")
    }
    let (source, target) = (try StorePlace(from, context), try StorePlace(to, context))
    guard !source.isMissing else { throw Failure(ExitCode.notFound, "\(source.shown) holds no store", hint: "--from sqlite:DIR") }
    let progress = ProgressNote(context, everyMs: tellMs)
    let moved = try StoreFiles.store(doing: "move \(source.shown) to \(target.shown)") { () throws(StoreError) in
      let reader = try source.openAsSource()
      defer { reader.close() }
      var moved: Server.Migrated?
      try target.make { store, viewPath throws(StoreError) in
        guard try Server.isEmpty(store) else { throw .locked(owner: "what lies in \(target.shown) already") }
        moved = try Server.migrate(from: reader, to: store, finished: (source.viewPath, viewPath), told: progress.tell) {
          standings throws(StoreError) in
          try source.stands(at: standings, Server.standings)
        }
      }
      return moved
    }
    guard let moved else { return ExitCode.negative }
    let finished = "\(moved.finished) finished instances"
    context.note("\(target.shown): \(ProgressNote.text(moved.progress)), \(finished), state hash \(moved.stateHash)")
    context.note("logs of services are not moved")
    return ExitCode.ok
  }
}

/// Says now and then how far it is.
private final class ProgressNote {
  private let context: Context
  private let everyMs: Int64
  private var next: Int64

  init(_ context: Context, everyMs: Int64) {
    self.context = context
    self.everyMs = everyMs
    next = MonotonicClock.milliseconds() + everyMs
  }

  func tell(_ progress: StoreCopy.Progress) {
    guard MonotonicClock.milliseconds() >= next else { return }
    next = MonotonicClock.milliseconds() + everyMs
    context.note(ProgressNote.text(progress))
  }

  static func text(_ progress: StoreCopy.Progress) -> String {
    "\(progress.blobs) blobs, \(progress.entries) keys, \(progress.batches) batches, \(progress.records) records"
  }
}
