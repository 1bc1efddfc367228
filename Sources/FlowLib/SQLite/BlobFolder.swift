import FlowCore
import FlowStorage
import Glibc
import Synchronization

/// `blobs/`: one file a blob, named by its digest. Not rows, so that a value of megabytes is written once (not into a log and then
/// into a file) and its space is back at once when it is swept. A file's time of change is when it was last put.
final class BlobFolder: Sendable {
  private let path: String
  private let clock: @Sendable () -> Instant
  /// Puts and sweeps one at a time: a blob that is put again must not be removed. While a backup runs (above 0) none is removed.
  private let backups = Mutex(0)

  init(_ path: String, clock: @escaping @Sendable () -> Instant) {
    self.path = path
    self.clock = clock
  }

  private func file(_ hash: BlobHash) -> String { path + "/" + hash.description }

  func put(_ bytes: [UInt8]) throws(StoreError) -> BlobHash {
    let hash = BlobHash(of: bytes)
    let file = file(hash)
    try backups.locked { (_) throws(StoreError) in
      if fileSize(at: file) != bytes.count {
        try writeFile(file, bytes)
        try syncDirectory(path)
      }
      try touch(file)
    }
    return hash
  }

  private func touch(_ file: String) throws(StoreError) {
    let (seconds, ms) = clock().milliseconds.floorDivided(by: 1000)
    let time = timespec(tv_sec: Int(seconds), tv_nsec: Int(ms) * 1_000_000)
    guard utimensat(AT_FDCWD, file, [time, time], 0) == 0 else { throw systemError("touch \(file)") }
  }

  func get(_ hash: BlobHash) throws(StoreError) -> [UInt8]? {
    guard let bytes = try readFile(file(hash)) else { return nil }
    guard BlobHash(of: bytes) == hash else { throw .corrupt("blob \(hash) does not have the bytes that were written") }
    return bytes
  }

  func list(olderThan instant: Instant, after: BlobHash?, limit: Int) throws(StoreError) -> [BlobHash] {
    let names = try fileNames(in: path)
    var found: [BlobHash] = []
    for name in names where found.count < limit {
      guard let hash = BlobHash(hex: name), after.map({ hash > $0 }) ?? true, changed(name).map({ $0 < instant }) ?? false else { continue }
      found.append(hash)
    }
    return found
  }

  func delete(_ hash: BlobHash, olderThan instant: Instant) throws(StoreError) -> Bool {
    try backups.locked { (running) throws(StoreError) in
      guard let changed = changed(hash.description) else { return true }
      guard running == 0, changed < instant else { return false }
      guard unlink(file(hash)) == 0 || errno == ENOENT else { throw systemError("remove blob \(hash)") }
      return true
    }
  }

  func backupBegins() { backups.withLock { $0 += 1 } }
  func backupEnds() { backups.withLock { $0 -= 1 } }

  func totalBytes() throws(StoreError) -> Int {
    try fileNames(in: path).reduce(0) { $0 + (fileSize(at: path + "/" + $1) ?? 0) }
  }

  private func changed(_ name: String) -> Instant? {
    var status = stat()
    guard stat(path + "/" + name, &status) == 0 else { return nil }
    return Instant(milliseconds: Int64(status.st_mtim.tv_sec) * 1000 + Int64(status.st_mtim.tv_nsec) / 1_000_000)
  }
}

extension BlobHash {
  /// 64 hex digits, as `description` writes them.
  package init?(hex text: String) {
    let digits = text.utf8.compactMap { Character(UnicodeScalar($0)).hexDigitValue }
    guard digits.count == 64, text.utf8.count == 64 else { return nil }
    self.init(stride(from: 0, to: 64, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) })
  }
}
