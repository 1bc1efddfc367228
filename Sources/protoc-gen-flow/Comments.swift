import FlowRPC

/// The comments of a `.proto` file by the path of what they stand at.
struct Comments {
  private var texts: [[Int32]: String] = [:]

  init(_ file: Descriptor.FileDescriptor) {
    for location in file.sourceInfo?.locations ?? [] {
      let text = Comments.tidy(location.leadingComment) ?? Comments.tidy(location.trailingComment)
      if let text { texts[location.path] = text }
    }
  }

  subscript(path: [Int32]) -> String? { texts[path] }

  /// Lines without the space behind `//`, without empty lines at either end.
  private static func tidy(_ comment: String) -> String? {
    var lines = comment.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      var line = line.hasPrefix(" ") ? line.dropFirst() : line
      while line.last == " " { line = line.dropLast() }
      return line
    }
    while lines.last?.isEmpty == true { lines.removeLast() }
    while lines.first?.isEmpty == true { lines.removeFirst() }
    return lines.isEmpty ? nil : lines.joined(separator: "\n")
  }
}
