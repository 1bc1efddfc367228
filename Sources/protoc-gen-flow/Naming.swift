import FlowRPC

/// Swift names for protobuf's names, in the house's spelling: `deployment_id` is `deploymentID`.
enum Naming {
  private static let acronyms: Set<String> = ["id", "ids", "url", "uri", "xml", "json", "http", "bpmn", "tls"]
  private static let keywords: Set<String> = [
    "as", "associatedtype", "break", "case", "catch", "class", "continue", "default", "defer", "deinit", "do", "else", "enum",
    "extension", "fallthrough", "false", "fileprivate", "for", "func", "guard", "if", "import", "in", "init", "inout", "internal",
    "is", "let", "nil", "operator", "package", "precedencegroup", "private", "protocol", "public", "repeat", "rethrows", "return",
    "self", "static", "struct", "subscript", "super", "switch", "throw", "throws", "true", "try", "typealias", "var", "where", "while",
  ]
  /// Names that a type's own machinery has taken.
  private static let taken: Set<String> = ["encoded", "wireSize", "write", "read"]

  /// `deploymentID` for `deployment_id`, `processInstanceKey` for `processInstanceKey`, `psQuery` for `PSQuery`.
  static func member(_ name: String) -> String {
    let words = words(of: name)
    let joined = words.enumerated().map { index, word in index == 0 ? word : capitalized(word) }.joined()
    if taken.contains(joined) { return joined + "_" }
    return keywords.contains(joined) ? "`\(joined)`" : joined
  }

  static func type(_ name: String) -> String {
    name == "Type" || name == "Protocol" || name == "Self" ? name + "_" : name
  }

  /// `FlowV1` for package `flow.v1`; `FlowProto` for a file `flow.proto` without a package.
  static func namespace(of file: Descriptor.FileDescriptor) -> String {
    if !file.package.isEmpty { return file.package.split(separator: ".").map { plainCamel($0) }.joined() }
    let base = file.name.split(separator: "/").last.map { $0.prefix { $0 != "." } } ?? "Unnamed"
    return plainCamel(base) + "Proto"
  }

  static func swiftFile(of file: Descriptor.FileDescriptor) -> String { namespace(of: file) + ".swift" }

  /// Names of an enum's cases without what all of them begin with: `running` for `DEPLOYMENT_RUNNING`.
  static func cases(_ names: [String]) -> [String] {
    let parts = names.map { $0.split(separator: "_") }
    var shared = 0
    while let word = parts.first?.dropFirst(shared).first, parts.allSatisfy({ $0.count > shared + 1 && $0[shared] == word }) {
      shared += 1
    }
    if names.count < 2 { shared = 0 }
    let short = parts.map { member($0.dropFirst(shared).joined(separator: "_").lowercased()) }
    let startWithLetters = short.allSatisfy { $0.first.map { $0.isLetter || $0 == "`" } ?? false }
    return startWithLetters ? short : names.map { member($0.lowercased()) }
  }

  private static func plainCamel(_ name: Substring) -> String {
    name.split(separator: "_").map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
  }

  private static func capitalized(_ word: String) -> String {
    guard acronyms.contains(word) else { return word.prefix(1).uppercased() + word.dropFirst() }
    return word == "ids" ? "IDs" : word.uppercased()
  }

  /// Lowercase words of a name, cut at underscores and where the case changes.
  private static func words(of name: String) -> [String] {
    let letters = Array(name)
    var words: [String] = []
    var word = ""
    for (index, letter) in letters.enumerated() {
      let followsLower = index > 0 && !letters[index - 1].isUppercase
      let beforeLower = index + 1 < letters.count && letters[index + 1].isLowercase
      if letter == "_" || (letter.isUppercase && (followsLower || beforeLower)) {
        if !word.isEmpty { words.append(word) }
        word = ""
      }
      if letter != "_" { word += letter.lowercased() }
    }
    return word.isEmpty ? words : words + [word]
  }
}
