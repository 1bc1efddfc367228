import FlowCore
import FlowHTTP

/// How fresh a page is.
package enum FlowdLink: Sendable, Equatable {
  /// flowd answered for this page.
  case live
  /// It did not. The page shows what was known at `seenMs`; 0 when flowd was never reached.
  case lost(sinceMs: Int64, seenMs: Int64)
}

/// What every page has around its own part.
package struct PageFrame: Sendable {
  package var now: Instant
  /// For the policy of the answer: inline style and script carry it.
  package var nonce: String
  /// Position of the state that is shown; the stream of events goes on from it.
  package var position: UInt64
  package var link: FlowdLink
  /// What the search field holds.
  package var query: String

  package init(now: Instant, nonce: String, position: UInt64, link: FlowdLink, query: String = "") {
    self.now = now
    self.nonce = nonce
    self.position = position
    self.link = link
    self.query = query
  }

  enum Section { case home, instances, none }

  /// A whole document.
  func page(title: String, section: Section, _ main: HTML) -> String {
    let document: HTML = """
      <!doctype html>
      <html lang=en>
      <head>
      <meta charset=utf-8>
      <title>\(title) · REXFlow</title>
      <meta name=viewport content="width=device-width, initial-scale=1">
      <meta name=color-scheme content="light dark">
      <link rel=icon href="\(PageFrame.favicon)">
      <style nonce="\(nonce)">\(StyleSheet.css)</style>
      </head>
      <body data-position="\(position)">
      \(Badge.sprite)
      <a class=skip href="#main">Skip to content</a>
      \(header(section))
      <main id=main tabindex=-1>
      \(banner)
      \(main)
      </main>
      <footer><p>Rendered from flowd’s state at position <span class=num id=position data-live>\(position)</span>.
      <span class=wide>Press <kbd>/</kbd> to search, <kbd>g</kbd> <kbd>h</kbd> for home.</span>
      <noscript>Without JavaScript, reload the page to see what is new.</noscript></p></footer>
      <script nonce="\(nonce)">\(LiveScript.javascript)</script>
      </body>
      </html>

      """
    return document.text
  }

  private func header(_ section: Section) -> HTML {
    let home: HTML = section == .home ? " aria-current=page" : ""
    let instances: HTML = section == .instances ? " aria-current=page" : ""
    return """
      <header><div class=bar>
      <a class=brand href="/"><svg viewBox="0 0 32 16" aria-hidden=true><path d="M7 8h5m8 0h5" /><circle cx=4 cy=8 r=3 /><path class=fill d="m16 3 5 5-5 5-5-5z"/><circle class=fill cx=28 cy=8 r=3 /></svg>REXFlow</a>
      <nav aria-label=Pages><a href="/"\(home)>Home</a><a href="/instances"\(instances)>Instances</a></nav>
      <form role=search action="/" method=get><label class=hide for=q>Find a deployment or an instance</label><input id=q name=q type=search placeholder="Find a deployment or instance" value="\(query)" autocomplete=off spellcheck=false maxlength=200></form>
      <p id=live role=status data-lost="\(lostMs)"><i></i><span>as of \(TimeWords.clock(now))</span></p>
      </div></header>
      """
  }

  private var lostMs: Int64 {
    switch link {
    case .live: 0
    case .lost(let sinceMs, _): sinceMs
    }
  }

  /// Always there, so that the script can fill it and empty it.
  private var banner: HTML {
    switch link {
    case .live: return "<div id=banner data-live></div>"
    case .lost(_, 0):
      return """
        <div id=banner data-live><p class="note bad" role=alert>\(Badge.icon("error"))<span><b>flowd has not been reached yet.</b>
        Nothing is known about its deployments. healthd keeps trying; is flowd running, and does <code>--flowd</code> name its gRPC address?</span></p></div>
        """
    case .lost(let sinceMs, let seenMs):
      return """
        <div id=banner data-live><p class="note bad" role=alert>\(Badge.icon("error"))<span><b>flowd can not be reached since
        \(stamp(sinceMs)).</b> What you see is from \(stamp(seenMs)). healthd keeps trying.</span></p></div>
        """
    }
  }

  private func stamp(_ milliseconds: Int64) -> HTML {
    let instant = Instant(milliseconds: milliseconds)
    // The script turns it into the reader's own time, as the indicator has it.
    return """
      <time datetime="\(instant.rfc3339)" title="\(TimeWords.exact(instant))" data-clock="\(milliseconds)">\(TimeWords.clock(instant))</time>
      """
  }

  private static let favicon =
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Cpath fill='%230b6e78' d='m8 1 7 7-7 7-7-7z'/%3E%3C/svg%3E"
}

/// Addresses of pages.
enum Links {
  static func deployment(_ id: String) -> String { "/deployments/" + PercentCoding.encode(id) }
  static func instance(_ id: String) -> String { "/instances/" + PercentCoding.encode(id) }

  /// A query that leaves out empty values.
  static func query(_ path: String, _ values: KeyValuePairs<String, String>) -> String {
    let parts = values.filter { !$0.value.isEmpty }.map { "\($0.key)=\(PercentCoding.encode($0.value))" }
    return parts.isEmpty ? path : path + "?" + parts.joined(separator: "&")
  }
}
