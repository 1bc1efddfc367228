import FlowCore
import FlowEngine
import FlowHTTP
import FlowServer
import FlowView

extension FlowHTTPAPI {
  func addInstances(to router: inout Router) {
    router.on("GET", "/v1/instances") { request, reply in later(reply) { () throws(HTTPProblem) in try listInstances(request) } }
    router.on("GET", "/v1/instances/{id}") { request, reply in later(reply) { () throws(HTTPProblem) in try getInstance(request) } }
  }

  /// Newest first.
  private func listInstances(_ request: HTTPRequest) throws(HTTPProblem) -> HTTPResponse {
    let query = try RESTQuery(request, filters: ["state", "deployment", "metadata."])
    let deployment = try query.deployment.map { (text) throws(HTTPProblem) in try deploymentID(text) }
    let filter = InstanceFilter(deployment: deployment, states: query.states, metadata: query.metadata)
    let page = try HTTPProblem.with { () throws(Status) in
      try server.list(filter, before: query.cursor.map { ViewCursor($0) }, limit: query.limit, results: false)
    }
    var shown: JSON.Object = ["instances": .array(page.rows.map { .object(RESTShape.instance($0)) })]
    shown["next_cursor"] = page.next.map { .string(String($0.raw)) }
    shown["position"] = .string(server.position.description)
    var response = HTTPResponse.json(.object(shown))
    if let next = page.next { response.headers["Link"] = RESTQuery.link(next: String(next.raw), of: request) }
    return response
  }

  /// Instances outlive their deployment: a name that is not known (any more) is taken as a whole id.
  private func deploymentID(_ text: String) throws(HTTPProblem) -> String {
    do throws(Status) { return try server.board.named(text).id } catch {
      if error.code == .notFound { return text }
      throw HTTPProblem(error)
    }
  }

  private func getInstance(_ request: HTTPRequest) throws(HTTPProblem) -> HTTPResponse {
    let text = request.parameters["id"] ?? ""
    let row = try HTTPProblem.with { () throws(Status) in try server.instance(text) }
    guard let row else { throw HTTPProblem(Status(.notFound, "no instance '\(text)'", hint: "GET /v1/instances lists them")) }
    var shown = RESTShape.instance(row)
    RESTShape.addResult(of: row, to: &shown)
    if let id = InstanceID(text), let live = server.live(id) { shown["active"] = .array(live.elements.map { RESTShape.active($0) }) }
    return .json(.object(shown))
  }
}
