import FlowClient
import FlowCommandLine
import FlowCore

/// What the exit status of flowctl means; `flowctl help exit-codes` says the same.
enum ExitCode {
  static let ok: Int32 = 0
  static let negative: Int32 = 1
  static let usage: Int32 = 2
  static let notFound: Int32 = 3
  static let notAllowed: Int32 = 4
  static let conflict: Int32 = 5
  static let timeout: Int32 = 6
  static let unreachable: Int32 = 7
  static let busy: Int32 = 8
  static let invalidDocument: Int32 = 9
  /// A signal's number is added: 130 for Ctrl-C, as shells count.
  static let signalled: Int32 = 128
  /// The original's −1: its verbs answer so when the request failed as a whole, or flowd can not be reached.
  static let original: Int32 = 255

  static func of(_ status: Status) -> Int32 {
    switch status.code {
    case .ok: ok
    case .notFound: notFound
    case .permissionDenied, .unauthenticated: notAllowed
    case .alreadyExists, .failedPrecondition, .aborted: conflict
    case .deadlineExceeded: timeout
    // A server that answers so is there: it stops, has too much to do, or takes no new work.
    case .unavailable: status.isUnreached ? unreachable : busy
    case .resourceExhausted: busy
    case .cancelled, .unknown, .invalidArgument, .outOfRange, .unimplemented, .internal, .dataLoss: negative
    }
  }
}

/// Why a verb could not do its work: what, why, what to try, and the exit code.
struct Failure: Error {
  var exitCode: Int32
  var what: String
  var why: String?
  var hint: String?

  init(_ exitCode: Int32, _ what: String, why: String? = nil, hint: String? = nil) {
    self.exitCode = exitCode
    self.what = what
    self.why = why
    self.hint = hint
  }

  /// A call that failed.
  init(_ status: Status, doing what: String) {
    self.init(ExitCode.of(status), what, why: "\(status.message) [\(status.code.name)]", hint: status.hint)
  }

  init(_ problem: FileProblem, exitCode: Int32) { self.init(exitCode, problem.description) }

  /// The same failure with the original's exit code where flowd could not be reached.
  var asOriginal: Failure {
    var failure = self
    if exitCode == ExitCode.unreachable { failure.exitCode = ExitCode.original }
    return failure
  }

  var text: String {
    var out = "error: \(Printable.line(what))\n"
    if let why, !why.isEmpty { out += "why:   \(Printable.line(why))\n" }
    if let hint, !hint.isEmpty { out += "try:   \(Printable.line(hint))\n" }
    return out
  }
}
