import FlowCore
import FlowEngine

/// An instance as it is archived: how it ended, with its history, or that it was deleted.
struct ArchivedInstance: Equatable {
  struct Content: Equatable {
    var row: InstanceRow
    /// As `HistoryCodec` wrote it.
    var history: [UInt8]
    var dropped: Int
  }

  var id: String
  var content: Content?
}

/// A segment is a row of frames, so that segments are joined by putting them one behind the other.
enum ArchiveCodec {
  private static let version: UInt8 = 1

  static func encode(_ instances: [ArchivedInstance]) -> [UInt8] {
    var writer = ByteWriter()
    writer.byte(version)
    writer.list(instances) { writer, instance in
      writer.string(instance.id)
      writer.optional(instance.content) { writer, content in
        write(content.row, to: &writer)
        writer.blob(content.history)
        writer.varint(content.dropped)
      }
    }
    return Compression.pack(writer.bytes)
  }

  static func decode(_ bytes: [UInt8]) throws(ByteCodingError) -> [ArchivedInstance] {
    var reader = ByteReader(bytes)
    var instances: [ArchivedInstance] = []
    while !reader.atEnd {
      var frame = ByteReader(try Compression.unpack(&reader))
      guard try frame.byte() == version else { throw frame.fail("a frame of a newer version") }
      instances += try frame.list { (reader) throws(ByteCodingError) in
        let id = try reader.string()
        return ArchivedInstance(
          id: id,
          content: try reader.optional { (reader) throws(ByteCodingError) in
            ArchivedInstance.Content(row: try row(id, &reader), history: try reader.blob(), dropped: try reader.int())
          })
      }
    }
    return instances
  }

  private static func write(_ row: InstanceRow, to writer: inout ByteWriter) {
    writer.string(row.deployment)
    writer.byte(row.state.rawValue)
    writer.signed(row.created.milliseconds)
    writer.optional(row.ended) { $0.signed($1.milliseconds) }
    writer.optional(row.result) { $0.blob($1) }
    for text in [row.contentType, row.endEvent, row.errorCode, row.errorMessage, row.failedElement] {
      writer.optional(text) { $0.string($1) }
    }
    writer.list(row.metadata) { writer, pair in
      writer.string(pair.name)
      writer.string(pair.value)
    }
  }

  private static func row(_ id: String, _ reader: inout ByteReader) throws(ByteCodingError) -> InstanceRow {
    let deployment = try reader.string()
    guard let state = InstanceState(rawValue: try reader.byte()) else { throw reader.fail("not a state") }
    var row = InstanceRow(id: id, deployment: deployment, state: state, created: Instant(milliseconds: try reader.signed()))
    row.ended = try reader.optional { (reader) throws(ByteCodingError) in Instant(milliseconds: try reader.signed()) }
    row.result = try reader.optional { (reader) throws(ByteCodingError) in try reader.blob() }
    func text() throws(ByteCodingError) -> String? {
      try reader.optional { (reader) throws(ByteCodingError) in try reader.string() }
    }
    (row.contentType, row.endEvent, row.errorCode) = (try text(), try text(), try text())
    (row.errorMessage, row.failedElement) = (try text(), try text())
    row.metadata = try reader.list { (reader) throws(ByteCodingError) in MetadataPair(try reader.string(), try reader.string()) }
    return row
  }
}
