import FlowCore
import FlowEngine
import FlowHTTP
import FlowView

/// The query of a list, checked: an unknown or ill-formed parameter is an error, because a list without its filter misleads.
struct RESTQuery {
  var states: [InstanceState] = []
  var deployment: String?
  var metadata: [MetadataPair] = []
  var limit = 100
  var cursor: Int64?

  /// - Parameter filters: names that this list knows beside `limit` and `cursor`; `metadata.` stands for all names behind it.
  init(_ request: HTTPRequest, filters: [String]) throws(HTTPProblem) {
    for (name, value) in request.query {
      let known = name.hasPrefix("metadata.") ? "metadata." : name
      guard known == "limit" || known == "cursor" || filters.contains(known) else {
        let names = (filters.map { $0 == "metadata." ? "metadata.<name>" : $0 } + ["limit", "cursor"]).joined(separator: ", ")
        throw RESTQuery.invalid("'\(name)' is not one of \(names)")
      }
      try take(name, value)
    }
    guard metadata.count <= Limits.viewMetadataPairs else {
      throw RESTQuery.invalid("\(metadata.count) metadata filters are over the limit of \(Limits.viewMetadataPairs)")
    }
  }

  static func invalid(_ message: String) -> HTTPProblem { HTTPProblem(Status(.invalidArgument, message)) }

  private mutating func take(_ name: String, _ value: String) throws(HTTPProblem) {
    if name.hasPrefix("metadata.") {
      metadata.append(MetadataPair(String(name.dropFirst("metadata.".count)), value))
    } else if name == "limit" {
      guard let number = Int(value), (1...Limits.pageRows).contains(number) else {
        throw RESTQuery.invalid("limit must be a number from 1 to \(Limits.pageRows)")
      }
      limit = number
    } else if name == "cursor" {
      guard let number = Int64(value), number > 0 else { throw RESTQuery.invalid("cursor is not one that an answer gave") }
      cursor = number
    } else if name == "state" {
      guard let state = InstanceState.allCases.first(where: { $0.name == value.uppercased() }) else {
        throw RESTQuery.invalid("state must be one of \(InstanceState.allCases.map(\.name).joined(separator: ", "))")
      }
      if !states.contains(state) { states.append(state) }
    } else {
      deployment = value
    }
  }

  /// The same list, one page on (RFC 8288).
  static func link(next cursor: String, of request: HTTPRequest) -> String {
    let path = "/" + request.path.map { PercentCoding.encode($0) }.joined(separator: "/")
    let kept = request.query.filter { $0.name != "cursor" } + [("cursor", cursor)]
    let query = kept.map { "\(PercentCoding.encode($0.name))=\(PercentCoding.encode($0.value))" }.joined(separator: "&")
    return "<\(path)?\(query)>; rel=\"next\""
  }
}
