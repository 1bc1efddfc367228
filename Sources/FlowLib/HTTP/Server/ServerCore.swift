import CMicroHTTPD
import FlowCore
import FlowThreads
import Glibc
import Synchronization

/// What all exchanges of one server share.
final class ServerCore: Sendable {
  let options: HTTPServer.Options
  private let handler: HTTPHandler
  private let state = Monitor(State())

  private struct State {
    var exchanges: [ObjectIdentifier: Exchange] = [:]
    var streams: [ObjectIdentifier: HTTPStream] = [:]
    var ticker: WorkerThread?
    var stopping = false
  }

  init(options: HTTPServer.Options, handler: @escaping HTTPHandler) {
    self.options = options
    self.handler = handler
  }

  /// Called by MHD with the request line; what it returns comes back as the exchange's slot.
  static func begin(
    _ context: UnsafeMutableRawPointer?, _ target: UnsafePointer<CChar>?, _ connection: OpaquePointer?
  ) -> UnsafeMutableRawPointer? {
    guard let context, let target, let connection else { return nil }
    let core = Unmanaged<ServerCore>.fromOpaque(context).takeUnretainedValue()
    let exchange = Exchange(core: core, connection: connection, target: String(cString: target))
    core.state.withLock { $0.exchanges[ObjectIdentifier(exchange)] = exchange }
    return Unmanaged.passRetained(exchange).toOpaque()
  }

  func ended(_ exchange: Exchange) {
    state.change { _ = $0.exchanges.removeValue(forKey: ObjectIdentifier(exchange)) }
  }

  /// Runs the handler; what it throws becomes the answer.
  func handle(_ request: HTTPRequest, _ reply: HTTPReply) {
    guard !state.withLock({ $0.stopping }) else {
      reply.send(HTTPProblem(503, "the server is stopping").response)
      return
    }
    do {
      try handler(request, reply)
    } catch let problem as HTTPProblem {
      reply.send(problem.response)
    } catch {
      options.log.error("http handler failed", ["http.target": request.target, "error": "\(error)"])
      reply.send(HTTPProblem(500, "the handler failed; the log of the server says why").response)
    }
  }

  // MARK: streams

  func opened(_ stream: HTTPStream) {
    let close = state.withLock { state in
      state.streams[ObjectIdentifier(stream)] = stream
      if state.ticker == nil, !state.stopping { startTicker(&state) }
      return state.stopping
    }
    if close { stream.close() }
  }

  func closed(_ stream: HTTPStream) {
    state.change { _ = $0.streams.removeValue(forKey: ObjectIdentifier(stream)) }
  }

  private func startTicker(_ state: inout State) {
    do {
      state.ticker = try WorkerThread(ServerCore.ticking(self))
    } catch {
      options.log.error("http streams get no keep-alive", ["error": "\(error)"])
    }
  }

  /// Holds the core only while it ticks, so that a forgotten server can end.
  private static func ticking(_ core: ServerCore) -> @Sendable () -> Void {
    return { [weak core] in
      while let core {
        let deadline = MonotonicClock.milliseconds() + core.options.keepAliveMs
        let stopping: Bool? = core.state.wait(untilMs: deadline) { $0.stopping ? true : nil }
        if stopping != nil { return }
        for stream in core.state.withLock({ Array($0.streams.values) }) { stream.keepAlive() }
      }
    }
  }

  func endStreams() {
    for stream in state.withLock({ Array($0.streams.values) }) { stream.close() }
  }

  func endWaiting(_ response: HTTPResponse) {
    for exchange in state.withLock({ Array($0.exchanges.values) }) { exchange.answerWaiting(response) }
  }

  // MARK: stopping

  func closeStreams() {
    let streams = state.change { state in
      state.stopping = true
      return Array(state.streams.values)
    }
    for stream in streams { stream.close() }
  }

  func waitUntilIdle(graceMs: Int64) {
    let deadline = MonotonicClock.milliseconds() + graceMs
    let _: Bool? = state.wait(untilMs: deadline) { $0.exchanges.isEmpty ? true : nil }
  }

  /// Answers whoever still waits; no connection may be suspended when the daemon stops.
  func abandon() {
    closeStreams()
    let exchanges = state.withLock { Array($0.exchanges.values) }
    for exchange in exchanges { exchange.answer(.response(HTTPProblem(503, "the server is stopping").response)) }
  }

  func stopTicker() {
    let ticker = state.change { state in
      defer { state.ticker = nil }
      return state.ticker
    }
    if let ticker, !ticker.isCurrent { ticker.join() }
  }
}
