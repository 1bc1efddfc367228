import Testing

/// The rules themselves: each has to find what it is for, and to leave the rest alone.
@Suite("the tidy rules")
struct RulesTests {
  private func source(_ text: String, path: String = "Sources/FlowLib/Engine/A.swift") -> SourceText { SourceText(path: path, text: text) }

  @Test("comments and texts are blanked, interpolated code is kept")
  func blanking() {
    let text = #"""
      let a = "x { \(f("}")) y" // try!
      /* { /* { */ } */ let b = #"raw "quoted" \n {"#
      """#

    let code = source(text).code

    #expect(code.count == 2)
    #expect(code[0].contains("f("))
    #expect(!code[0].contains("{") && !code[0].contains("}") && !code[0].contains("try!"))
    #expect(code[1].contains("let b") && !code[1].contains("{") && !code[1].contains("quoted"))
  }

  @Test("a multi-line text is blanked to its end")
  func multilineText() {
    let text = "let a = \"\"\"\n  { \"one\" try!\n  \"\"\"\nlet b = 1"

    #expect(source(text).code.map { $0.filter { $0 != " " } } == ["leta=", "", "", "letb=1"])
  }

  @Test("functions are measured from their first line to their closing brace")
  func functions() {
    let text = """
      protocol P {
        func without() -> Int
        var size: Int { get }
      }
      struct S {
        init(a: Int = { 1 }()) { b = a }
        @discardableResult
        package static func long(
          _ x: Int
        ) -> Int {
          func inner() { }
          if x > 1 { return 1 }
          return 2
        }
      }
      """

    #expect(
      source(text).functions == [
        FunctionBody(name: "init", firstLine: 6, lineCount: 1), FunctionBody(name: "long", firstLine: 8, lineCount: 7),
        FunctionBody(name: "inner", firstLine: 11, lineCount: 1),
      ])
  }

  @Test("a function of one line too many is found")
  func longFunction() {
    let body = String(repeating: "  step()\n", count: Rules.functionLines - 1)

    #expect(Rules.longFunctions([source("func f() {\n\(body)}")]).count == 1)
    #expect(Rules.longFunctions([source("func f() {\n\(body.dropFirst(9))}")]).isEmpty)
  }

  @Test("an unchecked Sendable needs its reason near")
  func unchecked() {
    #expect(Rules.uncheckedWithoutReason([source("final class A: @unchecked Sendable {}")]).count == 1)
    #expect(Rules.uncheckedWithoutReason([source("// Safety: one thread only.\nfinal class A: @unchecked Sendable {}")]).isEmpty)
  }

  @Test(
    "swallowed errors and forced unwraps are found",
    arguments: [
      "let a = try! f()", "let a = try? f()", "do { try f() } catch {}", "let a = b!", "let a = b[0]!.c", "let a = b as! C", "var a: B!",
    ])
  func swallowed(code: String) {
    #expect(Rules.swallowedErrors([source(code)]).count == 1)
  }

  @Test(
    "what only looks like it is not found",
    arguments: [
      "if a != b {}", "if !a {}", "let a = \"no!\"", "func get() throws(E) -> KVEntry? {", "// try! this", "f(!a)", "catch { log(error) }",
    ])
  func notSwallowed(code: String) {
    #expect(Rules.swallowedErrors([source(code)]).isEmpty)
  }

  @Test("work left over needs an issue")
  func leftOver() {
    let word = "TO" + "DO"
    #expect(Rules.workWithoutIssue([source("// \(word): later")]).count == 1)
    #expect(Rules.workWithoutIssue([source("// \(word) #12: later")]).isEmpty)
  }

  @Test(
    "a pure folder has no clock, no randomness, no async and no world",
    arguments: [
      "Task { f() }", "let t = Task<Int, Never>.self", "try await f()", "let c = ContinuousClock()", "let n = Int.random(in: 0...1)",
      "a.shuffled()", "import Foundation", "public import Glibc",
    ])
  func impure(code: String) {
    #expect(Rules.impure([source(code)]).count == 1)
    #expect(Rules.impure([source(code, path: "Sources/FlowLib/Runtime/A.swift")]).isEmpty)
  }

  @Test("BPMN's own tasks are no Task", arguments: ["case task(Task)", "struct Task: Sendable {}", "let a = ServiceTask(id)"])
  func tasksOfBPMN(code: String) {
    #expect(Rules.impure([source(code)]).isEmpty)
  }

  @Test("a C library is imported only behind its wall")
  func walls() {
    #expect(Rules.importsPastTheWall([source("import CSQLite", path: "Sources/FlowLib/View/A.swift")]).count == 1)
    #expect(Rules.importsPastTheWall([source("import CSQLite", path: "Sources/FlowLib/SQLite/A.swift")]).isEmpty)
    #expect(Rules.importsPastTheWall([source("import CNew")]).count == 1)
  }

  @Test("a path of one machine is found")
  func machinePath() {
    let path = "/" + "home/me/flow"
    #expect(Rules.machinePaths([(path: "README.md", text: "see \(path)")]).count == 1)
    #expect(Rules.machinePaths([(path: "README.md", text: "see ../shared and /v1/home/x")]).isEmpty)
  }
}
