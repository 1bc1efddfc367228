import FlowHTTP
import Synchronization

/// What answers on the HTTP port: that flowd waits for its store, until there is something to answer with.
final class StartingHTTP: Sendable {
  private let handler: Mutex<HTTPHandler?> = Mutex(nil)

  /// From now on the real thing answers.
  func serve(_ real: @escaping HTTPHandler) { handler.withLock { $0 = real } }

  func answer(_ request: HTTPRequest, _ reply: HTTPReply) throws {
    if let real = handler.withLock({ $0 }) { return try real(request, reply) }
    let isAlive = request.path == ["livez"]
    var response = HTTPResponse.text(isAlive ? "ok\n" : "store: flowd waits for its store\n", status: isAlive ? 200 : 503)
    response.headers["Cache-Control"] = "no-store"
    reply.send(response)
  }
}
