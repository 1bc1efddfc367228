/// The one answer of a request. Given up without an answer, it answers 500, so that no client waits for ever.
package final class HTTPReply: Sendable {
  private let exchange: Exchange

  init(_ exchange: Exchange) { self.exchange = exchange }

  deinit {
    exchange.answer(.response(HTTPProblem(500, "the handler gave no answer").response))
  }

  /// Answers; a second answer is ignored. Any thread, at once or later.
  ///
  /// - Returns: false when the request was answered before or its connection is gone.
  @discardableResult
  package func send(_ response: HTTPResponse) -> Bool { exchange.answer(.response(response)) }

  /// Answers with server-sent events that come from now on.
  ///
  /// - Parameter onClose: called once, from any thread, when the client is gone or the stream was closed.
  package func events(headers: HTTPHeaders = [:], onClose: (@Sendable () -> Void)? = nil) -> HTTPStream {
    var all: HTTPHeaders = ["Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Accel-Buffering": "no"]
    all.merge(headers)
    return exchange.openStream(.events, status: 200, headers: all, onClose: onClose)
  }

  /// Answers with bytes that come from now on; no keep-alive comments are mixed in.
  package func stream(_ status: Int = 200, headers: HTTPHeaders, onClose: (@Sendable () -> Void)? = nil) -> HTTPStream {
    exchange.openStream(.bytes, status: status, headers: headers, onClose: onClose)
  }
}
