import FlowFEEL
import Testing

@Suite("Places")
struct PlaceTests {
  @Test("an excerpt is the line of the place, and what lies before it")
  func line() {
    let excerpt = Excerpt(of: "1 +\n  é.b\n+ 2", at: 8)

    #expect(excerpt.line == "  é.b")
    #expect(excerpt.before == "  é")
  }

  @Test("a long line is cut around the place")
  func long() {
    let excerpt = Excerpt(of: String(repeating: "a", count: 500), at: 250)

    #expect(excerpt.before == "…" + String(repeating: "a", count: 60))
    #expect(excerpt.line.count == 122)
  }

  @Test("a place outside of the text is at its end or start", arguments: [-5, 0, 2, 3, 100])
  func outside(offset: Int) {
    #expect(Excerpt(of: "a\nb", at: offset).line.count == 1)
  }

  @Test("who asks whether there is a value is not told why there is none")
  func asked() throws {
    let compiled = try CompiledExpression(feel: "get or else(nope.x, 1) = 1 and not(is defined(nope))")

    let result = try compiled.explain(EvaluationScope(payload: [:]))
    #expect(result.value.boolean == true)
    #expect(result.diagnostics.isEmpty)
  }
}
