@testable import FlowBPMNRead
import FlowCore
import Testing

@Suite struct YAMLTests {
  @Test(
    "scalars have the types of YAML 1.1",
    arguments: [
      ("~", JSON.null), ("null", nil), ("yes", true), ("Off", false), ("TRUE", true), ("12", 12), ("-3", -3), ("0x1F", 31), ("010", 8),
      ("0b101", 5), ("1_000", 1000), ("1:30", 90), ("1.5", 1.5), ("1e3", "1e3"), ("1.0e+3", 1000.0), ("+.5", 0.5), ("text", "text"),
      ("2026-11-20", "2026-11-20"), ("'12'", "12"), ("\"yes\"", "yes"), ("!!str 12", "12"), ("!!int '7'", 7), ("08", "08"),
      ("v1.2", "v1.2"), ("_1.5", "_1.5"), ("Null", nil), ("nulls", "nulls"), (".inf", .double(.infinity)), ("-x", "-x"),
      ("y", "y"), ("5000", 5000), ("0", 0), ("99999999999999999999", "99999999999999999999"),
    ] as [(String, JSON)])
  func scalars(_ text: String, _ value: JSON) throws {
    #expect(try readYAML("k: " + text)["k"] == value)
  }

  @Test("block and flow collections nest, and aliases stand for their anchors")
  func collections() throws {
    let value = try readYAML("a: &x {b: [1, two], c: }\nd:\n  - *x\n  - e: |\n      f\n      g\n")

    let inner: JSON = ["b": [1, "two"], "c": nil]
    #expect(value == ["a": inner, "d": [inner, ["e": "f\ng\n"]]])
  }

  @Test("a key that comes twice keeps its last value")
  func duplicateKeys() throws {
    #expect(try readYAML("a: 1\nb: 2\na: 3") == ["a": 3, "b": 2])
  }

  @Test("an error tells the line")
  func errorLine() {
    #expect(throws: YAMLFailure(line: 1, message: "mapping values are not allowed in this context")) { try readYAML("a: 1\nb: c: 2\n") }
  }

  @Test(
    "what PyYAML's safe loader refuses is refused",
    arguments: ["*nobody", "!!python/object:os.system x", "a: 1\n---\nb: 2", "[1, 2", "? [a]\n: b", "a: !!int x", "a: \t\tb:\n\t- c"])
  func refuses(_ text: String) {
    #expect(throws: YAMLFailure.self) { try readYAML(text) }
  }

  @Test("depth, nodes and bytes are bounded")
  func bounds() {
    let deep = String(repeating: "[", count: 500) + String(repeating: "]", count: 500)
    var laughs = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
    for level in 1...9 {
      laughs += "a\(level): &a\(level) [" + Array(repeating: "*a\(level - 1)", count: 9).joined(separator: ", ") + "]\n"
    }

    for text in [deep, laughs, String(repeating: "# comment\n", count: 10_000)] {
      #expect(throws: YAMLFailure.self) { try readYAML(text) }
    }
  }
}
