import FlowCore

// A user task that is a job tells its worker in headers of its own who may do it, and by when.
//
// Source: Zeebe, job-based user tasks.

/// A header whose value is worked out when the job is made.
package struct WorkedOutHeader: Sendable {
  package enum Form: Sendable { case text, list, date }

  package let key: String
  package let value: CompiledValue
  package let form: Form
}

extension Draft {
  /// What can not be worked out is an incident before there is any job; what is empty is no header.
  func headers(of id: ActivityID, _ element: ExecutableElement) throws(StepProblem) -> [JobHeader] {
    var headers: [JobHeader] = []
    for header in element.more.workedOutHeaders {
      guard let value = try value(of: header, in: id), !value.isEmpty else { continue }
      headers.append(JobHeader(key: header.key, value: value))
    }
    return headers
  }

  private func value(of header: WorkedOutHeader, in id: ActivityID) throws(StepProblem) -> String? {
    switch header.form {
    case .text: return try text(header.value, in: id, header.key)
    case .list:
      let names = try texts(header.value, in: id)
      return names.isEmpty ? nil : JSON.array(names.map { .string($0) }).text
    case .date: return try optionalDate(header.value, in: id, header.key)
    }
  }
}
