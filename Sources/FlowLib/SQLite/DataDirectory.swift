import FlowStorage
import Glibc
import Synchronization

/// The folder of a store: who may use it, what is in it. Holds the lock until unlocked or dropped.
///
/// - `lock`: locked while a process uses the store; its text says which.
/// - `format`: written last when a store is made; says that the other files must be there.
/// - `restoring`: there while a backup is being restored; what else is there is not the whole of it.
/// - `journal.db`, `records.db`, `blobs/`, `reserve`.
final class DataDirectory: Sendable {
  static let format = 1

  let path: String
  /// False when the store was not yet (wholly) made.
  let isComplete: Bool
  private let lock: Mutex<Int32?>

  init(_ path: String) throws(StoreError) {
    self.path = path
    // Looked at before anything is touched: a newer release's data must stay as it is.
    try DataDirectory.checkIsRestored(path)
    isComplete = try DataDirectory.checkFormat(path)
    try makeDirectory(path)
    try makeDirectory(path + "/blobs")
    if !isComplete { try syncDirectory(parent(of: path)) }
    lock = Mutex(try DataDirectory.takeLock(path + "/lock"))
  }

  /// Takes an empty directory, or one that a restore did not come to its end in, and marks it as not whole until `restored`.
  init(restoringInto path: String) throws(StoreError) {
    self.path = path
    isComplete = false
    try makeDirectory(path)
    try DataDirectory.checkMayRestore(path)
    lock = Mutex(try DataDirectory.takeLock(path + "/lock"))
    do throws(StoreError) {
      // Once more, because another restore may have ended between the look and the lock.
      try DataDirectory.checkMayRestore(path)
      try writeFile(file(DataDirectory.marker), Array("a restore is under way\n".utf8))
      try syncDirectory(path)
      try syncDirectory(parent(of: path))
      try clear()
      try makeDirectory(file("blobs"))
      try syncDirectory(path)
    } catch {
      unlock()
      throw error
    }
  }

  deinit { unlock() }

  private static let marker = "restoring"

  /// Whether nothing is lost when a backup is restored there: it is empty, or not there, or holds what an unfinished restore left.
  static func takesRestore(_ path: String) throws(StoreError) -> Bool {
    guard access(path, F_OK) == 0 else { return true }
    let names = try fileNames(in: path)
    return names.contains(marker) || names.allSatisfy { $0 == "lock" || $0 == marker + ".new" }
  }

  private static func checkMayRestore(_ path: String) throws(StoreError) {
    guard try takesRestore(path) else { throw .unavailable("\(path) is not empty; restore into a new directory") }
  }

  /// Removes what an unfinished restore left. `format` goes first: without it nothing else passes for a store.
  private func clear() throws(StoreError) {
    let names = try fileNames(in: path).filter { $0 != "lock" && $0 != DataDirectory.marker && $0 != "blobs" }
    for name in names.filter({ $0 == "format" }) + names.filter({ $0 != "format" }) { try removeFile(file(name)) }
    guard fileSize(at: file("blobs")) != nil else { return }
    for name in try fileNames(in: file("blobs")) { try removeFile(file("blobs/" + name)) }
  }

  /// Everything is restored and synced: from here on it is a store like any other.
  func restored() throws(StoreError) {
    try syncDirectory(file("blobs"))
    try syncDirectory(path)
    try removeFile(file(DataDirectory.marker))
    try syncDirectory(path)
  }

  private static func checkIsRestored(_ path: String) throws(StoreError) {
    guard fileSize(at: path + "/" + marker) == nil else {
      throw .corrupt("the restore into \(path) was interrupted, so that a part of the backup is missing; restore into it again")
    }
  }

  func unlock() {
    if let descriptor = lock.withLock({ $0.take() }) { Glibc.close(descriptor) }
  }

  func file(_ name: String) -> String { path + "/" + name }

  /// Says that the store is whole from here on. Called when all files are made and synced.
  func complete() throws(StoreError) {
    try writeFile(file("format"), Array("rexflow store \(DataDirectory.format)\n".utf8))
    try syncDirectory(path)
  }

  private static func checkFormat(_ path: String) throws(StoreError) -> Bool {
    guard let text = try readFile(path + "/format") else { return false }
    let words = String(decoding: text, as: UTF8.self).split(whereSeparator: { $0 == " " || $0 == "\n" })
    guard words.count == 3, words[0] == "rexflow", words[1] == "store", let found = Int(words[2]) else {
      throw .corrupt("\(path)/format is not the format file of a store")
    }
    guard found <= format else { throw .tooNew(found: found, supported: format) }
    for name in ["journal.db", "records.db"] { try checkHeader(path + "/" + name) }
    return true
  }

  /// A file of a whole store that is gone, empty or something else must not be taken for a new one.
  private static func checkHeader(_ path: String) throws(StoreError) {
    guard let head = try readFile(path, limit: 100) else { throw .corrupt("\(path) is missing") }
    guard head.count == 100, head.starts(with: Array("SQLite format 3".utf8)) else { throw .corrupt("\(path) is not a SQLite file") }
    let found = head[60..<64].reduce(0) { $0 << 8 | Int($1) }
    guard found <= format else { throw .tooNew(found: found, supported: format) }
  }

  private static func takeLock(_ path: String) throws(StoreError) -> Int32 {
    let descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw systemError("open \(path)") }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      let code = errno
      Glibc.close(descriptor)
      guard code == EWOULDBLOCK else { throw systemError("lock \(path)", code) }
      throw .locked(owner: owner(path))
    }
    writeOwner(descriptor)
    return descriptor
  }

  /// What the lock's holder wrote about itself; the lock is what counts, so that an unreadable text is no error of its own.
  private static func owner(_ path: String) -> String {
    do {
      let text = String(decoding: try readFile(path, limit: 400) ?? [], as: UTF8.self)
      return text.isEmpty ? "another process" : text.split(separator: "\n").joined(separator: ", ")
    } catch { return "another process" }
  }

  private static func writeOwner(_ descriptor: Int32) {
    var name = [CChar](repeating: 0, count: 256)
    gethostname(&name, 255)
    let host = String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let text = "pid \(getpid())\nhost \(host)\nsince \(wallClock().rfc3339)\n"
    // Only a help for whoever meets the lock: when it can not be written the lock holds all the same.
    guard ftruncate(descriptor, 0) == 0 else { return }
    _ = Array(text.utf8).withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, 0) }
  }
}
