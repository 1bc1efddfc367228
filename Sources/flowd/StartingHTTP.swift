import FlowHTTP
import Synchronization

/// What answers on the HTTP port while there is nothing to answer with: that flowd waits for its store, or that another one leads.
final class StartingHTTP: Sendable {
  private struct Real {
    let handler: HTTPHandler
    let isValid: @Sendable () -> Bool
  }

  private struct State {
    var real: Real?
    var reason = "store: flowd waits for its store"
  }

  private let state = Mutex(State())

  /// From now on the real thing answers, as long as `isValid` says so.
  func serve(_ handler: @escaping HTTPHandler, isValid: @escaping @Sendable () -> Bool = { true }) {
    state.withLock { $0.real = Real(handler: handler, isValid: isValid) }
  }

  /// From now on nothing does.
  func stand(_ reason: String) { state.withLock { $0 = State(real: nil, reason: reason) } }

  func answer(_ request: HTTPRequest, _ reply: HTTPReply) throws {
    let state = state.withLock { $0 }
    if let real = state.real, real.isValid() { return try real.handler(request, reply) }
    let isAlive = request.path == ["livez"]
    var response = HTTPResponse.text(isAlive ? "ok\n" : "\(state.reason)\n", status: isAlive ? 200 : 503)
    response.headers["Cache-Control"] = "no-store"
    reply.send(response)
  }
}
