import FlowCore
import FlowEngine
import FlowRPC
import FlowRuntime
import FlowServer

/// The original's `FlowDaemon`, as its clients know it: an envelope of status, message and a JSON text whose shape depends on the call.
///
/// - Source: reference, section 2.
package struct FlowDaemonService: FlowProto.FlowDaemonService {
  private let server: Server
  private let prober: @Sendable (_ ids: [String]) throws(Status) -> JSON

  /// - Parameter prober: answers `ProbeWorkflow`; asks healthd when there is one.
  package init(_ server: Server, prober: @escaping @Sendable (_ ids: [String]) throws(Status) -> JSON) {
    self.server = server
    self.prober = prober
  }

  package typealias Result = FlowProto.FlowdResult

  package func applyWorkflow(_ call: UnaryCall<FlowProto.ApplyRequest, Result>) {
    answer(call) { request throws(EnvelopeError) in try apply(request) }
  }

  package func validateWorkflow(_ call: UnaryCall<FlowProto.ValidateRequest, Result>) {
    answer(call) { request throws(EnvelopeError) in
      guard !request.includeKubernetes else {
        throw EnvelopeError("NotImplementedError", "this version has no Kubernetes orchestrator, so there are no specs to show")
      }
      return validationResult(PreparedModel(Array(request.bpmnXML.utf8)))
    }
  }

  package func deleteWorkflow(_ call: UnaryCall<FlowProto.DeleteRequest, Result>) {
    answer(call) { request throws(EnvelopeError) in
      .object(each(request.ids) { id in request.kind == .deployment ? deleteDeployment(id) : deleteInstance(id) })
    }
  }

  package func startWorkflow(_ call: UnaryCall<FlowProto.StartRequest, Result>) {
    answer(call) { request throws(EnvelopeError) in
      .object(each(request.ids) { id in request.kind == .deployment ? startDeployment(id) : retryInstance(id) })
    }
  }

  package func stopWorkflow(_ call: UnaryCall<FlowProto.StopRequest, Result>) {
    answer(call) { request throws(EnvelopeError) in
      .object(each(request.ids) { id in request.kind == .deployment ? stopDeployment(id, force: request.force) : cancelInstance(id) })
    }
  }

  package func psQuery(_ call: UnaryCall<FlowProto.PSRequest, Result>) {
    reply(call) { request throws(EnvelopeError) in
      request.kind == .deployment ? .ok(psDeployments(request.ids)) : try psInstances(request)
    }
  }

  package func probeWorkflow(_ call: UnaryCall<FlowProto.ProbeRequest, Result>) {
    answer(call) { request throws(EnvelopeError) in
      do throws(Status) { return try prober(request.ids) } catch { throw EnvelopeError("ProbeError", error.description) }
    }
  }

  package func updateWorkflow(_ call: UnaryCall<FlowProto.UpdateRequest, Result>) {
    answer(call) { request throws(EnvelopeError) in
      guard request.updateSpec.allSatisfy(\.isWhitespace) else {
        throw EnvelopeError("NotImplementedError", "update is currently not supported: this version has no ingress and no topics")
      }
      return [:]
    }
  }

  /// Creating instances is the hot path: nothing here waits on a thread.
  package func runWorkflow(_ call: UnaryCall<FlowProto.RunRequest, Result>) {
    let request = call.request
    let status: DeploymentStatus
    do throws(Status) { status = try server.board.named(request.workflowID) } catch {
      return call.respond(.raised(EnvelopeError("KeyError", error.message)))
    }
    guard status.deployment.state == .running else {
      let message = "Workflow deployment \(status.id) is not RUNNING. \(status.deployment.state.name)"
      return call.respond(.ok([status.id: ["result": -1, "message": .string(message)]]))
    }
    let payload = runPayload(request.args, of: status)
    server.createInstance(
      of: status.deployment.key, start: request.startEventID.isEmpty ? nil : request.startEventID, payload: payload,
      metadata: request.metadata.map { ($0.key, $0.value) }, isStopped: request.stopped
    ) { outcome in
      switch outcome {
      case .success(let created): call.respond(.ok(["status": 0, "message": "Ok", "id": .string(created.id.text)]))
      case .failure(.rejected(let rejection)) where rejection.reason == .invalid:
        call.respond(.ok(["status": -1, "message": .string(rejection.message)]))
      case .failure(let refusal): call.respond(.raised(EnvelopeError("RuntimeError", refusal.description)))
      }
    }
  }
}

/// What the original raised: shown as `<type>(<text>)` with status −1.
package struct EnvelopeError: Error, Equatable {
  let type: String
  let text: String

  init(_ type: String, _ text: String) {
    self.type = type
    self.text = text
  }
}

extension FlowProto.FlowdResult {
  static func ok(_ data: JSON, message: String = "Ok") -> FlowProto.FlowdResult {
    var result = FlowProto.FlowdResult()
    result.message = message
    result.data = data.text
    return result
  }

  static func raised(_ error: EnvelopeError) -> FlowProto.FlowdResult {
    var result = FlowProto.FlowdResult()
    result.status = -1
    result.message = "\(error.type)(\(error.text))"
    return result
  }
}

extension FlowDaemonService {
  private func answer<Request>(
    _ call: UnaryCall<Request, Result>, _ body: @escaping @Sendable (Request) throws(EnvelopeError) -> JSON
  ) {
    reply(call) { request throws(EnvelopeError) in .ok(try body(request)) }
  }

  /// Does the work on a thread that may wait.
  private func reply<Request>(
    _ call: UnaryCall<Request, Result>, _ body: @escaping @Sendable (Request) throws(EnvelopeError) -> Result
  ) {
    let isTaken = server.control.async {
      do throws(EnvelopeError) { call.respond(try body(call.request)) } catch { call.respond(.raised(error)) }
    }
    if !isTaken { call.fail(Status(.unavailable, "flowd is stopping or has too much to do", hint: "try again later")) }
  }

  private func each(_ ids: [String], _ body: (String) -> JSON) -> JSON.Object {
    var object = JSON.Object()
    for id in ids { object[id] = body(id) }
    return object
  }

  // MARK: apply

  private func apply(_ request: FlowProto.ApplyRequest) throws(EnvelopeError) -> JSON {
    let model = PreparedModel(Array(request.bpmnXML.utf8))
    guard model.isWellFormed else { throw EnvelopeError("ExpatError", model.errorText) }
    do throws(ApplyFailure) {
      let applied = try server.apply(model, resourceName: "", isStopped: request.stopped)
      if applied.isUnchanged { throw ApplyFailure.alreadyExists(applied.deploymentID) }
      var answer: JSON.Object = ["status": 0, "message": "Ok.", "wf_id": .string(applied.deploymentID)]
      if applied.deployments.count > 1 { answer["wf_ids"] = .array(applied.deployments.map { .string($0.id) }) }
      return .object(answer)
    } catch {
      switch error {
      case .invalid: return compileFailure(model)
      case .alreadyExists(let id): throw EnvelopeError("ValueError", "Workflow ID \(id) already exists")
      case .refused(let refusal): throw EnvelopeError("RuntimeError", refusal.description)
      case .store(let error): throw EnvelopeError("RuntimeError", error.description)
      }
    }
  }

  // MARK: deployments

  /// Runs a command about one deployment; `key` names the status in the answer, as the original does.
  private func deploymentCommand(
    _ id: String, _ key: String, _ success: String, _ command: (Key) -> Command
  ) -> JSON {
    let status: DeploymentStatus
    do throws(Status) {
      status = try server.board.named(id)
    } catch {
      return .item(key, -1, error.code == .notFound ? "Error: \(id) not found" : "Error: \(error.message)")
    }
    switch server.ask(command(status.deployment.key)) {
    case .success: return .item(key, 0, success)
    case .failure(let refusal): return .item(key, refusal.isWrongState && key == "result" ? -2 : -1, "Error: \(refusal)")
    }
  }

  private func startDeployment(_ id: String) -> JSON { deploymentCommand(id, "status", "Started.") { .startDeployment($0) } }

  private func stopDeployment(_ id: String, force: Bool) -> JSON {
    let unfinished = force ? 0 : server.unfinishedInstances(of: server.board.id(named: id))
    if unfinished > 0 {
      let message = "Error: \(id) has \(unfinished) running instances; wait for them, or stop with --force"
      return ["status": -1, "message": .string(message)]
    }
    return deploymentCommand(id, "status", "Stopped.") { .stopDeployment($0, force: force) }
  }

  private func deleteDeployment(_ id: String) -> JSON {
    deploymentCommand(id, "result", "Successfully deleted \(id).") { .deleteDeployment($0) }
  }

  private func psDeployments(_ ids: [String]) -> JSON {
    var object = JSON.Object()
    let wanted = ids.isEmpty ? server.board.all.map(\.id) : ids
    for id in wanted.map({ server.board.id(named: $0) }) {
      guard let status = server.board[id] else { continue }
      var shown: JSON.Object = ["state": .string(status.deployment.state.name)]
      let metadata = status.process.settings.userMetadata
      if !metadata.isEmpty { shown["user_opaque_metadata"] = .object(metadata) }
      object[id] = .object(shown)
    }
    return .object(object)
  }

  // MARK: instances

  private func instanceCommand(_ id: String, _ key: String, _ success: String, _ command: (InstanceID) -> Command) -> JSON {
    guard let known = InstanceID(id), let state = server.instanceState(of: known) else {
      return .item(key, -1, "Error: \(id) not found")
    }
    switch server.ask(command(known)) {
    case .success: return .item(key, 0, success)
    case .failure(.rejected(let rejection)) where rejection.reason == .notFound: return .item(key, -1, "Error: \(id) is \(state.name)")
    case .failure(let refusal): return .item(key, refusal.isWrongState && key == "result" ? -2 : -1, "Error: \(refusal)")
    }
  }

  private func retryInstance(_ id: String) -> JSON { instanceCommand(id, "status", "Retry Succeeded.") { .retryInstance($0.key) } }
  private func cancelInstance(_ id: String) -> JSON { instanceCommand(id, "status", "Stopped.") { .cancelInstance($0.key) } }

  private func deleteInstance(_ id: String) -> JSON {
    instanceCommand(id, "result", "Successfully deleted \(id).") { .deleteInstance($0) }
  }

  /// The original's `ps` has no pages. All instances may be more than one message takes; then it is the newest ones, and the message
  /// says so. Who asks for certain ones gets all of them or an error.
  private func psInstances(_ request: FlowProto.PSRequest) throws(EnvelopeError) -> Result {
    var object = JSON.Object()
    var bytes = 0
    var isCut = false
    do throws(Status) {
      try server.eachInstance(ids: request.ids, metadata: request.metadata.map { ($0.key, $0.value) }) { row in
        let shown = psInstance(row)
        bytes += row.id.utf8.count + shown.text.utf8.count + 4
        isCut = bytes > Limits.psBytes && !object.members.isEmpty
        if !isCut { object.append(row.id, shown) }
        return !isCut
      }
    } catch {
      throw EnvelopeError("RuntimeError", error.description)
    }
    guard isCut else { return .ok(.object(object)) }
    let what = "more than one message of \(Limits.psBytes) bytes takes"
    guard request.ids.isEmpty else {
      throw EnvelopeError("RuntimeError", "the \(request.ids.count) instances are \(what) (try: fewer ids at a time)")
    }
    return .ok(
      .object(object),
      message: "Ok: the newest \(object.members.count), all are \(what); flow.v1.ListInstances and GET /v1/instances have pages")
  }
}

extension JSON {
  /// One id's part of an answer: `{"status":0,"message":"Started."}`.
  fileprivate static func item(_ key: String, _ code: Int64, _ message: String) -> JSON {
    var object = JSON.Object()
    object[key] = .int(code)
    object["message"] = .string(message)
    return .object(object)
  }
}

extension Refusal {
  fileprivate var isWrongState: Bool {
    guard case .rejected(let rejection) = self else { return false }
    return rejection.reason == .wrongState
  }
}
