import Foundation
import Testing

/// What can not be forbidden outright is counted, and the count may only fall: ratchets.json holds what it was.
///
/// After a change that lowers a count, `TIDY_RATCHETS=write scripts/test --unit RatchetTests` records it. Raising a number is a
/// decision that a reader of the change sees.
@Suite("ratchets")
struct RatchetTests {
  private static let file = Repository.root.appendingPathComponent("Tests/TidyTests/ratchets.json")

  @Test("no count is above its record, and a lower one is recorded")
  func counts() throws {
    let counts = Self.count(Repository.sources)
    if ProcessInfo.processInfo.environment["TIDY_RATCHETS"] == "write" { try Self.write(counts) }

    let recorded = try JSONDecoder().decode([String: Int].self, from: Data(contentsOf: Self.file))

    for (name, count) in counts.sorted(by: { $0.key < $1.key }) {
      let limit = recorded[name] ?? 0
      #expect(count <= limit, "\(name): \(count), recorded are \(limit)")
      #expect(count >= limit, "\(name): now \(count); record it, so that it stays (see RatchetTests)")
    }
    #expect(Set(recorded.keys).isSubset(of: counts.keys), "ratchets.json counts what is not counted any more")
  }

  /// `default:` per module, because a `switch` over bytes needs one and one over our enums never does; and functions that are
  /// longer than the house likes.
  static func count(_ files: [SourceText]) -> [String: Int] {
    var counts: [String: Int] = [:]
    for (module, files) in Dictionary(grouping: files, by: module(of:)) {
      counts["default: in \(module)"] = Rules.defaults(files).count
      counts["functions over 35 lines in \(module)"] = Rules.longFunctions(files, over: 35).count
    }
    return counts.filter { $0.value > 0 }
  }

  /// `Sources/FlowLib/Engine/…` is Engine, `Sources/flowd/…` is flowd.
  static func module(of file: SourceText) -> String {
    let parts = file.path.split(separator: "/")
    return String(parts.count > 3 && parts[1] == "FlowLib" ? parts[2] : parts[1])
  }

  private static func write(_ counts: [String: Int]) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    try (encoder.encode(counts) + Data("\n".utf8)).write(to: file)
  }

  @Test("a file belongs to the module of its folder")
  func modules() {
    #expect(Self.module(of: SourceText(path: "Sources/FlowLib/BPMN/Read/A.swift", text: "")) == "BPMN")
    #expect(Self.module(of: SourceText(path: "Sources/flowd/Wiring/A.swift", text: "")) == "flowd")
  }
}
