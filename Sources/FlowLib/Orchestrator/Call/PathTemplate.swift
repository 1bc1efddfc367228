import FlowCore
import FlowHTTP

/// Fills `{key}` in a path from the members of a JSON body, then from those of the context that the body was made of.
///
/// - Source: reference, section 6.4: 'from the JSON body/context'. Under closure transport the body holds only declared inputs.
enum PathTemplate {
  /// - Returns: the path with a leading `/`, percent-encoded.
  /// - Throws: the sentence for the error payload when a key can not be filled.
  static func fill(_ template: String, from body: [UInt8], _ context: [UInt8]? = nil) throws(PathTemplateError) -> String {
    let rooted = template.hasPrefix("/") ? template : "/" + template
    guard rooted.contains("{") else { return PercentCoding.encodePath(rooted) }
    var sources: [JSON]?
    var out = ""
    var rest = rooted[...]
    while let open = rest.firstIndex(of: "{"), let close = rest[open...].firstIndex(of: "}") {
      out += PercentCoding.encodePath(String(rest[..<open]))
      let key = String(rest[rest.index(after: open)..<close])
      let known = if let sources { sources } else { try parse(body, context, for: key) }
      sources = known
      out += PercentCoding.encode(try text(known.lazy.compactMap { $0[key] }.first, key))
      rest = rest[rest.index(after: close)...]
    }
    return out + PercentCoding.encodePath(String(rest))
  }

  private static func parse(_ body: [UInt8], _ context: [UInt8]?, for key: String) throws(PathTemplateError) -> [JSON] {
    do {
      let context = context == body ? nil : context
      return try [try JSON(parsing: body)] + (context.map { [try JSON(parsing: $0)] } ?? [])
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
