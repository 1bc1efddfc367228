import FlowCore
import FlowHTTP
import Synchronization

/// Makes the hops of the REXFlow dialect over HTTP, with retries.
///
/// A connection that fails, a time-out and an answer of 400 or more are tried again up to `attemptsMax` attempts, after a
/// back-off of 50 ms that doubles up to 5 s, each shortened by up to half at random.
package final class ServiceCaller: Sendable {
  private let client: HTTPClient
  private let random: @Sendable () -> UInt64
  private let log: Log

  /// - Parameter random: any numbers; they only spread the retries.
  package init(client: HTTPClient, log: Log = .none, random: @escaping @Sendable () -> UInt64) {
    self.client = client
    self.random = random
    self.log = log
  }

  /// Starts a hop. The completion comes exactly once, on the client's thread or at once on this one, and must not block;
  /// a cancelled hop completes with nil.
  @discardableResult
  package func call(_ request: ServiceRequest, completion: @escaping @Sendable (ServiceOutcome?) -> Void) -> ServiceCall {
    let call = ServiceCall()
    do {
      let path = try PathTemplate.fill(request.target.path, from: request.body, request.context)
      attempt(Hop(request: request, url: url(request.target, path), call: call, completion: completion), 1)
    } catch {
      completion(.failure(ServiceFailure(.inputParsing, error.message, request: request, attempts: 0)))
    }
    return call
  }

  private struct Hop: Sendable {
    let request: ServiceRequest
    let url: String
    let call: ServiceCall
    let completion: @Sendable (ServiceOutcome?) -> Void
  }

  private func url(_ target: ServiceTarget, _ path: String) -> String {
    "\(target.scheme.lowercased())://\(HTTPAddress(host: target.host, port: target.port))\(path)"
  }

  private func attempt(_ hop: Hop, _ number: Int) {
    let target = hop.request.target
    var message = HTTPClientRequest(
      target.method.uppercased(), hop.url, headers: hop.request.headers, body: hop.request.body,
      connectTimeoutMs: target.connectTimeoutMs, timeoutMs: target.callTimeoutMs,
      maxResponseBytes: Limits.payloadBytes)
    message.isSentOnce = target.attemptsMax > 1
    let call = client.send(message, afterMs: number > 1 ? backoffMs(before: number) : 0) { result in
      self.judge(hop, number, result)
    }
    hop.call.now(call, attempt: number)
  }

  private func backoffMs(before attempt: Int) -> Int64 {
    let full = min(Int64(5_000), 50 << Int64(min(attempt - 2, 10)))
    return full / 2 + Int64(random() % UInt64(full / 2 + 1))
  }

  private func judge(_ hop: Hop, _ number: Int, _ result: Result<HTTPClientResponse, HTTPClientError>) {
    switch result {
    case .success(let answer) where answer.status < 300:
      hop.completion(.success(body: answer.body, contentType: answer.headers["Content-Type"] ?? "application/octet-stream"))
    case .success(let answer):
      let code: ServiceFailure.Code = answer.status == 502 || answer.status == 503 ? .connection : .task
      let message = "\(hop.url) answered \(answer.status) \(HTTPProblem.reason(answer.status))"
      retry(hop, number, worth: answer.status >= 400, ServiceCaller.failure(code, message, hop, answer, number))
    case .failure(let error) where error.kind == .cancelled: hop.completion(nil)
    case .failure(let error):
      let code: ServiceFailure.Code = error.kind == .tooLarge ? .task : .connection
      retry(hop, number, worth: ServiceCaller.mayPass(error.kind), ServiceCaller.failure(code, error.message, hop, nil, number))
    }
  }

  private static func failure(
    _ code: ServiceFailure.Code, _ message: String, _ hop: Hop, _ answer: HTTPClientResponse?, _ attempts: Int
  ) -> ServiceFailure {
    let tries = attempts > 1 ? " (\(attempts) attempts)" : ""
    return ServiceFailure(code, message + tries, request: hop.request, answer: answer, attempts: attempts)
  }

  /// Whether the same call may have another end the next time.
  private static func mayPass(_ kind: HTTPClientError.Kind) -> Bool {
    switch kind {
    case .couldNotConnect, .unknownName, .connectTimedOut, .timedOut, .dropped, .tls, .other: true
    case .tooLarge, .badURL, .cancelled, .queueFull: false
    }
  }

  private func retry(_ hop: Hop, _ number: Int, worth: Bool, _ failure: ServiceFailure) {
    guard worth, number < min(hop.request.target.attemptsMax, Limits.serviceAttempts) else { return hop.completion(.failure(failure)) }
    guard !hop.call.isCancelled else { return hop.completion(nil) }
    log.debug("service call failed, trying again", ["flow.element": hop.request.element, "flow.attempt": "\(number)"])
    attempt(hop, number + 1)
  }
}

/// A hop under way.
package final class ServiceCall: Sendable {
  private let state = Mutex(State())

  private struct State {
    var call: HTTPCall?
    var attempt = 0
    var isCancelled = false
  }

  /// Ends the hop; its completion gets nil, unless an outcome is on its way already.
  package func cancel() {
    let call = state.withLock { state in
      state.isCancelled = true
      return state.call
    }
    call?.cancel()
  }

  var isCancelled: Bool { state.withLock { $0.isCancelled } }

  /// A later attempt may have registered before an earlier one comes back from `send`.
  func now(_ call: HTTPCall, attempt: Int) {
    let cancel = state.withLock { state in
      if attempt > state.attempt {
        state.attempt = attempt
        state.call = call
      }
      return state.isCancelled
    }
    if cancel { call.cancel() }
  }
}
