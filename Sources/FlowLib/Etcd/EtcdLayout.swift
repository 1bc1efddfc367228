import FlowCore
import FlowStorage

/// Where the store keeps what, below its root. Numbers are hex of one width, so that etcd's order is theirs.
///
///     R/format                          the format, and who the store is
///     R/compacted                       up to where a filling etcd was compacted
///     R/p/0001/epoch                    the owner's epoch, and the session that claimed
///     R/p/0001/last                     the last position, and the digest of its batch
///     R/p/0001/mark                     mark and trimmed position, and a number that every step raises
///     R/p/0001/j/<position>             a batch
///     R/p/0001/h/<record>               a record's stamp, head, and small parts
///     R/p/0001/r/<record>/<stamp>/<n>   larger parts, packed, the first is the record's n-th
///     R/p/0001/d/<stamp>/<record>       a record that goes when the mark comes to the stamp
///     R/p/0001/a/<number>               a segment of what finished, and s/<number>/<attempt>/<n> its pieces
///     R/kv/<key>                        the ordered key-value part
///     R/tx/<node>                       the node's last key-value transaction
///     R/bm/<hash>, R/b/<hash>/<n>       a blob's size and age, and its pieces
///     R/cluster/…                       leases and elections (see EtcdCoordination)
struct EtcdLayout: Sendable {
  let root: String

  /// - Parameter root: `/rexflow`; a slash at its end is dropped, and one that is missing at its beginning is added, as the original does.
  init(root: String) {
    var root = root
    while root.hasSuffix("/") { root.removeLast() }
    if !root.isEmpty, !root.hasPrefix("/") { root = "/" + root }
    self.root = root + "/"
  }

  private func key(_ path: String) -> [UInt8] { Array((root + path).utf8) }

  var everything: [UInt8] { key("") }
  var cluster: [UInt8] { key("cluster/") }
  var elections: [UInt8] { key("cluster/e/") }
  func election(_ role: String) -> [UInt8] { key("cluster/e/" + role + "/") }
  func candidate(_ role: String, _ lease: Int64) -> [UInt8] { election(role) + hexBytes(UInt64(bitPattern: lease), 16) }
  var format: [UInt8] { key("format") }
  var compacted: [UInt8] { key("compacted") }
  func transaction(_ node: String) -> [UInt8] { key("tx/" + node) }

  // MARK: partitions

  private func partition(_ id: PartitionID) -> String { "p/" + hex(UInt64(id.raw), 4) + "/" }

  func epoch(_ id: PartitionID) -> [UInt8] { key(partition(id) + "epoch") }
  func last(_ id: PartitionID) -> [UInt8] { key(partition(id) + "last") }
  func mark(_ id: PartitionID) -> [UInt8] { key(partition(id) + "mark") }
  func batches(_ id: PartitionID) -> [UInt8] { key(partition(id) + "j/") }
  func batch(_ id: PartitionID, _ position: Position) -> [UInt8] { batches(id) + hexBytes(position.raw, 16) }
  func heads(_ id: PartitionID) -> [UInt8] { key(partition(id) + "h/") }
  func head(_ id: PartitionID, _ record: RecordKey) -> [UInt8] { heads(id) + record.description.utf8 }
  func parts(_ id: PartitionID, _ record: RecordKey) -> [UInt8] { key(partition(id) + "r/" + record.description + "/") }

  func parts(_ id: PartitionID, _ record: RecordKey, at stamp: Position) -> [UInt8] {
    parts(id, record) + hexBytes(stamp.raw, 16) + [UInt8(ascii: "/")]
  }

  func pack(_ id: PartitionID, _ record: RecordKey, at stamp: Position, first: Int) -> [UInt8] {
    parts(id, record, at: stamp) + hexBytes(UInt64(first), 8)
  }

  func doomed(_ id: PartitionID) -> [UInt8] { key(partition(id) + "d/") }

  func doomed(_ id: PartitionID, upTo stamp: Position) -> [UInt8] { doomed(id) + hexBytes(stamp.raw, 16) + [UInt8(ascii: "0")] }

  func doomed(_ id: PartitionID, _ record: RecordKey, at stamp: Position) -> [UInt8] {
    doomed(id) + hexBytes(stamp.raw, 16) + [UInt8(ascii: "/")] + record.description.utf8
  }

  func segments(_ id: PartitionID) -> [UInt8] { key(partition(id) + "a/") }
  func segment(_ id: PartitionID, _ number: UInt64) -> [UInt8] { segments(id) + hexBytes(number, 16) }
  func segment(_ id: PartitionID, _ key: [UInt8]) -> UInt64? { number(key.dropFirst(segments(id).count)) }

  func segmentPieces(_ id: PartitionID, _ number: UInt64) -> [UInt8] {
    key(partition(id) + "s/") + hexBytes(number, 16) + [UInt8(ascii: "/")]
  }

  func segmentPieces(_ id: PartitionID, _ number: UInt64, attempt: UInt64) -> [UInt8] {
    segmentPieces(id, number) + hexBytes(attempt, 16) + [UInt8(ascii: "/")]
  }

  func segmentPiece(_ id: PartitionID, _ number: UInt64, attempt: UInt64, _ index: Int) -> [UInt8] {
    segmentPieces(id, number, attempt: attempt) + hexBytes(UInt64(index), 4)
  }

  /// The record and the stamp that a key of `doomed` names.
  func doomedRecord(_ id: PartitionID, _ key: [UInt8]) -> (record: RecordKey, stamp: Position)? {
    let rest = Array(key.dropFirst(doomed(id).count))
    guard rest.count > 17, let stamp = number(rest[..<16]), let record = bytes(ofHex: rest[17...]) else { return nil }
    return (RecordKey(record), Position(stamp))
  }

  func record(_ id: PartitionID, ofHead key: [UInt8]) -> RecordKey? {
    bytes(ofHex: key.dropFirst(heads(id).count)).map { RecordKey($0) }
  }

  func position(_ id: PartitionID, ofBatch key: [UInt8]) -> Position? {
    number(key.dropFirst(batches(id).count)).map { Position($0) }
  }

  // MARK: keys, values and blobs

  var values: [UInt8] { key("kv/") }
  func value(_ name: String) -> [UInt8] { values + Array(name.utf8) }
  var blobs: [UInt8] { key("bm/") }
  func blob(_ hash: BlobHash) -> [UInt8] { blobs + hash.description.utf8 }
  func pieces(_ hash: BlobHash) -> [UInt8] { key("b/" + hash.description + "/") }
  func piece(_ hash: BlobHash, _ index: Int) -> [UInt8] { pieces(hash) + hexBytes(UInt64(index), 4) }
  func hash(ofBlob key: [UInt8]) -> BlobHash? { bytes(ofHex: key.dropFirst(blobs.count)).flatMap { BlobHash($0) } }
}

extension [UInt8] {
  /// The first key above all keys that begin with this one.
  var afterPrefix: [UInt8] {
    var bytes = self
    while let last = bytes.popLast() {
      if last < 0xFF { return bytes + [last + 1] }
    }
    // All keys: what etcd takes for no end.
    return [0]
  }
}

private let digits = Array("0123456789abcdef".utf8)

private func hexBytes(_ number: UInt64, _ width: Int) -> [UInt8] {
  (0..<width).map { digits[Int(truncatingIfNeeded: number >> UInt64(4 * (width - 1 - $0))) & 15] }
}

private func hex(_ number: UInt64, _ width: Int) -> String { String(decoding: hexBytes(number, width), as: UTF8.self) }

private func nibble(_ digit: UInt8) -> UInt8? {
  switch digit {
  case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
  case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
  case _: nil
  }
}

private func number(_ text: ArraySlice<UInt8>) -> UInt64? {
  guard text.count == 16 else { return nil }
  var value: UInt64 = 0
  for digit in text {
    guard let bits = nibble(digit) else { return nil }
    value = value << 4 | UInt64(bits)
  }
  return value
}

private func bytes(ofHex text: ArraySlice<UInt8>) -> [UInt8]? {
  guard text.count % 2 == 0 else { return nil }
  var bytes: [UInt8] = []
  var high: UInt8?
  for digit in text {
    guard let bits = nibble(digit) else { return nil }
    if let first = high { bytes.append(first << 4 | bits) }
    high = high == nil ? bits : nil
  }
  return bytes
}
