import CMicroHTTPD
import FlowCore
import Glibc
import Synchronization

/// What an exchange is answered with.
enum Answer: Sendable {
  case response(HTTPResponse)
  case stream(HTTPStream, status: Int, headers: HTTPHeaders)
}

/// One request on its way through libmicrohttpd: headers, body, decision, answer.
final class Exchange: @unchecked Sendable {
  // Safety: `head`, `refusal`, `body`, `received` and `phase` belong to MHD's thread; what other threads touch is in `decision`.
  // `connection` is only used by MHD's thread, or to resume it while `decision` says that it is suspended.
  private let core: ServerCore
  private let connection: OpaquePointer
  private let target: String
  private var head: HTTPRequest?
  /// Known since the headers; told when the body has been read and dropped.
  private var refusal: HTTPProblem?
  private var body: [UInt8] = []
  private var received = 0
  private var phase = Phase.headers
  private let decision = Mutex(Decision())

  /// headers → body → deciding → queued.
  private enum Phase { case headers, body, deciding, queued }

  private struct Decision {
    var answer: Answer?
    /// True once an answer was given, also after it was taken.
    var isAnswered = false
    var isSuspended = false
    var isOver = false
  }

  init(core: ServerCore, connection: OpaquePointer, target: String) {
    self.core = core
    self.connection = connection
    self.target = target
  }

  // MARK: called by MHD

  /// - Parameter slot: holds the exchange that `ServerCore.begin` made.
  static func step(
    _ slot: UnsafeMutablePointer<UnsafeMutableRawPointer?>?, method: UnsafePointer<CChar>?, data: UnsafePointer<CChar>?,
    size: UnsafeMutablePointer<Int>?
  ) -> MHD_Result {
    guard let context = slot?.pointee, let method, let size else { return .no }
    let exchange = Unmanaged<Exchange>.fromOpaque(context).takeUnretainedValue()
    switch exchange.phase {
    case .headers: return exchange.receiveHead(String(cString: method))
    case .body where size.pointee > 0:
      let accepted = exchange.receive(UnsafeRawBufferPointer(start: data, count: size.pointee))
      size.pointee = 0
      return accepted ? .yes : .no
    case .body: return exchange.decide()
    case .deciding: return exchange.settle()
    case .queued: return .yes
    }
  }

  static func completed(_ slot: UnsafeMutablePointer<UnsafeMutableRawPointer?>?) {
    guard let context = slot?.pointee else { return }
    slot?.pointee = nil
    let exchange = Unmanaged<Exchange>.fromOpaque(context).takeRetainedValue()
    let unsent = exchange.decision.withLock { decision in
      decision.isOver = true
      defer { decision.answer = nil }
      return decision.answer
    }
    // A stream that was given but never queued has no client.
    if case .stream(let stream, _, _)? = unsent { stream.finish() }
    exchange.core.ended(exchange)
  }

  private func receiveHead(_ method: String) -> MHD_Result {
    phase = .body
    let headers = readHeaders()
    guard let request = HTTPRequest(method: method, target: target, headers: headers) else {
      return refuse(HTTPProblem(400, "the path or the query is not well-formed"))
    }
    let length = headers["Content-Length"].flatMap { Int($0) } ?? 0
    refusal = stranger(request) ?? (length > core.options.bodyBytesMax ? tooLarge : nil)
    // A client that waits for '100 Continue' need not send what would be refused; others are heard out, so that they read the answer.
    let announces = headers["Expect"] != nil || length > Exchange.drainBytesMax
    if announces, let refusal { return refuse(refusal) }
    head = request
    return .yes
  }

  /// Why this client or this page is not heard, whatever it wants.
  private func stranger(_ request: HTTPRequest) -> HTTPProblem? {
    if core.options.tls?.clientAuthorities != nil, let problem = ClientCertificate.problem(of: connection) { return problem }
    return core.options.guarded?.refusal(of: request)
  }

  /// How much of a refused body is read and dropped before the connection is cut.
  private static let drainBytesMax = 64 << 20

  private var tooLarge: HTTPProblem {
    HTTPProblem(413, "the body is larger than the limit of \(core.options.bodyBytesMax) bytes")
  }

  private func receive(_ bytes: UnsafeRawBufferPointer) -> Bool {
    received += bytes.count
    if received <= core.options.bodyBytesMax, refusal == nil {
      body.append(contentsOf: bytes)
    } else {
      body = []
    }
    return received <= max(Exchange.drainBytesMax, core.options.bodyBytesMax)
  }

  private func decide() -> MHD_Result {
    if let refusal { return refuse(refusal) }
    guard received <= core.options.bodyBytesMax, var request = head else { return refuse(tooLarge) }
    phase = .deciding
    request.body = body
    body = []
    head = nil
    core.handle(request, HTTPReply(self))
    return settle()
  }

  private func refuse(_ problem: HTTPProblem) -> MHD_Result {
    answer(.response(problem.response))
    return settle()
  }

  /// Queues the answer, or suspends the connection until there is one.
  private func settle() -> MHD_Result {
    let ready: Answer? = decision.withLock { decision in
      if let answer = decision.answer {
        decision.answer = nil
        return answer
      }
      decision.isSuspended = true
      // Inside the lock, so that no answer can come between the look and the suspension.
      MHD_suspend_connection(connection)
      return nil
    }
    guard let ready else { return .yes }
    phase = .queued
    return ResponseWriter.queue(ready, on: connection, log: core.options.log)
  }

  // MARK: called by any thread

  /// Gives the answer; only the first one counts.
  @discardableResult
  func answer(_ answer: Answer) -> Bool {
    let (accepted, resume) = decision.withLock { decision -> (Bool, Bool) in
      guard !decision.isAnswered, !decision.isOver else { return (false, false) }
      decision.isAnswered = true
      decision.answer = answer
      defer { decision.isSuspended = false }
      return (true, decision.isSuspended)
    }
    if resume { MHD_resume_connection(connection) }
    return accepted
  }

  /// Gives the answer if the connection waits for one; who is still sending, or is being handled, is left alone.
  func answerWaiting(_ response: HTTPResponse) {
    let resume = decision.withLock { decision in
      guard decision.isSuspended, !decision.isAnswered, !decision.isOver else { return false }
      decision.isAnswered = true
      decision.answer = .response(response)
      decision.isSuspended = false
      return true
    }
    if resume { MHD_resume_connection(connection) }
  }

  func openStream(_ kind: HTTPStream.Kind, status: Int, headers: HTTPHeaders, onClose: (@Sendable () -> Void)?) -> HTTPStream {
    let stream = HTTPStream(kind: kind, connection: connection, core: core, onClose: onClose)
    core.opened(stream)
    if !answer(.stream(stream, status: status, headers: headers)) { stream.finish() }
    return stream
  }

  private func readHeaders() -> HTTPHeaders {
    final class Fields { var headers = HTTPHeaders() }
    let fields = Fields()
    withExtendedLifetime(fields) {
      _ = flow_mhd_headers(
        connection,
        { context, _, name, value in
          guard let context, let name else { return .no }
          let fields = Unmanaged<Fields>.fromOpaque(context).takeUnretainedValue()
          fields.headers.add(String(cString: name), value.map { String(cString: $0) } ?? "")
          return .yes
        }, Unmanaged.passUnretained(fields).toOpaque())
    }
    return fields.headers
  }
}

extension HTTPRequest {
  /// - Returns: nil for a target that can not be decoded, or one with `.` or `..` segments.
  init?(method: String, target: String, headers: HTTPHeaders) {
    let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    var path: [String] = []
    for segment in (parts.first ?? "").split(separator: "/") {
      guard let text = PercentCoding.decode(segment.utf8), text != ".", text != ".." else { return nil }
      path.append(text)
    }
    var query: [(name: String, value: String)] = []
    for pair in (parts.count > 1 ? parts[1] : "").split(separator: "&") {
      let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard let name = PercentCoding.decode(sides[0].utf8, plusIsSpace: true),
        let value = PercentCoding.decode((sides.count > 1 ? sides[1] : "").utf8, plusIsSpace: true)
      else { return nil }
      query.append((name, value))
    }
    self.init(method: method, target: target, path: path, query: query, headers: headers, body: [])
  }
}
