import Foundation

/// The repository's files, read once.
enum Repository {
  /// Found from this file's own place: Tests/TidyTests/Repository.swift.
  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// Swift files that people write, under `Sources` and `Tests`, sorted by path.
  static let swift: [SourceText] = texts(under: ["Sources", "Tests"]) { $0.hasSuffix(".swift") }.map {
    SourceText(path: $0.path, text: $0.text)
  }

  static let sources = swift.filter { $0.path.hasPrefix("Sources/") }

  /// Every text that is shipped or read: code, scripts, documents, models.
  static let everything =
    texts(under: ["Sources", "Tests", "scripts", "examples", "docs", "proto", ".ci"]) { _ in true }
    + texts(in: ["README.md", "ARCHITECTURE.md", "CHANGELOG.md", "Makefile", "Package.swift", ".swift-format", ".gitignore"])

  private static func texts(under folders: [String], where wanted: (String) -> Bool) -> [(path: String, text: String)] {
    let paths = folders.flatMap { folder in
      (FileManager.default.enumerator(atPath: root.appendingPathComponent(folder).path)?.allObjects ?? [])
        .compactMap { $0 as? String }.map { folder + "/" + $0 }
    }
    return texts(in: paths.filter { !isGenerated($0) && wanted($0) }.sorted())
  }

  /// What is not text, or not there, is passed over.
  private static func texts(in paths: [String]) -> [(path: String, text: String)] {
    paths.compactMap { path in
      guard let text = try? String(contentsOf: root.appendingPathComponent(path), encoding: .utf8) else { return nil }
      return (path, text)
    }
  }

  private static func isGenerated(_ path: String) -> Bool {
    path.contains("/Generated/") || path.hasSuffix(".pb.swift") || path.contains("__pycache__")
  }
}
