import FlowCore
import Foundation
import Testing

@testable import FlowCommandLine

@Suite("tables and texts")
struct TableTests {
  private var table: Table {
    var table = Table([Table.Column("ID"), Table.Column("N", right: true), Table.Column("RESULT", shrinks: true)])
    table.add("calc-1", "7", Table.Cell("[3528.0]", .green))
    table.add("数据", "12", Table.Cell("a long result that does not fit", .plain))
    return table
  }

  @Test("columns are aligned by what a terminal shows, and rows do not end in spaces")
  func aligned() {
    #expect(table.text() == "ID       N  RESULT\ncalc-1   7  [3528.0]\n数据    12  a long result that does not fit\n")
  }

  @Test("a narrow terminal cuts the columns that may shrink, and nothing else")
  func narrow() {
    let text = table.text(for: Terminal(isTerminal: true, columns: 24, colour: false))

    #expect(text == "ID       N  RESULT\ncalc-1   7  [3528.0]\n数据    12  a long resu…\n")
    let tiny = table.text(for: Terminal(isTerminal: true, columns: 1, colour: false))
    #expect(tiny.contains("a long …") && tiny.contains("calc-1"))
  }

  @Test("a terminal that is narrower still goes without the spare columns, the last first")
  func spare() {
    var table = Table([
      Table.Column("ID"), Table.Column("AGE", spare: true), Table.Column("TOOK", spare: true), Table.Column("RESULT", shrinks: true),
    ])
    table.add("calc-1", "3s", "10ms", "a long result that does not fit")
    func text(_ columns: Int) -> String { table.text(for: Terminal(isTerminal: true, columns: columns, colour: false)) }

    #expect(text(27) == "ID      AGE  TOOK  RESULT\ncalc-1  3s   10ms  a long …\n")
    #expect(text(26) == "ID      AGE  RESULT\ncalc-1  3s   a long resul…\n")
    #expect(text(16) == "ID      RESULT\ncalc-1  a long …\n")
    #expect(table.text().contains("10ms"))
  }

  @Test("colour is only there when it is wanted")
  func colour() {
    #expect(table.text(for: Terminal(isTerminal: true, columns: 80, colour: true)).contains("\u{1B}[32m[3528.0]\u{1B}[0m"))
    func wants(_ isTerminal: Bool, _ variables: [String: String]) -> Bool { Terminal.wantsColour(isTerminal: isTerminal) { variables[$0] } }
    #expect(wants(true, ["TERM": "xterm"]) && !wants(true, ["TERM": "dumb"]) && !wants(false, [:]))
    #expect(!wants(true, ["NO_COLOR": "1", "CLICOLOR_FORCE": "1"]) && wants(true, ["NO_COLOR": ""]))
    #expect(wants(false, ["CLICOLOR_FORCE": "1"]) && !wants(false, ["CLICOLOR_FORCE": "0"]))
  }

  @Test("text from outside can not command the terminal")
  func hostile() {
    var table = Table([Table.Column("A")])
    table.add(Table.Cell("x\u{1B}[2J\n\u{202E}y"))

    #expect(table.text() == "A\nx␛[2J␊\u{FFFD}y\n")
  }

  @Test("widths of letters, CJK, emoji and marks")
  func widths() {
    #expect(["abc", "数据", "e\u{301}", "👩‍👩‍👧", "❤️", "ﾊ", "…"].map(\.columns) == [3, 4, 1, 2, 2, 1, 1])
    #expect("数据数据".shortened(to: 4) == "数…")
    #expect("abc".shortened(to: 3) == "abc" && "abc".shortened(to: 0) == "")
  }

  @Test("YAML keeps the types of its values")
  func yaml() throws {
    let json = try JSON(
      parsing: #"{"id":"calc-1","s":"true","n":"12","list":[1,{"a":null,"b":[]},[2,3]],"o":{},"t":"a: b","e":"","y":"Yes"}"#)

    let expected = """
      id: calc-1
      s: "true"
      "n": "12"
      list:
        - 1
        - a: null
          b: []
        - - 2
          - 3
      o: {}
      t: "a: b"
      e: ""
      "y": "Yes"

      """
    #expect(YAMLText.text(json) == expected)
    #expect(YAMLText.text(.string("x")) == "x\n" && YAMLText.text([]) == "[]\n")
  }

  @Test("times are said with the units that matter")
  func times() {
    let ages: [Int64] = [-5, 900, 12_000, 65_000, 700_000, 12_000_000, 90_000_000, 900_000_000]
    #expect(ages.map { TimeText.age(milliseconds: $0) } == ["now", "now", "12s", "1m5s", "11m", "3h20m", "1d1h", "10d"])
    #expect([340, 1250, 130_000].map { TimeText.duration(milliseconds: $0) } == ["340ms", "1.2s", "2m10s"])
  }

  @Test("a log line has the original's five parts")
  func logLine() {
    let line = LogText.line(
      program: "flowctl", .info, "Got response: 0, \"Ok\", {}", at: Instant(milliseconds: 7), file: "a/Apply.swift", line: 3)

    let parts = line.split(separator: "|")
    #expect(parts.dropFirst() == ["flowctl", "INFO", "Apply.swift:3", "Got response: 0, \"Ok\", {}"])
    #expect(parts[0].count == 23 && parts[0].hasSuffix(",007"))
  }

  @Test("the nearest known word is suggested, at most two edits away")
  func suggestion() {
    let verbs = ["apply", "delete", "ps", "probe", "run"]
    #expect(Suggestion.nearest(to: "aply", among: verbs) == "apply")
    #expect(Suggestion.nearest(to: "porbe", among: verbs) == "probe")
    #expect(Suggestion.nearest(to: "xyz", among: verbs) == nil)
    #expect(Suggestion.nearest(to: "", among: verbs) == nil)
    #expect(Suggestion.distance("kitten", "sitting") == 3)
  }
}
