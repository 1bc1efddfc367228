import FlowCore

/// An error answer as `application/problem+json`; a handler may throw it.
///
/// - Source: RFC 9457.
package struct HTTPProblem: Error, Sendable, Equatable, CustomStringConvertible {
  package var status: Int
  package var title: String
  package var detail: String?
  package var type: String
  /// Members beside the standard ones, for example `code` or `hint`.
  package var members: JSON.Object
  package var headers: HTTPHeaders

  /// - Parameter title: the standard words of the status when nil.
  package init(
    _ status: Int, _ detail: String? = nil, title: String? = nil, type: String = "about:blank", members: JSON.Object = [:],
    headers: HTTPHeaders = [:]
  ) {
    self.status = status
    self.title = title ?? HTTPProblem.reason(status)
    self.detail = detail
    self.type = type
    self.members = members
    self.headers = headers
  }

  package var response: HTTPResponse {
    var object: JSON.Object = ["type": .string(type), "title": .string(title), "status": .int(Int64(status))]
    if let detail { object["detail"] = .string(detail) }
    for member in members.members where object[member.name] == nil { object[member.name] = member.value }
    var response = HTTPResponse(status, headers: headers, body: JSON.object(object).bytes)
    response.headers["Content-Type"] = "application/problem+json"
    return response
  }

  package var description: String { "\(status) \(title)" + (detail.map { ": \($0)" } ?? "") }

  /// The standard words of a status code.
  package static func reason(_ status: Int) -> String {
    switch status {
    case 400: "Bad Request"
    case 401: "Unauthorized"
    case 403: "Forbidden"
    case 404: "Not Found"
    case 405: "Method Not Allowed"
    case 406: "Not Acceptable"
    case 408: "Request Timeout"
    case 409: "Conflict"
    case 410: "Gone"
    case 412: "Precondition Failed"
    case 413: "Content Too Large"
    case 415: "Unsupported Media Type"
    case 421: "Misdirected Request"
    case 422: "Unprocessable Content"
    case 429: "Too Many Requests"
    case 431: "Request Header Fields Too Large"
    case 499: "Client Closed Request"
    case 500: "Internal Server Error"
    case 501: "Not Implemented"
    case 503: "Service Unavailable"
    case 504: "Gateway Timeout"
    case 300..<400: "Redirect, which is not followed"
    default: status >= 500 ? "Server Error" : "Request Failed"
    }
  }
}
