import FlowCore
import FlowHTTP
import FlowRuntime

extension HTTPProblem {
  static let busy = HTTPProblem(Status(.unavailable, "flowd is stopping or has too much to do", hint: "try again later"))

  /// gRPC's status as a problem; its code and hint are members of their own.
  init(_ status: Status) {
    var members: JSON.Object = ["code": .string(status.code.name)]
    if let hint = status.hint { members["hint"] = .string(hint) }
    let number = HTTPProblem.number(of: status.code)
    self.init(number, status.message, members: members, headers: number == 503 ? ["Retry-After": "1"] : [:])
  }

  /// Why the partition refused; what may go later says when.
  init(_ refusal: Refusal) {
    self.init(Status(refusal))
    guard case .rejected(let rejection) = refusal else {
      // Both are the node's state and not the request's: RESOURCE_EXHAUSTED of an overload is no 413.
      (status, title) = (503, HTTPProblem.reason(503))
      headers["Retry-After"] = "1"
      return
    }
    if rejection.reason == .exhausted { (status, title) = (413, HTTPProblem.reason(413)) }
  }

  private static func number(of code: StatusCode) -> Int {
    switch code {
    case .ok: 200
    case .invalidArgument, .outOfRange: 400
    case .unauthenticated: 401
    case .permissionDenied: 403
    case .notFound, .unimplemented: 404
    case .alreadyExists, .failedPrecondition, .aborted: 409
    case .resourceExhausted: 429
    case .cancelled: 499
    case .unknown, .internal, .dataLoss: 500
    case .unavailable: 503
    case .deadlineExceeded: 504
    }
  }

  /// Calls what fails with a `Status`.
  static func with<Value>(_ body: () throws(Status) -> Value) throws(HTTPProblem) -> Value {
    do throws(Status) { return try body() } catch { throw HTTPProblem(error) }
  }

  static func checkPayload(_ body: [UInt8]) throws(HTTPProblem) {
    guard body.count <= Limits.payloadBytes else {
      let members: JSON.Object = ["code": .string(StatusCode.resourceExhausted.name)]
      throw HTTPProblem(413, "payload of \(body.count) bytes is over the limit of \(Limits.payloadBytes)", members: members)
    }
  }
}
