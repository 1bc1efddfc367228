import FlowClient
import FlowCommandLine
import FlowCore
import FlowRPC
import Glibc

enum StoreVerb {
  static let verb = Verb(spec: spec, run: run)

  static let dataDirectory = OptionSpec(
    "data-dir", type: .directory, metavar: "DIR", env: "FLOWD_DATA_DIR", configurable: false, help: "flowd's data directory")

  private static let spec = CommandSpec(
    "store", "Back up, restore, verify, move and export flowd's store",
    subcommands: [
      CommandSpec(
        "backup", "Copy the store of a running flowd to a file",
        details: "The copy is complete and verified when the exit code is 0; else there is no file.",
        options: [.flag("force", short: "f", configurable: false, help: "replace FILE")],
        positionals: [PositionalSpec("file", type: .file, help: "where to")],
        examples: [Example("flowctl store backup flow-$(date +%F).backup", "a backup named by its day")]),
      CommandSpec(
        "restore", "Make a data directory from a backup", details: "flowd must not run on the directory, and it must hold no store.",
        options: [dataDirectory],
        positionals: [PositionalSpec("file", type: .file, help: "a backup")],
        examples: [Example("flowctl store restore flow.backup --data-dir /var/lib/flowd", "then start flowd on it")]),
      CommandSpec(
        "hash", "Print the hash of a store's state",
        details: "Two stores with the same hash hold the same state. Reads a data directory, or a backup.",
        options: [dataDirectory], positionals: [PositionalSpec("file", minimum: 0, type: .file, help: "a backup")],
        examples: [Example("flowctl store hash --data-dir /var/lib/flowd", "of a flowd that does not run")]),
      StoreMigrate.spec,
      StoreExport.spec,
    ])

  @Sendable private static func run(_ context: Context) throws(Failure) -> Int32 {
    let file = context.settings.word("file")
    let verb = context.settings.invocation.command.name
    if verb == "migrate" { return try StoreMigrate.run(context) }
    if verb == "export" { return try StoreExport.run(context) }
    if verb == "backup" { return try backup(to: file ?? "", context) }
    if verb == "hash", let file { return try printHash(StoreFiles.stateHash(ofBackup: file), context) }
    guard let directory = context.settings.optional("data-dir") else { throw needsDirectory(verb) }
    return verb == "restore"
      ? try StoreFiles.restore(file ?? "", to: directory, context) : try printHash(StoreFiles.stateHash(ofDirectory: directory), context)
  }

  private static func needsDirectory(_ verb: String) -> Failure {
    Failure(ExitCode.usage, "flowctl store \(verb) needs --data-dir", hint: "flowctl store \(verb) --help")
  }

  private static func printHash(_ hash: String, _ context: Context) throws(Failure) -> Int32 {
    context.print(hash + "\n")
    return ExitCode.ok
  }

  /// Writes beside the file, and gives it its name when all is there, on disk and verified.
  private static func backup(to path: String, _ context: Context) throws(Failure) -> Int32 {
    if !context.settings.flag("force"), access(path, F_OK) == 0 {
      throw Failure(ExitCode.conflict, "\(path) exists", hint: "another name, or --force")
    }
    let (copy, _) = try receive(path, context)
    let (bytes, hash, last) = try copy.finish { unverified throws(Failure) in try StoreFiles.stateHash(ofBackup: unverified) }
    context.note("\(path): \(bytes) bytes, position \(last.position), state hash \(hash)\(last.stateHash.isEmpty ? "" : ", as flowd says")")
    return ExitCode.ok
  }

  /// Works on a copy of the store of the flowd that runs, which is gone afterwards.
  ///
  /// - Parameters:
  ///   - etcd: what to try at a flowd on etcd, which has no copy to give; its store can be read where it is.
  ///   - body: gets the copy's path and how to call it in messages.
  static func withCopy(
    _ context: Context, etcd: String, _ body: (_ file: String, _ shown: String) throws(Failure) -> Int32
  ) throws(Failure) -> Int32 {
    let folder = try TemporaryFolder.make()
    defer { TemporaryFolder.remove(folder) }
    let file = folder + "/copy"
    let address: String
    do throws(Failure) {
      let copy: BackupFile
      (copy, address) = try receive(file, context)
      _ = try copy.finish { _ throws(Failure) in nil }
    } catch {
      var failure = error
      if failure.why?.contains("etcd") == true { failure.hint = etcd }
      throw failure
    }
    return try body(file, "flowd on \(address)")
  }

  private static func receive(_ path: String, _ context: Context) throws(Failure) -> (BackupFile, address: String) {
    let client = try context.flowd()
    let copy: BackupFile
    do throws(FileProblem) {
      copy = try BackupFile(path)
    } catch {
      throw Failure(error, exitCode: ExitCode.negative)
    }
    do throws(Status) {
      try client.backup { chunk in copy.add(chunk) }
    } catch {
      copy.discard()
      throw Failure(error, doing: "backup failed at flowd on \(client.place(of: error))")
    }
    return (copy, client.address)
  }
}

/// A backup while it is written, under another name.
private final class BackupFile {
  private let path: String
  private let partial: String
  private let descriptor: Int32
  private var bytes = 0
  private var last: FlowV1.BackupChunk?
  private var problem: FileProblem?

  init(_ path: String) throws(FileProblem) {
    self.path = path
    partial = path + ".partial"
    descriptor = open(partial, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw FileProblem(partial, errno: errno) }
  }

  deinit { close(descriptor) }

  func add(_ chunk: FlowV1.BackupChunk) -> Bool {
    guard chunk.data.isEmpty || Output.write(chunk.data, to: descriptor) else {
      problem = FileProblem(partial, errno: errno)
      return false
    }
    bytes += chunk.data.count
    if chunk.data.isEmpty { last = chunk }
    return true
  }

  func discard() { unlink(partial) }

  /// - Parameter hash: what the state in the file hashes to; must be what flowd said. Nil: nobody looked.
  func finish(_ hash: (String) throws(Failure) -> String?) throws(Failure) -> (bytes: Int, hash: String, last: FlowV1.BackupChunk) {
    do throws(Failure) {
      if let problem { throw Failure(problem, exitCode: ExitCode.negative) }
      guard let last else {
        throw Failure(ExitCode.negative, "the backup is not complete", why: "flowd ended it without its hash", hint: "again")
      }
      guard fsync(descriptor) == 0 else { throw Failure(FileProblem(partial, errno: errno), exitCode: ExitCode.negative) }
      let found = try hash(partial)
      // flowd tells no hash when its state moved while it copied; then the copy was at least read and replayed without an error.
      guard last.stateHash.isEmpty || found == nil || found == last.stateHash else {
        throw Failure(
          ExitCode.negative, "the backup is damaged", why: "its state hashes to \(found ?? ""), flowd's to \(last.stateHash)", hint: "again"
        )
      }
      guard rename(partial, path) == 0 else { throw Failure(FileProblem(path, errno: errno), exitCode: ExitCode.negative) }
      return (bytes, found ?? "", last)
    } catch {
      discard()
      throw error
    }
  }
}
