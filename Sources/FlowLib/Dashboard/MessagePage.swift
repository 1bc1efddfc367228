/// A page that only says something: not found, or not known while flowd is away.
package struct MessagePage: Sendable {
  package var frame: PageFrame
  package var title: String
  package var detail: String

  package init(frame: PageFrame, title: String, detail: String) {
    self.frame = frame
    self.title = title
    self.detail = detail
  }

  package func render() -> String {
    frame.page(
      title: title, section: .none,
      """
      <div id=message data-live><h1>\(title)</h1><p class=soft>\(detail.shortened(to: 400))</p>
      <p><a href="/">Home</a> · <a href="/instances">All instances</a></p></div>
      """)
  }
}
