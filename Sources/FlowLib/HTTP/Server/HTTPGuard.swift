/// Keeps pages of strangers out: whoever browses on a machine brings them before servers that trust everybody on it.
///
/// A name that was rebound to this machine shows in `Host`, another site's page in `Origin` and `Sec-Fetch-Site`. Clients that
/// are no browsers send neither of the last two.
package struct HTTPGuard: Sendable {
  /// What `Host` may say beside loopback names, in small letters; nil takes any.
  private let names: Set<String>?

  package struct BadName: Error, Equatable, CustomStringConvertible {
    package let name: String
    package var description: String { "'\(name)' is not a host name" }
  }

  /// - Parameters:
  ///   - listening: the address as it was set. Beyond loopback any name is taken unless there are `names`: nobody can know them all.
  ///   - names: further names and addresses, without a port; `*` takes any.
  package init(listening: HTTPAddress, names: [String] = []) throws(BadName) {
    var taken: Set<String> = [HTTPGuard.plain(listening.host)]
    for name in names where name != "*" {
      guard let host = HTTPGuard.host(of: name), HTTPGuard.hasNoPort(name) else { throw BadName(name: name) }
      taken.insert(host)
    }
    self.names = names.contains("*") || (names.isEmpty && !listening.isLoopback) ? nil : taken
  }

  /// Why a request is refused before anybody looks at it; nil when it may go on.
  package func refusal(of request: HTTPRequest) -> HTTPProblem? {
    for host in request.headers.values("Host") where !knows(host) {
      return HTTPProblem(
        421, "'\(host.prefix(HTTPGuard.shownMax))' is no name of this server",
        members: ["code": "PERMISSION_DENIED", "hint": "ask by an address of this machine; --http-hosts takes further names"])
    }
    return HTTPGuard.isSafe(request.method) ? nil : HTTPGuard.foreignPage(request)
  }

  /// Why a request that does something is refused: it comes from a page that is not of this server.
  package static func foreignPage(_ request: HTTPRequest) -> HTTPProblem? {
    let isForeign = request.headers.values("Sec-Fetch-Site").contains { $0 != "same-origin" && $0 != "none" }
    let own = request.headers["Host"]?.lowercased()
    let stranger = request.headers.values("Origin").first { own == nil || authority(of: $0) != own }
    guard isForeign || stranger != nil else { return nil }
    let page = stranger.map { "a page of '\($0.prefix(shownMax))'" } ?? "a page of another site"
    return HTTPProblem(403, "\(page) may not ask for this", members: ["code": "PERMISSION_DENIED"])
  }

  /// Longer names are cut where they are shown.
  private static let shownMax = 255

  /// - Source: RFC 9110, section 9.2.1.
  private static func isSafe(_ method: String) -> Bool { ["GET", "HEAD", "OPTIONS"].contains(method) }

  private func knows(_ text: String) -> Bool {
    guard let names else { return true }
    guard let host = HTTPGuard.host(of: text) else { return false }
    return names.contains(host) || HTTPAddress(host: host, port: 0).isLoopback
  }

  /// `http://a.example:80` → `a.example:80`; nil for `null`.
  private static func authority(of origin: String) -> String? {
    let parts = origin.lowercased().split(separator: ":", maxSplits: 1)
    guard parts.count == 2, parts[1].hasPrefix("//") else { return nil }
    return String(parts[1].dropFirst(2))
  }

  /// The host of `host`, `host:port` or `[::1]:port`; nil when it is none. The port is the listener's own matter: a tunnel has another.
  private static func host(of text: String) -> String? {
    var host = Substring(text)
    if text.hasPrefix("["), let end = text.firstIndex(of: "]") {
      let rest = text[text.index(after: end)...]
      guard rest.isEmpty || rest.hasPrefix(":") else { return nil }
      host = text[..<end].dropFirst()
    } else if let colon = text.firstIndex(of: ":") {
      host = text[..<colon]
    }
    let name = plain(String(host))
    let isWord = name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && !"/?#@\\,\"'<>[]".utf8.contains($0) }
    return name.isEmpty || !isWord ? nil : name
  }

  private static func hasNoPort(_ text: String) -> Bool { text.hasPrefix("[") ? text.hasSuffix("]") : !text.contains(":") }

  /// In small letters and without the dot that ends a full name.
  private static func plain(_ host: String) -> String {
    let small = host.lowercased()
    return small.hasSuffix(".") ? String(small.dropLast()) : small
  }
}
