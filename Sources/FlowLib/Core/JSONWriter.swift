extension JSON {
  /// Compact text, members in order: `{"a":1}`.
  public var text: String { String(decoding: bytes, as: UTF8.self) }

  public var bytes: [UInt8] {
    var out: [UInt8] = []
    write(to: &out)
    return out
  }

  /// Text over several lines, two spaces a level.
  public var indented: String {
    var out: [UInt8] = []
    write(to: &out, indent: 0)
    return String(decoding: out, as: UTF8.self)
  }

  /// A quoted and escaped JSON string.
  package static func quote(_ text: String) -> String {
    var out: [UInt8] = []
    write(text, to: &out)
    return String(decoding: out, as: UTF8.self)
  }

  private func write(to out: inout [UInt8]) {
    switch self {
    case .null: out.append(contentsOf: "null".utf8)
    case .bool(let value): out.append(contentsOf: (value ? "true" : "false").utf8)
    case .int(let value): out.append(contentsOf: String(value).utf8)
    case .double(let value): out.append(contentsOf: (value.isFinite ? value.description : "null").utf8)
    case .decimal(let text): out.append(contentsOf: text.utf8)
    case .string(let text): JSON.write(text, to: &out)
    case .array(let items):
      out.append(UInt8(ascii: "["))
      for (index, item) in items.enumerated() {
        if index > 0 { out.append(UInt8(ascii: ",")) }
        item.write(to: &out)
      }
      out.append(UInt8(ascii: "]"))
    case .object(let object):
      out.append(UInt8(ascii: "{"))
      for (index, member) in object.members.enumerated() {
        if index > 0 { out.append(UInt8(ascii: ",")) }
        JSON.write(member.name, to: &out)
        out.append(UInt8(ascii: ":"))
        member.value.write(to: &out)
      }
      out.append(UInt8(ascii: "}"))
    }
  }

  private func write(to out: inout [UInt8], indent: Int) {
    switch self {
    case .array(let items) where !items.isEmpty:
      JSON.block("[", "]", count: items.count, indent: indent, to: &out) { index, out in
        items[index].write(to: &out, indent: indent + 1)
      }
    case .object(let object) where !object.isEmpty:
      JSON.block("{", "}", count: object.count, indent: indent, to: &out) { index, out in
        JSON.write(object.members[index].name, to: &out)
        out.append(contentsOf: ": ".utf8)
        object.members[index].value.write(to: &out, indent: indent + 1)
      }
    case .null, .bool, .int, .double, .decimal, .string, .array, .object: write(to: &out)
    }
  }

  private static func block(
    _ open: String, _ close: String, count: Int, indent: Int, to out: inout [UInt8], item: (Int, inout [UInt8]) -> Void
  ) {
    out.append(contentsOf: open.utf8)
    for index in 0..<count {
      out.append(contentsOf: (index > 0 ? ",\n" : "\n").utf8)
      out.append(contentsOf: repeatElement(0x20, count: 2 * indent + 2))
      item(index, &out)
    }
    out.append(0x0A)
    out.append(contentsOf: repeatElement(0x20, count: 2 * indent))
    out.append(contentsOf: close.utf8)
  }

  private static func write(_ text: String, to out: inout [UInt8]) {
    out.append(UInt8(ascii: "\""))
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"): out.append(contentsOf: [UInt8(ascii: "\\"), byte])
      case 0x0A: out.append(contentsOf: "\\n".utf8)
      case 0x0D: out.append(contentsOf: "\\r".utf8)
      case 0x09: out.append(contentsOf: "\\t".utf8)
      case 0..<0x20:
        let hex = Array("0123456789abcdef".utf8)
        out.append(contentsOf: "\\u00".utf8)
        out.append(contentsOf: [hex[Int(byte >> 4)], hex[Int(byte & 15)]])
      default: out.append(byte)
      }
    }
    out.append(UInt8(ascii: "\""))
  }
}
