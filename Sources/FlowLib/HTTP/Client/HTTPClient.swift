import CFlowCurl
import FlowCore
import FlowThreads
import Glibc
import Synchronization

/// Makes HTTP calls, many at once, on one thread of its own; libcurl is loaded with the first call.
///
/// Completions run on that thread and must not block. At most `inFlightMax` transfers run, further ones wait in order.
package final class HTTPClient: Sendable {
  package typealias Completion = @Sendable (Result<HTTPClientResponse, HTTPClientError>) -> Void

  private let inFlightMax: Int
  private let queuedMax: Int
  private let state = Mutex(State())

  private struct State {
    var loop: Loop?
    var nextID: UInt64 = 1
    var isClosed = false
  }

  private struct Loop {
    let inbox: ClientInbox
    let thread: WorkerThread
  }

  package init(inFlightMax: Int = Limits.serviceCallsInFlight, queuedMax: Int = Limits.httpCallsQueued) {
    self.inFlightMax = inFlightMax
    self.queuedMax = queuedMax
  }

  deinit { close() }

  /// Sends a request, `afterMs` from now. The completion is called exactly once, also when the client closes; what is
  /// refused at once (closed, queue full) completes on the caller's thread.
  @discardableResult
  package func send(_ request: HTTPClientRequest, afterMs: Int64 = 0, completion: @escaping Completion) -> HTTPCall {
    let due = afterMs > 0 ? MonotonicClock.milliseconds() + afterMs : 0
    let (id, outcome) = state.withLock { state -> (UInt64, Result<ClientInbox, HTTPClientError>) in
      defer { state.nextID += 1 }
      return (state.nextID, inbox(&state))
    }
    switch outcome {
    case .failure(let error): completion(.failure(error))
    case .success(let inbox):
      let job = HTTPJob(id: id, request: request, dueMs: due, completion: completion)
      if let refused = inbox.put(job) { completion(.failure(refused)) }
    }
    return HTTPCall(id: id, client: self)
  }

  /// Sends and waits for the result; for command lines, never from a completion.
  package func sendAndWait(_ request: HTTPClientRequest) throws(HTTPClientError) -> HTTPClientResponse {
    let result = Monitor<Result<HTTPClientResponse, HTTPClientError>?>(nil)
    send(request) { value in result.change { $0 = value } }
    guard let value = result.wait(untilMs: nil, for: { $0 }) else { throw HTTPClientError(.other, "no result") }
    return try value.get()
  }

  func cancel(_ id: UInt64) {
    state.withLock { $0.loop }?.inbox.cancel(id)
  }

  /// Cancels all calls and ends the thread. Called on the client's own thread it does not wait for its end.
  package func close() {
    let loop = state.withLock { state in
      state.isClosed = true
      defer { state.loop = nil }
      return state.loop
    }
    guard let loop else { return }
    loop.inbox.stop()
    if !loop.thread.isCurrent { loop.thread.join() }
  }

  private func inbox(_ state: inout State) -> Result<ClientInbox, HTTPClientError> {
    if let loop = state.loop { return .success(loop.inbox) }
    if state.isClosed { return .failure(HTTPClientError(.cancelled, "the HTTP client is closed")) }
    var reason: UnsafePointer<CChar>?
    guard flow_curl_load(&reason) == 0, let multi = CurlMulti(connections: inFlightMax) else {
      return .failure(HTTPClientError(.other, "can not load libcurl: \(reason.map { String(cString: $0) } ?? "")"))
    }
    let inbox = ClientInbox(multi: multi, capacity: inFlightMax + queuedMax)
    let inFlightMax = inFlightMax
    do {
      let thread = try WorkerThread { ClientLoop(inbox: inbox, inFlightMax: inFlightMax).run() }
      state.loop = Loop(inbox: inbox, thread: thread)
      return .success(inbox)
    } catch {
      return .failure(HTTPClientError(.other, "\(error)"))
    }
  }
}

/// A request on its way to the loop.
final class HTTPJob: Sendable {
  let id: UInt64
  let request: HTTPClientRequest
  /// Monotonic time before which it must not start; 0 for at once.
  let dueMs: Int64
  let completion: HTTPClient.Completion

  init(id: UInt64, request: HTTPClientRequest, dueMs: Int64, completion: @escaping HTTPClient.Completion) {
    self.id = id
    self.request = request
    self.dueMs = dueMs
    self.completion = completion
  }
}

/// libcurl's multi handle.
final class CurlMulti: @unchecked Sendable {
  // Safety: used by the loop's thread only, but for `wakeup`, which libcurl allows from any.
  let handle: UnsafeMutableRawPointer

  init?(connections: Int) {
    guard let handle = flow_curl_multi_init() else { return nil }
    self.handle = handle
    // The pool of idle connections must hold as many as run, or it shrinks and every call connects anew.
    flow_curl_multi_set_long(handle, CURLMOPT_MAXCONNECTS, connections)
  }

  deinit { flow_curl_multi_cleanup(handle) }
}
