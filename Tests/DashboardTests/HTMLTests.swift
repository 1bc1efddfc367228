import Testing

@testable import FlowDashboard

@Suite("HTML") struct HTMLTests {
  @Test("what is interpolated can not become markup")
  func escapes() {
    let name = "<script>alert('1' & \"2\")</script>"

    let html: HTML = "<b title=\"\(name)\">\(name)</b>"

    #expect(!html.text.contains("<script"))
    #expect(html.text.contains("&lt;script&gt;alert(&#39;1&#39; &amp; &quot;2&quot;)&lt;/script&gt;</b>"))
  }

  @Test("markup inside markup stays markup")
  func nests() {
    let inner: HTML = "<i>\("a<b")</i>"

    #expect(("<p>\(inner)\([inner, inner])</p>" as HTML).text == "<p><i>a&lt;b</i><i>a&lt;b</i><i>a&lt;b</i></p>")
  }

  @Test("control characters do not reach the page")
  func controls() {
    #expect(("\("a\0b\u{1B}c\nd")" as HTML).text == "a\u{FFFD}b\u{FFFD}c\nd")
  }

  @Test("a long text is cut with an ellipsis, a short one is not")
  func shortens() {
    #expect("abcdef".shortened(to: 3) == "abc…")
    #expect("abc".shortened(to: 3) == "abc")
    #expect("".shortened(to: 3) == "")
  }
}
