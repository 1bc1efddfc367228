/// A function, initialiser or subscript with a body.
struct FunctionBody: Equatable {
  let name: String
  /// Counted from 1.
  let firstLine: Int
  /// From the declaration's keyword to the closing brace.
  let lineCount: Int
}

extension SourceText {
  /// Every function with a body, inner ones too, in the order in which they begin.
  var functions: [FunctionBody] {
    code.indices.compactMap { index in
      // A search for words is much cheaper than the expression, and most lines have none of them.
      guard Self.words.contains(where: code[index].contains) else { return nil }
      guard
        let match = code[index].firstMatch(
          of: /^\s*(?:@\w+(?:\([^)]*\))?\s+|\w+(?:\(set\))?\s+)*?(func\s+([^\s(<]+)|init\b|deinit\b|subscript\b)/)
      else { return nil }
      guard let end = endOfBody(from: index) else { return nil }
      return FunctionBody(name: String(match.2 ?? match.1), firstLine: index + 1, lineCount: end - index + 1)
    }
  }

  private static let words = ["func", "init", "subscript"]

  /// The line of the brace that closes the first body at or after a declaration, or nil when it has none.
  private func endOfBody(from first: Int) -> Int? {
    var parentheses = 0
    var braces = 0
    for index in first..<code.count {
      if index > first, braces == 0, parentheses == 0, startsAnother(code[index]) { return nil }
      for character in code[index] {
        switch character {
        case "(", "[": parentheses += 1
        case ")", "]": parentheses -= 1
        case "{" where parentheses == 0 || braces > 0: braces += 1
        case "}" where parentheses == 0 || braces > 0:
          braces -= 1
          if braces == 0 { return index }
          if braces < 0 { return nil }
        default: break
        }
      }
    }
    return nil
  }

  /// A requirement of a protocol has no body: what follows it is the next declaration.
  private func startsAnother(_ line: String) -> Bool {
    line.firstMatch(
      of: /^\s*(?:@\w+\s+)*(?:\w+\s+)*?(?:func|init|deinit|subscript|var|let|case|struct|enum|class|actor|protocol|extension|typealias)\b/)
      != nil
  }
}
