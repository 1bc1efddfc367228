import FlowCore
import FlowFEEL

// A user task that is a job tells its worker in headers of its own who may do it, and by when.
//
// Source: Zeebe, job-based user tasks.

/// A header whose value is worked out when the job is made.
package struct WorkedOutHeader: Sendable {
  package enum Form: Sendable { case text, list, date }

  package let key: String
  package let value: CompiledValue
  package let form: Form

  /// Nil for what is none.
  fileprivate func header(_ scope: EvaluationScope) throws(StepProblem) -> JobHeader? {
    let given: Value
    switch value {
    case .text(let text): given = .string(text)
    case .expression(let expression):
      do throws(EvaluationError) { given = try expression.evaluate(scope) } catch {
        throw StepProblem(.extractValueError, "expression '\(expression.text)': \(error)")
      }
    }
    return try text(of: given, scope.zones).map { JobHeader(key: key, value: $0) }
  }

  private func text(of given: Value, _ zones: ZoneOffsets) throws(StepProblem) -> String? {
    switch form {
    case .text:
      guard let text = given.string else { throw wrong(given, "a string") }
      return text.isEmpty ? nil : text
    case .list:
      if let text = given.string { return text.isEmpty ? nil : JSON.array(text.names.map { .string($0) }).text }
      guard case .list(let list) = given else { throw wrong(given, "a list of strings") }
      if let other = list.items.first(where: { $0.string == nil }) { throw wrong(other, "a string") }
      return list.items.isEmpty ? nil : given.json.text
    case .date:
      if given.isNull || given.string == "" { return nil }
      guard TimerText.instant(given, zones) != nil else { throw wrong(given, "a date and time such as 2030-01-07T09:00:00Z") }
      return Value.text(given, quoted: false, limit: Limits.failureText)
    }
  }

  private func wrong(_ given: Value, _ wanted: String) -> StepProblem {
    StepProblem(.extractValueError, "\(value.named(key)) is \(given.shown), and has to be \(wanted)")
  }
}

extension Draft {
  /// What can not be worked out is an incident before there is any job.
  func checkHeaders(of id: ActivityID, _ element: ExecutableElement) throws(StepProblem) {
    for header in element.more.workedOutHeaders { _ = try header.header(scope(of: id, payload: payload(of: id))) }
  }
}

extension ExecutableElement {
  /// The headers of its job, those that are worked out over variables behind the model's.
  func headers(over variables: [Variable]) -> [JobHeader] {
    guard !more.workedOutHeaders.isEmpty else { return more.headers }
    let known = Dictionary(variables.map { ($0.name, $0.value.bytes) }) { first, _ in first }
    let scope = EvaluationScope(now: Instant(milliseconds: 0), zones: .utcOnly) { known[$0] }
    return more.headers
      + more.workedOutHeaders.compactMap { header in
        // It could be told when the job was made; a variable that has gone wrong since takes only its header away.
        do throws(StepProblem) { return try header.header(scope) } catch { return nil }
      }
  }
}

extension String {
  /// Names between commas, without the spaces around them.
  fileprivate var names: [String] {
    split(separator: ",").map { part in String(part.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()) }
  }
}
