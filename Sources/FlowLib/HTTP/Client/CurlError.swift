import CFlowCurl

/// What libcurl's codes mean for the caller.
package enum CurlError {
  /// - Parameter connected: whether a connection stood when it failed.
  static func classify(_ code: CURLcode, connected: Bool, request: HTTPClientRequest) -> HTTPClientError {
    let host = authority(request.url)
    switch code {
    case CURLE_URL_MALFORMAT: return HTTPClientError(.badURL, "'\(request.url)' is not a URL")
    // libcurl gives the same code to an answer that has no status line.
    case CURLE_UNSUPPORTED_PROTOCOL where !connected: return HTTPClientError(.badURL, "'\(request.url)' is neither http nor https")
    case CURLE_COULDNT_CONNECT: return HTTPClientError(.couldNotConnect, "connection to \(host) refused")
    case CURLE_COULDNT_RESOLVE_HOST: return HTTPClientError(.unknownName, "the name \(host) is not known")
    case CURLE_OPERATION_TIMEDOUT where connected:
      return HTTPClientError(.timedOut, "no whole answer from \(host): timed out after \(seconds(request.timeoutMs))")
    case CURLE_OPERATION_TIMEDOUT:
      let limit = min(request.connectTimeoutMs, request.timeoutMs)
      return HTTPClientError(.connectTimedOut, "no connection to \(host): timed out after \(seconds(limit))")
    case CURLE_GOT_NOTHING: return HTTPClientError(.dropped, "\(host) closed the connection without an answer")
    case CURLE_PARTIAL_FILE: return HTTPClientError(.dropped, "\(host) closed the connection in the middle of its answer")
    case CURLE_RECV_ERROR, CURLE_SEND_ERROR: return HTTPClientError(.dropped, "\(host) dropped the connection")
    case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CACERT_BADFILE:
      return HTTPClientError(.tls, "TLS with \(host) failed: \(text(code))")
    case CURLE_OUT_OF_MEMORY: return HTTPClientError(.other, "a header of \(host)'s answer is larger than libcurl takes, or memory ran out")
    case CURLE_WEIRD_SERVER_REPLY, CURLE_UNSUPPORTED_PROTOCOL: return HTTPClientError(.other, "\(host) does not speak HTTP")
    default: return HTTPClientError(.other, "call to \(host) failed: \(text(code))")
    }
  }

  static func text(_ code: CURLcode) -> String { String(cString: flow_curl_easy_strerror(code)) }

  /// `30 s`, `1.5 s`, `250 ms`.
  package static func seconds(_ ms: Int) -> String {
    if ms < 1000 { return "\(ms) ms" }
    return ms % 1000 == 0 ? "\(ms / 1000) s" : "\(ms / 1000).\(ms % 1000 / 100) s"
  }

  /// Host and port of a URL; without user and password, which must not come into messages.
  static func authority(_ url: String) -> String {
    let rest = url.firstRange(of: "://").map { url[$0.upperBound...] } ?? url[...]
    let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
    return String(authority.lastIndex(of: "@").map { authority[authority.index(after: $0)...] } ?? authority)
  }
}
