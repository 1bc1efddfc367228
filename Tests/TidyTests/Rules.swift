/// A place that breaks a rule.
struct Finding: CustomStringConvertible {
  let path: String
  let line: Int
  let what: String

  var description: String { "\(path):\(line): \(what)" }
}

/// What the house forbids, each as a function from files to findings.
enum Rules {
  static let functionLines = 70
  static let fileLines = 600

  static func longFunctions(_ files: [SourceText], over limit: Int = functionLines) -> [Finding] {
    files.flatMap { file in
      file.functions.filter { $0.lineCount > limit }.map {
        Finding(path: file.path, line: $0.firstLine, what: "\($0.name) has \($0.lineCount) lines, more than \(limit)")
      }
    }
  }

  static func longFiles(_ files: [SourceText]) -> [Finding] {
    files.filter { $0.lines.count > fileLines }.map {
      Finding(path: $0.path, line: fileLines, what: "\($0.lines.count) lines, more than \(fileLines)")
    }
  }

  /// `@unchecked Sendable` says that a person has checked; the comment above it, or the first line inside, has to say what.
  static func uncheckedWithoutReason(_ files: [SourceText]) -> [Finding] {
    lines(of: files) { file, index in
      guard file.code[index].contains("@unchecked Sendable") else { return nil }
      let reason = file.lines[file.firstLineOfComment(above: index)...min(index + 2, file.lines.count - 1)].contains {
        $0.contains("// Safety:")
      }
      return reason ? nil : "@unchecked Sendable without a line '// Safety:'"
    }
  }

  static func swallowedErrors(_ files: [SourceText]) -> [Finding] {
    lines(of: files) { file, index in
      let code = file.code[index]
      guard code.contains("!") || code.contains("try") || code.contains("catch") else { return nil }
      if let match = code.firstMatch(of: /\btry[!?]/) { return String(match.output) }
      if code.firstMatch(of: /\bcatch\s*\{\s*\}/) != nil { return "an empty catch" }
      if code.firstMatch(of: /[\w)\]]!(?![=\w])/) != nil { return "a forced unwrap or cast" }
      return nil
    }
  }

  private static let leftOverWords = ["TO" + "DO", "FIX" + "ME", "XX" + "X"]

  /// Work left over is an issue, or it is forgotten.
  static func workWithoutIssue(_ files: [SourceText]) -> [Finding] {
    lines(of: files) { file, index in
      let line = file.lines[index]
      guard leftOverWords.contains(where: line.contains) else { return nil }
      guard line.firstMatch(of: /\b(TODO|FIXME|XXX)\b/) != nil, file.code[index] != line else { return nil }
      return line.firstMatch(of: /#\d+/) == nil ? "work left over without an issue number" : nil
    }
  }

  static func defaults(_ files: [SourceText]) -> [Finding] {
    lines(of: files) { file, index in
      !file.code[index].contains("default") || file.code[index].firstMatch(of: /^\s*default\s*:/) == nil
        ? nil : "default: hides the cases that come later"
    }
  }

  /// Folders whose code must give the same answer for the same input, for ever: replay depends on it.
  static let pureFolders = ["Core", "FEEL", "BPMN/Model", "Engine"].map { "Sources/FlowLib/\($0)/" }

  /// Glibc for `pow` and `log` and nothing else: FEEL's `exp`, `log` and powers that are no whole numbers.
  private static let mayImportLibm = ["Sources/FlowLib/FEEL/Value/Number+Rounding.swift"]

  /// One of these is in every line that the rule below looks at closely.
  private static let impureWords = ["Task", "await", "async", "Clock", "andom", "shuffle", "import"]

  static func impure(_ files: [SourceText]) -> [Finding] {
    lines(of: files.filter { file in pureFolders.contains { file.path.hasPrefix($0) } }) { file, index in
      let code = file.code[index]
      guard impureWords.contains(where: code.contains) else { return nil }
      // `Task` alone is BPMN's word; only Swift's way of using it is refused.
      if code.firstMatch(of: /\bTask\s*(\{|<|\.(detached|sleep|yield|isCancelled|currentPriority)\b)/) != nil { return "Task" }
      if code.firstMatch(of: /\b(await|async)\b/) != nil { return "async code" }
      if code.firstMatch(of: /\b(ContinuousClock|SuspendingClock)\b/) != nil { return "a clock" }
      if code.firstMatch(of: /\bSystemRandomNumberGenerator\b|\.random\b|\.randomElement\(|\.shuffled?\(\)/) != nil { return "randomness" }
      if code.firstMatch(of: /^\s*(?:\w+\s+)?import\s+(Foundation\w*|Glibc|Dispatch)\b/) != nil, !mayImportLibm.contains(file.path) {
        return "an import of the world"
      }
      return nil
    }
  }

  /// The one wall of each C library.
  static let wallOfLibrary = [
    "CLibXML2": ["Sources/FlowLib/BPMN/Read/"],
    "CYAML": ["Sources/FlowLib/BPMN/Read/"],
    "CSQLite": ["Sources/FlowLib/SQLite/"],
    "CMicroHTTPD": ["Sources/FlowLib/HTTP/"],
    "CFlowCurl": ["Sources/FlowLib/HTTP/"],
    "COpenSSL": ["Sources/FlowLib/Crypto/"],
    "CZlib": ["Sources/FlowLib/View/"],
    "CFlowGRPC": ["Sources/FlowLib/RPC/"],
    "CFlowProcess": ["Sources/FlowLib/Orchestrator/"],
    "CSystemd": ["Sources/flowd/", "Sources/healthd/"],
  ]

  static func importsPastTheWall(_ files: [SourceText]) -> [Finding] {
    lines(of: files) { file, index in
      guard file.code[index].contains("import"), let match = file.code[index].firstMatch(of: /^\s*(?:\w+\s+)?import\s+(C[A-Z]\w*)\s*$/)
      else { return nil }
      let library = String(match.1)
      guard let walls = wallOfLibrary[library] else { return "\(library) has no wall in the table of this test" }
      return walls.contains { file.path.hasPrefix($0) } ? nil : "\(library) may be imported only under \(walls.joined(separator: ", "))"
    }
  }

  private static let homes = ["/work/", "/home/", "/root/", "/Users/"]

  /// A path of somebody's machine means nothing on another.
  static func machinePaths(_ texts: [(path: String, text: String)]) -> [Finding] {
    texts.flatMap { path, text in
      guard homes.contains(where: text.contains) else { return [Finding]() }
      return text.split(separator: "\n", omittingEmptySubsequences: false).enumerated().compactMap { index, line in
        line.firstMatch(of: /(?:^|[\s"'`(=:])\/(?:work|home|root|Users)\/[A-Za-z0-9_.]/) == nil
          ? nil : Finding(path: path, line: index + 1, what: "a path of one machine")
      }
    }
  }

  private static func lines(of files: [SourceText], _ rule: (SourceText, Int) -> String?) -> [Finding] {
    files.flatMap { file in
      file.code.indices.compactMap { index in rule(file, index).map { Finding(path: file.path, line: index + 1, what: $0) } }
    }
  }
}
