import FlowCore
import Testing

@Suite("Pattern")
struct PatternTests {
  @Test(
    "patterns match as XPath says",
    arguments: [
      ("foobar", "^fo*b", true), ("bar", "^foo", false), ("a\\nb", "a$", false), ("x1", "\\w\\d", true), ("AB", "ab", false),
      ("aaa", "^a{2,3}$", true), ("aaaa", "^a{2,3}$", false), ("abc", "[^a-c]", false), ("é", "\\p{L}", true), ("a.b", "a\\.b", true),
      ("", "^$", true), ("abab", "^(ab)+$", true), ("x", "a|b|x", true), ("]", "[\\]]", true), ("-", "[a-]", true),
    ])
  func matches(text: String, pattern: String, expected: Bool) throws {
    let quoted = pattern.replacing("\\", with: "\\\\")

    #expect(try feel("matches(\"\(text)\", \"\(quoted)\")") == (expected ? "true" : "false"))
  }

  @Test(
    "a pattern that can not be used gives null",
    arguments: ["(", "[a", "a{2", "*", "(a)\\\\1", "\\\\p{Xx}", "[z-a]", "(?=a)", "a**", "(a{1000}){1000}"])
  func refused(pattern: String) throws {
    #expect(try feel("matches(\"a\", \"\(pattern)\")") == "null")
  }

  @Test("flags")
  func flags() throws {
    #expect(try feel("matches(\"AB\", \"ab\", \"i\")") == "true")
    #expect(try feel("replace(\"a.b\", \".\", \"-\", \"q\")") == "\"a-b\"")
    #expect(try feel("replace(\"abc\", \"b*\", \"-\")") == "null")
    #expect(try feel("replace(\"aXbX\", \".*?X\", \"[$0]\")") == "\"[aX][bX]\"")
  }
}
