import FlowCore
import FlowStorage

/// The value of an `epoch` key.
struct EpochForm: Equatable {
  var epoch = Epoch.none
  /// Random bytes of the store object that claimed, so that a claim whose answer was lost is known again.
  var session: [UInt8] = []

  init(epoch: Epoch, session: [UInt8]) {
    self.epoch = epoch
    self.session = session
  }

  init(_ bytes: [UInt8]) throws(ByteCodingError) {
    var reader = ByteReader(bytes)
    epoch = Epoch(try reader.varint())
    session = try reader.blob()
  }

  var bytes: [UInt8] {
    var writer = ByteWriter()
    writer.varint(epoch.raw)
    writer.blob(session)
    return writer.bytes
  }
}

/// The value of a `last` key: where the journal ends, and what was appended there by whom.
struct LastForm: Equatable {
  var position = Position.start
  var epoch = Epoch.none
  var digest: [UInt8] = []

  init(position: Position, epoch: Epoch, digest: [UInt8]) {
    self.position = position
    self.epoch = epoch
    self.digest = digest
  }

  init(_ bytes: [UInt8]) throws(ByteCodingError) {
    var reader = ByteReader(bytes)
    position = Position(try reader.varint())
    epoch = Epoch(try reader.varint())
    digest = try reader.blob()
  }

  var bytes: [UInt8] {
    var writer = ByteWriter()
    writer.varint(position.raw)
    writer.varint(epoch.raw)
    writer.blob(digest)
    return writer.bytes
  }
}

/// The value of a `mark` key.
struct MarkForm: Equatable {
  var mark = Position.start
  var trimmed = Position.start
  /// Raised by every step, so that none is carried out twice or late.
  var step: UInt64 = 0
  /// Of the store object that wrote it.
  var session: [UInt8] = []

  init() {}

  init(_ bytes: [UInt8]) throws(ByteCodingError) {
    var reader = ByteReader(bytes)
    mark = Position(try reader.varint())
    trimmed = Position(try reader.varint())
    step = try reader.varint()
    session = try reader.blob()
  }

  var bytes: [UInt8] {
    var writer = ByteWriter()
    writer.varint(mark.raw)
    writer.varint(trimmed.raw)
    writer.varint(step)
    writer.blob(session)
    return writer.bytes
  }
}

/// Parts of a record that lie under one key: those from `first` on, of which the first `count` are the record's.
struct PackForm: Equatable, Sendable {
  var first: Int
  var count: Int

  static func encode(_ parts: [[UInt8]]) -> [UInt8] {
    var writer = ByteWriter()
    writer.list(parts) { $0.blob($1) }
    return writer.bytes
  }

  static func decode(_ bytes: [UInt8]) throws(ByteCodingError) -> [[UInt8]] {
    var reader = ByteReader(bytes)
    return try reader.parts()
  }
}

/// The value of a head's key.
struct HeadForm: Equatable, Sendable {
  enum Parts: Equatable, Sendable {
    case inline([[UInt8]])
    case packs([PackForm])
  }

  var stamp: Position
  /// Deleted after this position, but needed until the mark reaches it.
  var doomed: Position?
  var head: [UInt8]
  var parts: Parts

  init(stamp: Position, head: [UInt8], parts: Parts) {
    self.stamp = stamp
    self.head = head
    self.parts = parts
  }

  init(_ bytes: [UInt8]) throws(ByteCodingError) {
    var reader = ByteReader(bytes)
    stamp = Position(try reader.varint())
    doomed = try reader.bool() ? Position(try reader.varint()) : nil
    head = try reader.blob()
    if try reader.bool() {
      var packs: [PackForm] = []
      for _ in 0..<(try reader.count()) { packs.append(PackForm(first: try reader.int(), count: try reader.int())) }
      parts = .packs(packs)
    } else {
      parts = .inline(try reader.parts())
    }
  }

  var bytes: [UInt8] {
    var writer = ByteWriter()
    writer.varint(stamp.raw)
    writer.optional(doomed) { $0.varint($1.raw) }
    writer.blob(head)
    switch parts {
    case .inline(let parts):
      writer.bool(false)
      writer.list(parts) { $0.blob($1) }
    case .packs(let packs):
      writer.bool(true)
      writer.list(packs) { writer, pack in
        writer.varint(pack.first)
        writer.varint(pack.count)
      }
    }
    return writer.bytes
  }

  /// Whether readers no longer see the record.
  func isGone(at mark: Position) -> Bool { doomed.map { $0 <= mark } ?? false }
  var hasPacks: Bool { if case .packs = parts { true } else { false } }
}

/// The value of a blob's key.
struct BlobForm: Equatable {
  var size: Int
  var at: Instant
  /// False while its pieces are written.
  var isWhole: Bool

  init(size: Int, at: Instant, isWhole: Bool) {
    self.size = size
    self.at = at
    self.isWhole = isWhole
  }

  init(_ bytes: [UInt8]) throws(ByteCodingError) {
    var reader = ByteReader(bytes)
    size = try reader.int()
    at = Instant(milliseconds: try reader.signed())
    isWhole = try reader.bool()
  }

  var bytes: [UInt8] {
    var writer = ByteWriter()
    writer.varint(size)
    writer.signed(at.milliseconds)
    writer.bool(isWhole)
    return writer.bytes
  }
}

extension ByteReader {
  /// A number of things that follow, each of at least a byte.
  fileprivate mutating func count() throws(ByteCodingError) -> Int {
    let count = try int()
    guard count <= remaining else { throw fail("truncated") }
    return count
  }

  fileprivate mutating func parts() throws(ByteCodingError) -> [[UInt8]] {
    var parts: [[UInt8]] = []
    for _ in 0..<(try count()) { parts.append(try blob()) }
    return parts
  }
}

/// The value of an `a` key: what is known of a segment of the archive.
struct SegmentForm: Equatable {
  var through: Position
  var bytes: Int
  var at: Instant
  /// Which of several tries to write it succeeded; random.
  var attempt: UInt64

  init(_ segment: ArchiveSegment, attempt: UInt64) {
    (through, bytes, at) = (segment.through, segment.bytes, segment.at)
    self.attempt = attempt
  }

  init(_ bytes: [UInt8]) throws(ByteCodingError) {
    var reader = ByteReader(bytes)
    through = Position(try reader.varint())
    self.bytes = try reader.int()
    at = Instant(milliseconds: try reader.signed())
    attempt = try reader.fixed64()
  }

  var encoded: [UInt8] {
    var writer = ByteWriter()
    writer.varint(through.raw)
    writer.varint(bytes)
    writer.signed(at.milliseconds)
    writer.fixed64(attempt)
    return writer.bytes
  }
}
