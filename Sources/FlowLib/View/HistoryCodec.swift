import FlowCore

/// The events of one instance as one blob: each entry behind its length, so that the oldest can be cut off unread.
enum HistoryCodec {
  static func encode(_ entry: HistoryEntry) -> [UInt8] {
    var body = ByteWriter()
    body.signed(entry.time.milliseconds)
    body.string(entry.event)
    body.string(entry.element)
    body.string(String(entry.detail.prefix(Limits.viewHistoryDetail)))
    var framed = ByteWriter()
    framed.blob(body.bytes)
    return framed.bytes
  }

  static func decode(_ bytes: [UInt8]) throws(ByteCodingError) -> [HistoryEntry] {
    var reader = ByteReader(bytes)
    var entries: [HistoryEntry] = []
    while !reader.atEnd {
      var body = ByteReader(try reader.blob())
      let time = Instant(milliseconds: try body.signed())
      entries.append(HistoryEntry(time: time, event: try body.string(), element: try body.string(), detail: try body.string()))
    }
    return entries
  }

  /// Cuts the oldest entries until at most half of the limit is left, so that cutting is rare.
  /// - Returns: how many were cut.
  static func trim(_ bytes: inout [UInt8]) throws(ByteCodingError) -> Int {
    guard bytes.count > Limits.viewHistoryBytes else { return 0 }
    var reader = ByteReader(bytes)
    var cut = 0
    while reader.remaining > Limits.viewHistoryBytes / 2 {
      _ = try reader.blob()
      cut += 1
    }
    bytes.removeFirst(reader.offset)
    return cut
  }
}
