import FlowCore
import FlowEngine
import FlowHTTP
import FlowServer

extension FlowHTTPAPI {
  func addDeployments(to router: inout Router) {
    router.on("GET", "/v1/deployments") { request, reply in reply.send(try listDeployments(request)) }
    router.on("GET", "/v1/deployments/{id}") { request, reply in reply.send(try getDeployment(request)) }
    router.on("POST", "/v1/deployments/{id}/instances") { request, reply in try createInstance(request, reply) }
  }

  /// In the order in which they were applied.
  private func listDeployments(_ request: HTTPRequest) throws(HTTPProblem) -> HTTPResponse {
    let query = try RESTQuery(request, filters: [])
    let after = UInt64(clamping: query.cursor ?? 0)
    let rest = server.board.all.filter { $0.deployment.key.raw > after }
    let page = rest.prefix(query.limit)
    var shown: JSON.Object = ["deployments": .array(page.map { RESTShape.deployment($0) })]
    var next: String?
    if rest.count > page.count { next = page.last.map { String($0.deployment.key.raw) } }
    shown["next_cursor"] = next.map { .string($0) }
    var response = HTTPResponse.json(.object(shown))
    if let next { response.headers["Link"] = RESTQuery.link(next: next, of: request) }
    return response
  }

  private func getDeployment(_ request: HTTPRequest) throws(HTTPProblem) -> HTTPResponse {
    let status = try named(request)
    guard case .object(var shown) = RESTShape.deployment(status) else { return .json(RESTShape.deployment(status)) }
    shown["health"] = .array(server.health(of: status.id).map { RESTShape.health($0) })
    return .json(.object(shown))
  }

  private func named(_ request: HTTPRequest) throws(HTTPProblem) -> DeploymentStatus {
    try HTTPProblem.with { () throws(Status) in try server.board.named(request.parameters["id"] ?? "") }
  }

  // MARK: create

  /// The same `Idempotency-Key` gets the same answer and creates nothing.
  private func createInstance(_ request: HTTPRequest, _ reply: HTTPReply) throws(HTTPProblem) {
    let status = try named(request)
    let wanted = try NewInstance(request)
    try HTTPProblem.checkPayload(wanted.payload.bytes)
    server.createInstance(
      of: status.deployment.key, start: wanted.start, payload: wanted.payload, metadata: wanted.metadata, requestID: wanted.requestID
    ) { outcome in
      switch outcome {
      case .success(let created):
        let id = created.id.text
        var response = HTTPResponse.json(
          ["id": .string(id), "deployment": .string(status.id), "position": .string(created.position.description)], status: 201)
        response.headers["Location"] = "/v1/instances/\(id)"
        response.headers["X-Rexflow-Iid"] = id
        reply.send(response)
      case .failure(let refusal): reply.send(HTTPProblem(refusal).response)
      }
    }
  }
}

/// The body of a request for a new instance: `{"variables":{…}}` or `{"payload":…}`, and `start`, `metadata`.
struct NewInstance {
  var payload = Payload.emptyObject
  var start: String?
  var metadata: [(name: String, value: String)] = []
  var requestID: String?
  private var hasPayload = false

  init(_ request: HTTPRequest) throws(HTTPProblem) {
    requestID = try NewInstance.idempotencyKey(request)
    guard !request.body.isEmpty else { return }
    try NewInstance.checkContentType(request)
    for (name, value) in try NewInstance.document(request.body).members { try take(name, value) }
  }

  private mutating func take(_ name: String, _ value: JSON) throws(HTTPProblem) {
    if name == "variables" || name == "payload" {
      guard !hasPayload else { throw RESTQuery.invalid("variables and payload are the same thing; send one of them") }
      guard name == "payload" || value.object != nil else { throw RESTQuery.invalid("variables must be an object") }
      payload = Payload(json: value)
      hasPayload = true
    } else if name == "start" {
      guard let id = value.string else { throw RESTQuery.invalid("start must be the id of a start event") }
      start = id
    } else if name == "metadata" {
      metadata = try NewInstance.pairs(value)
    } else {
      throw RESTQuery.invalid("'\(name)' is not one of variables, payload, start, metadata")
    }
  }

  private static func document(_ body: [UInt8]) throws(HTTPProblem) -> JSON.Object {
    let document: JSON
    do throws(JSONError) { document = try JSON(parsing: body) } catch { throw RESTQuery.invalid("the body is not JSON: \(error)") }
    guard let object = document.object else { throw RESTQuery.invalid("the body must be a JSON object") }
    return object
  }

  private static func pairs(_ value: JSON) throws(HTTPProblem) -> [(name: String, value: String)] {
    guard let object = value.object else { throw RESTQuery.invalid("metadata must be an object of texts") }
    var pairs: [(name: String, value: String)] = []
    for (name, value) in object.members {
      guard let text = value.string else { throw RESTQuery.invalid("metadata '\(name)' must be a text") }
      pairs.append((name, text))
    }
    return pairs
  }

  /// A page of another origin can send any text, but JSON only after asking.
  private static func checkContentType(_ request: HTTPRequest) throws(HTTPProblem) {
    let type = request.headers["Content-Type"]?.split(separator: ";").first.map { $0.filter { $0 != " " }.lowercased() }
    guard type == "application/json" else { throw HTTPProblem(415, "the body must be application/json") }
  }

  private static func idempotencyKey(_ request: HTTPRequest) throws(HTTPProblem) -> String? {
    guard let key = request.headers["Idempotency-Key"] else { return nil }
    guard (1...Limits.idempotencyKeyBytes).contains(key.utf8.count) else {
      throw RESTQuery.invalid("Idempotency-Key must have 1 to \(Limits.idempotencyKeyBytes) bytes")
    }
    return key
  }
}
