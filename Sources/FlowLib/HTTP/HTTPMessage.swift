import FlowCore

/// One request as a handler sees it, whole.
package struct HTTPRequest: Sendable {
  package var method: String
  /// Path and query as they came, percent-encoded.
  package var target: String
  /// Segments of the path, decoded; empty ones are dropped, so `/` has none.
  package var path: [String]
  package var query: [(name: String, value: String)]
  package var headers: HTTPHeaders
  package var body: [UInt8]
  /// What the router took from the path: `id` of `/v1/instances/{id}`.
  package var parameters: [String: String] = [:]

  package func query(_ name: String) -> String? { query.first { $0.name == name }?.value }

  /// True when the `Accept` header names `type` and gives it no zero weight; a missing header names nothing.
  package func accepts(_ type: String) -> Bool {
    guard let accept = headers["Accept"] else { return false }
    return accept.split(separator: ",").contains { part in
      let pieces = part.split(separator: ";").map { $0.filter { $0 != " " }.lowercased() }
      return pieces.first == type && !pieces.contains("q=0")
    }
  }
}

package struct HTTPResponse: Sendable, Equatable {
  package var status: Int
  package var headers: HTTPHeaders
  package var body: [UInt8]

  package init(_ status: Int = 200, headers: HTTPHeaders = [:], body: [UInt8] = []) {
    self.status = status
    self.headers = headers
    self.body = body
  }

  package static func json(_ value: JSON, status: Int = 200) -> HTTPResponse {
    HTTPResponse(status, headers: ["Content-Type": "application/json"], body: value.bytes)
  }

  package static func text(_ text: String, status: Int = 200) -> HTTPResponse {
    HTTPResponse(status, headers: ["Content-Type": "text/plain; charset=utf-8"], body: Array(text.utf8))
  }

  /// A page with the security headers that a page of ours needs.
  ///
  /// - Parameter nonce: what inline scripts and styles of the page carry in `nonce="…"`; nil forbids them.
  package static func html(_ page: String, status: Int = 200, nonce: String? = nil) -> HTTPResponse {
    var headers = HTTPHeaders.securingPage(nonce: nonce)
    headers["Content-Type"] = "text/html; charset=utf-8"
    return HTTPResponse(status, headers: headers, body: Array(page.utf8))
  }
}

extension HTTPHeaders {
  /// Nothing from elsewhere, no frames, no sniffing, no referrer.
  package static func securingPage(nonce: String?) -> HTTPHeaders {
    let inline = nonce.map { " 'nonce-\($0)'" } ?? ""
    let policy =
      "default-src 'none'; script-src 'self'\(inline); style-src 'self'\(inline); img-src 'self' data:; connect-src 'self'; "
      + "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    return [
      "Content-Security-Policy": policy, "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY",
      "Referrer-Policy": "no-referrer", "Cross-Origin-Opener-Policy": "same-origin", "Cache-Control": "no-store",
    ]
  }
}
