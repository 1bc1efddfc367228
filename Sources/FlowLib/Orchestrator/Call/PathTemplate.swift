import FlowCore
import FlowHTTP

/// Fills `{key}` in a path from the members of a JSON body.
enum PathTemplate {
  /// - Returns: the path with a leading `/`, percent-encoded.
  /// - Throws: the sentence for the error payload when a key can not be filled.
  static func fill(_ template: String, from body: [UInt8]) throws(PathTemplateError) -> String {
    let rooted = template.hasPrefix("/") ? template : "/" + template
    guard rooted.contains("{") else { return PercentCoding.encodePath(rooted) }
    var parsed: JSON?
    var out = ""
    var rest = rooted[...]
    while let open = rest.firstIndex(of: "{"), let close = rest[open...].firstIndex(of: "}") {
      out += PercentCoding.encodePath(String(rest[..<open]))
      let key = String(rest[rest.index(after: open)..<close])
      let context = if let parsed { parsed } else { try parse(body, for: key) }
      parsed = context
      out += PercentCoding.encode(try text(context[key], key))
      rest = rest[rest.index(after: close)...]
    }
    return out + PercentCoding.encodePath(String(rest))
  }

  private static func parse(_ body: [UInt8], for key: String) throws(PathTemplateError) -> JSON {
    do {
      return try JSON(parsing: body)
    } catch {
      throw PathTemplateError(message: "the path needs '\(key)' from the body, which is not JSON: \(error)")
    }
  }

  private static func text(_ value: JSON?, _ key: String) throws(PathTemplateError) -> String {
    switch value {
    case .string(let text)?: return text
    case .int(let number)?: return String(number)
    case .double, .decimal, .bool: return value?.text ?? ""
    case nil: throw PathTemplateError(message: "the path needs '\(key)', which the body does not have")
    case .null?, .array?, .object?: throw PathTemplateError(message: "the path needs '\(key)', which is neither text nor a number")
    }
  }
}

struct PathTemplateError: Error, Equatable {
  let message: String
}
