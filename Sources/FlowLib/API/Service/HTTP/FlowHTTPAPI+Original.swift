import FlowCore
import FlowEngine
import FlowHTTP
import FlowRuntime
import FlowServer
import FlowStorage

/// The original's end points, in its own shapes.
///
/// - Source: reference, sections 3 and 6.13.
extension FlowHTTPAPI {
  func addOriginal(to router: inout Router) {
    router.on("GET", "/health") { _, reply in later(reply) { () throws(HTTPProblem) in health() } }
    router.on("GET", "/wf_map") { request, reply in reply.send(workflowMap(request)) }
    router.on("POST", "/wf_map") { request, reply in reply.send(workflowMap(request)) }
    router.on("POST", "/start/{deployment}/{start}") { request, reply in try start(request, reply) }
    router.on("POST", "/") { request, reply in later(reply) { () throws(HTTPProblem) in try end(request) } }
    router.on("POST", "/instancefail") { request, reply in later(reply) { () throws(HTTPProblem) in try instanceFailed(request) } }
  }

  private func health() -> HTTPResponse {
    do throws(StoreError) {
      try server.checkStore()
      return .json(["status": 0, "message": "Ok."])
    } catch {
      return .json(["status": -1, "message": .string(error.description)], status: 500)
    }
  }

  // MARK: wf_map

  private func workflowMap(_ request: HTTPRequest) -> HTTPResponse {
    let base = baseURL(for: request)
    var map = JSON.Object()
    for status in server.board.all where status.deployment.state == .running {
      let known = map[status.deployment.processID]?.array ?? []
      map[status.deployment.processID] = .array(known + [entry(status, base)])
    }
    return .json(["status": 0, "message": "Ok", "wf_map": .object(map)])
  }

  private func entry(_ status: DeploymentStatus, _ base: String) -> JSON {
    let urls = status.process.startEvents.map { index in
      JSON.string("\(base)/start/\(PercentCoding.encode(status.id))/\(PercentCoding.encode(status.process[index].id))")
    }
    return [
      "id": .string(status.id), "start_event_urls": .array(urls), "user_opaque_metadata": .object(status.process.settings.userMetadata),
    ]
  }

  // MARK: start

  /// The original's start event: the body goes on as it came.
  private func start(_ request: HTTPRequest, _ reply: HTTPReply) throws(HTTPProblem) {
    let (deployment, start) = (request.parameters["deployment"] ?? "", request.parameters["start"] ?? "")
    guard let status = server.board[deployment], status.process.startEvents.contains(where: { status.process[$0].id == start }) else {
      throw HTTPProblem(Status(.notFound, "no start event '\(start)' of a deployment '\(deployment)'", hint: "GET /wf_map lists them"))
    }
    try HTTPProblem.checkPayload(request.body)
    let contentType = try FlowHTTPAPI.contentType(of: request)
    server.createInstance(
      of: status.deployment.key, start: start, payload: Payload(bytes: request.body, contentType: contentType), metadata: []
    ) { outcome in
      switch outcome {
      case .success(let created):
        var response = HTTPResponse.json(["status": 0, "message": "Ok", "id": .string(created.id.text)])
        response.headers["X-Rexflow-Iid"] = created.id.text
        reply.send(response)
      case .failure(let refusal): reply.send(HTTPProblem(refusal).response)
      }
    }
  }

  /// What the body is. Who does not say it may send JSON; anything else goes on under the name that it was given.
  private static func contentType(of request: HTTPRequest) throws(HTTPProblem) -> String {
    if let given = request.headers["Content-Type"], !given.isEmpty {
      guard isMediaType(given) else {
        throw HTTPProblem(415, "the header Content-Type names no media type", members: ["hint": "for JSON send 'application/json'"])
      }
      return given
    }
    do throws(JSONError) {
      _ = try JSON(parsing: request.body)
      return "application/json"
    } catch {
      throw HTTPProblem(
        Status(.invalidArgument, "the header Content-Type is missing, and the body is not JSON", hint: "for JSON send 'application/json'"))
    }
  }

  /// `type/subtype`, whatever parameters follow.
  private static func isMediaType(_ text: String) -> Bool {
    let parts = text.prefix { $0 != ";" }.split(separator: "/", omittingEmptySubsequences: false)
    return parts.count == 2
      && parts.allSatisfy { part in
        let word = part.utf8.filter { $0 != 0x20 }
        return !word.isEmpty && word.allSatisfy(HTTPHeaders.isTokenByte)
      }
  }

  // MARK: what is reported of an instance

  private func end(_ request: HTTPRequest) throws(HTTPProblem) -> HTTPResponse {
    let greeting = HTTPResponse.text("This is flowd.\n")
    guard let text = request.headers["X-Rexflow-Iid"], let id = InstanceID(text), server.instanceState(of: id) == .running else {
      return greeting
    }
    try HTTPProblem.checkPayload(request.body)
    let result = Payload(bytes: request.body, contentType: request.headers["Content-Type"] ?? "application/json")
    try settled(server.endInstance(id, result: result))
    return greeting
  }

  private func instanceFailed(_ request: HTTPRequest) throws(HTTPProblem) -> HTTPResponse {
    guard let text = request.headers["X-Rexflow-Iid"], let deployment = request.headers["X-Rexflow-Did"] else {
      return .json(["status": -1, "message": "the headers X-Rexflow-Did and X-Rexflow-Iid are required"], status: 400)
    }
    let ignored = HTTPResponse.text("The instance is not RUNNING; nothing was changed.\n")
    guard let id = InstanceID(text) else { return ignored }
    let row = try HTTPProblem.with { () throws(Status) in try server.instance(id.text) }
    guard let row else { return ignored }
    guard row.deployment == deployment else {
      return .json(["status": -1, "message": "the instance is not one of the deployment that X-Rexflow-Did names"], status: 400)
    }
    guard row.state == .running else { return ignored }
    try HTTPProblem.checkPayload(request.body)
    let failure = reportedFailure(request.body, in: server.board[row.deployment]?.process)
    return try settled(server.failInstance(id, failure)) ? .text("The failure was taken.\n") : ignored
  }

  /// An instance that ended meanwhile is not the reporter's fault; a store that did not take the report is worth another try.
  ///
  /// - Returns: whether the report changed anything.
  @discardableResult
  private func settled(_ outcome: Result<Answered, Refusal>) throws(HTTPProblem) -> Bool {
    switch outcome {
    case .success: return true
    case .failure(.rejected(let rejection)) where rejection.reason == .wrongState || rejection.reason == .notFound: return false
    case .failure(let refusal): throw HTTPProblem(refusal)
    }
  }
}
