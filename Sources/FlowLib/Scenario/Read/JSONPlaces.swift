import FlowCore

/// Where the values of a JSON text stand. Core's reader tells what they are; this one walks the same text, known to be good, again.
struct JSONPlace {
  /// Bytes from the start of the text to the value, and to its name when it is a member.
  var offset = 0
  var nameOffset = 0
  var members: [String: JSONPlace] = [:]
  var items: [JSONPlace] = []
  /// Names that come twice in this object, with the place of the second.
  var repeated: [(name: String, offset: Int)] = []
}

struct JSONPlaceReader {
  private let bytes: [UInt8]
  private var at = 0

  /// - Parameter bytes: a text that `JSON(parsing:)` took.
  static func places(in bytes: [UInt8]) -> JSONPlace {
    var reader = JSONPlaceReader(bytes: bytes)
    return reader.value()
  }

  private init(bytes: [UInt8]) { self.bytes = bytes }

  private var byte: UInt8 { at < bytes.count ? bytes[at] : 0 }

  private mutating func skip(_ isSkipped: (UInt8) -> Bool) {
    while at < bytes.count, isSkipped(bytes[at]) { at += 1 }
  }

  private mutating func skipSpace() { skip { $0 == 0x20 || $0 == 0x09 || $0 == 0x0A || $0 == 0x0D } }

  /// Recurs as deep as the text, which Core has bounded.
  private mutating func value() -> JSONPlace {
    skipSpace()
    var place = JSONPlace(offset: at, nameOffset: at)
    if byte == UInt8(ascii: "{") {
      object(into: &place)
    } else if byte == UInt8(ascii: "[") {
      array(into: &place)
    } else if byte == UInt8(ascii: "\"") {
      skipString()
    } else {
      skip { $0 != UInt8(ascii: ",") && $0 != UInt8(ascii: "]") && $0 != UInt8(ascii: "}") && $0 > 0x20 }
    }
    return place
  }

  private mutating func object(into place: inout JSONPlace) {
    repeat {
      at += 1
      skipSpace()
      guard byte == UInt8(ascii: "\"") else { break }
      let start = at
      skipString()
      let name = JSONPlaceReader.name(bytes[start..<at])
      skipSpace()
      at += 1
      var member = value()
      member.nameOffset = start
      if place.members.updateValue(member, forKey: name) != nil { place.repeated.append((name, start)) }
      skipSpace()
    } while byte == UInt8(ascii: ",")
    at += 1
  }

  private mutating func array(into place: inout JSONPlace) {
    repeat {
      at += 1
      skipSpace()
      guard byte != UInt8(ascii: "]"), at < bytes.count else { break }
      place.items.append(value())
      skipSpace()
    } while byte == UInt8(ascii: ",")
    at += 1
  }

  private mutating func skipString() {
    at += 1
    while at < bytes.count, bytes[at] != UInt8(ascii: "\"") { at += bytes[at] == UInt8(ascii: "\\") ? 2 : 1 }
    at += 1
  }

  private static func name(_ quoted: ArraySlice<UInt8>) -> String {
    do throws(JSONError) { return try JSON(parsing: Array(quoted)).string ?? "" } catch { return "" }
  }
}

/// Lines and columns of a text, both from 1; columns count characters, or bytes in lines that only programs write.
struct LineTable {
  private let bytes: [UInt8]
  private let starts: [Int]
  private static let countedBytes = 1000

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
    starts = [0] + bytes.indices.filter { bytes[$0] == 0x0A }.map { $0 + 1 }
  }

  func place(of offset: Int, path: String) -> SourcePlace {
    var (low, high) = (0, starts.count)
    while high - low > 1 {
      let middle = (low + high) / 2
      if starts[middle] <= offset { low = middle } else { high = middle }
    }
    let before = bytes[starts[low]..<min(max(offset, starts[low]), bytes.count)]
    // Many places in one endless line must not cost the line each.
    let column = before.count > LineTable.countedBytes ? before.count : before.count { $0 & 0xC0 != 0x80 }
    return SourcePlace(line: low + 1, column: column + 1, path: path)
  }
}
