import FlowCommandLine
import FlowCore
import FlowEtcd
import FlowServer
import Glibc

/// Where an export goes.
protocol ExportTarget: AnyObject {
  /// For people.
  var shown: String { get }
  /// Keys that the target would not take.
  var leftOut: [String] { get }
  /// Nobody reads any more, which is the reader's choice.
  var isOver: Bool { get }
  func take(_ entries: [OriginalEntry]) throws(Failure)
  func finish() throws(Failure)
  /// It did not come to its end.
  func discard()
}

enum ExportTargets {
  /// The one that the command line names, when it may be written.
  static func open(_ layout: OriginalLayout, _ context: Context) throws(Failure) -> any ExportTarget {
    guard let text = context.settings.optional("to") else { return try ExportFile(context) }
    guard case .etcd(let configuration, let shown) = try StorePlace(text, context) else {
      throw Failure(ExitCode.usage, "--to '\(text)' is no etcd", hint: "--to etcd://HOST:PORT, or -o FILE")
    }
    return try ExportEtcd(configuration, shown, layout, replaces: context.settings.flag("force"))
  }
}

/// Lines of JSON. A file is written beside its name and gets it at the end.
private final class ExportFile: ExportTarget {
  private static let bufferBytes = 64 << 10

  let shown: String
  let leftOut: [String] = []
  private let path: String?
  private var written: String
  private let descriptor: Int32
  private var buffer: [UInt8] = []
  private(set) var isOver = false

  init(_ context: Context) throws(Failure) {
    guard let path = context.settings.optional("output"), path != "-" else {
      (self.path, written, shown, descriptor) = (nil, "stdout", "stdout", STDOUT_FILENO)
      return
    }
    var status = stat()
    let isThere = stat(path, &status) == 0
    // A pipe or a device is written to as it is: it must not become a file.
    let isFile = !isThere || status.st_mode & S_IFMT == S_IFREG
    if isThere, isFile, !context.settings.flag("force") {
      throw Failure(ExitCode.conflict, "\(path) exists", hint: "another name, or --force")
    }
    (self.path, written, shown) = (isFile ? path : nil, isFile ? path + ".partial" : path, path)
    descriptor = Glibc.open(written, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw Failure(FileProblem(written, errno: errno), exitCode: ExitCode.negative) }
  }

  deinit { if descriptor != STDOUT_FILENO { close(descriptor) } }

  func take(_ entries: [OriginalEntry]) throws(Failure) {
    for entry in entries {
      buffer += entry.line
      if buffer.count >= ExportFile.bufferBytes { try flush() }
    }
  }

  private func flush() throws(Failure) {
    defer { buffer.removeAll(keepingCapacity: true) }
    guard !isOver, !Output.write(buffer, to: descriptor) else { return }
    let code = errno
    isOver = path == nil && code == EPIPE
    if !isOver { throw Failure(FileProblem(written, errno: code), exitCode: ExitCode.negative) }
  }

  func finish() throws(Failure) {
    try flush()
    guard let path else { return }
    guard fsync(descriptor) == 0, rename(written, path) == 0 else {
      throw Failure(FileProblem(path, errno: errno), exitCode: ExitCode.negative)
    }
  }

  func discard() { if path != nil { unlink(written) } }
}

extension OriginalEntry {
  /// One line of JSON: text where the value is UTF-8, else base64.
  fileprivate var line: [UInt8] {
    let member: (String, JSON) =
      String(validating: value, as: UTF8.self).map { ("value", .string($0)) } ?? ("base64", .string(base64(value)))
    var object: JSON.Object = ["key": .string(key)]
    object[member.0] = member.1
    return JSON.object(object).bytes + [0x0A]
  }
}

private final class ExportEtcd: ExportTarget {
  private static let timeoutMs: Int64 = 10_000

  let shown: String
  private let writer: EtcdKeyWriter
  private let place: String
  private let prefixes: [String]
  /// What is there is to go before anything is written, and not before there is something to write.
  private var clears: Bool
  var leftOut: [String] { writer.tooLarge }
  let isOver = false

  init(_ configuration: EtcdConfiguration, _ address: String, _ layout: OriginalLayout, replaces: Bool) throws(Failure) {
    var configuration = configuration
    configuration.timeoutMs = ExportEtcd.timeoutMs
    place = "\(address) below '\(layout.root)/'"
    shown = place
    (prefixes, clears) = (layout.prefixes, replaces)
    let made = try ExportEtcd.etcd(doing: "write to \(place)") { () throws(EtcdError) in
      try EtcdKeyWriter(configuration, root: layout.root)
    }
    writer = made
    do throws(Failure) {
      let found = try ExportEtcd.etcd(doing: "write to \(place)") { () throws(EtcdError) in try made.holding(for: layout.prefixes) }
      try check(found, replaces: replaces)
    } catch {
      made.close()
      throw error
    }
  }

  deinit { writer.close() }

  private func check(_ found: EtcdHolding, replaces: Bool) throws(Failure) {
    switch found {
    case .nothing: return
    case .store(let root):
      throw Failure(
        ExitCode.conflict, "can not write to \(place)", why: "a store of flowd lives below '\(root)' of that etcd",
        hint: "--root PREFIX with another root, such as /original")
    case .keys(let first):
      guard !replaces else { return }
      throw Failure(
        ExitCode.conflict, "can not write to \(place)", why: "something is there already: \(first)",
        hint: "--root PREFIX with another root, or --force to replace instances/ and workflows/ there")
    }
  }

  private static func etcd<Value>(doing what: String, _ body: () throws(EtcdError) -> Value) throws(Failure) -> Value {
    do throws(EtcdError) { return try body() } catch {
      var failure = Failure(error.status, doing: "can not \(what)")
      // The codes for servers that are away are about flowd and healthd.
      if error.status.code == .unavailable { failure.exitCode = ExitCode.negative }
      throw failure
    }
  }

  func take(_ entries: [OriginalEntry]) throws(Failure) {
    try clear()
    try writing { () throws(EtcdError) in try writer.put(entries.map { ($0.key, $0.value) }) }
  }

  func finish() throws(Failure) {
    try clear()
    try writing { () throws(EtcdError) in try writer.flush() }
  }

  private func clear() throws(Failure) {
    guard clears else { return }
    clears = false
    try writing { () throws(EtcdError) in try writer.clear(prefixes) }
  }

  private func writing(_ body: () throws(EtcdError) -> Void) throws(Failure) {
    do throws(Failure) { try ExportEtcd.etcd(doing: "write to \(place)", body) } catch {
      var failure = error
      failure.what += "; what is there is not whole"
      failure.hint = (failure.hint.map { $0 + "; then " } ?? "") + "the same command with --force"
      throw failure
    }
  }

  func discard() {}
}
