import FlowCore

/// JSON values as YAML 1.2 in block style, for `-o yaml`.
package enum YAMLText {
  package static func text(_ value: JSON) -> String {
    var out = ""
    write(value, indent: 0, inline: false, to: &out)
    return out
  }

  private static func write(_ value: JSON, indent: Int, inline: Bool, to out: inout String) {
    switch value {
    case .object(let object) where !object.isEmpty: writeObject(object, indent, inline, to: &out)
    case .array(let items) where !items.isEmpty: writeArray(items, indent, inline, to: &out)
    case .null, .bool, .int, .double, .decimal, .string, .array, .object: out += scalar(value) + "\n"
    }
  }

  private static func writeObject(_ object: JSON.Object, _ indent: Int, _ inline: Bool, to out: inout String) {
    for (index, member) in object.members.enumerated() {
      out += (index == 0 && inline ? "" : spaces(indent)) + quoted(member.name) + ":"
      nested(member.value, indent: indent, to: &out)
    }
  }

  private static func writeArray(_ items: [JSON], _ indent: Int, _ inline: Bool, to out: inout String) {
    for (index, item) in items.enumerated() {
      out += (index == 0 && inline ? "" : spaces(indent)) + "- "
      write(item, indent: indent + 2, inline: true, to: &out)
    }
  }

  private static func nested(_ value: JSON, indent: Int, to out: inout String) {
    if isBlock(value) {
      out += "\n"
      write(value, indent: indent + 2, inline: false, to: &out)
    } else {
      out += " " + scalar(value) + "\n"
    }
  }

  private static func isBlock(_ value: JSON) -> Bool {
    switch value {
    case .object(let object): !object.isEmpty
    case .array(let items): !items.isEmpty
    case .null, .bool, .int, .double, .decimal, .string: false
    }
  }

  private static func scalar(_ value: JSON) -> String {
    guard let text = value.string else { return value.text }
    return quoted(text)
  }

  /// Plain where no YAML reader, also one of version 1.1, takes it for anything else; a JSON string otherwise.
  private static func quoted(_ text: String) -> String {
    let plain = text.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
        UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "/"), UInt8(ascii: " "):
        true
      default: false
      }
    }
    guard plain, let first = text.first, first.isLetter, text.last != " ", !reserved.contains(text.lowercased()) else {
      return JSON.quote(text)
    }
    return text
  }

  private static let reserved: Set<String> = ["y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf"]

  private static func spaces(_ count: Int) -> String { String(repeating: " ", count: count) }
}
