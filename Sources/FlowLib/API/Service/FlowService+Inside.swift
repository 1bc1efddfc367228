import FlowCore
import FlowEngine
import FlowRPC
import FlowRuntime
import FlowServer

// The inside of one live instance: variables, active elements, and tokens that are put elsewhere by hand.

extension FlowService {
  package func getVariables(_ call: UnaryCall<FlowV1.GetVariablesRequest, FlowV1.GetVariablesResponse>) {
    later(call) { request throws(Status) in
      let id = try Naming.oneInstance(request.instanceID)
      let page = try server.variables(
        of: id, from: try scope(request.scope, of: id), isLocal: request.local, after: try name(behind: request.pageToken),
        limit: request.pageSize == 0 ? .max : Naming.limit(request.pageSize))
      let told = answer(page, FlowV1.Variable.init(_:)) { "=" + $0.name }
      return FlowV1.GetVariablesResponse(variables: told.rows, position: page.position.raw, nextPageToken: told.next)
    }
  }

  /// A token is the last name that was told, behind a sign: a name may be empty.
  private func name(behind token: String) throws(Status) -> String? {
    guard !token.isEmpty else { return nil }
    guard token.first == "=" else { throw FlowService.foreignToken }
    return String(token.dropFirst())
  }

  package func setVariables(_ call: UnaryCall<FlowV1.SetVariablesRequest, FlowV1.SetVariablesResponse>) {
    change(call, FlowV1.SetVariablesResponse.init(position:)) { request throws(Status) in
      let id = try Naming.oneInstance(request.instanceID)
      return .setVariables(
        instance: id.key, scope: try scope(request.scope, of: id), try Naming.variables(request.variables), isLocal: request.local)
    }
  }

  /// A scope as callers name it: nothing or 0 for the process, else an element instance, or the id of an element that is active once.
  private func scope(_ name: String, of id: InstanceID) throws(Status) -> ActivityID {
    guard !name.isEmpty, name != "0" else {
      guard server.live(id) != nil else { throw server.gone(id) }
      return .process
    }
    return try server.activity(name, of: id)
  }

  package func listElements(_ call: UnaryCall<FlowV1.ListElementsRequest, FlowV1.ListElementsResponse>) {
    later(call) { request throws(Status) in
      let id = try Naming.oneInstance(request.instanceID)
      guard let live = server.live(id) else { throw server.gone(id) }
      return FlowV1.ListElementsResponse(
        elements: fitting(live.elements.map { FlowV1.ActiveElement($0) }).rows, position: server.position.raw)
    }
  }

  package func modifyInstance(_ call: UnaryCall<FlowV1.ModifyInstanceRequest, FlowV1.ModifyInstanceResponse>) {
    change(call, FlowV1.ModifyInstanceResponse.init(position:)) { request throws(Status) in
      let id = try Naming.oneInstance(request.instanceID)
      guard !request.activate.isEmpty || !request.terminate.isEmpty else {
        throw Status(.invalidArgument, "there is nothing to activate or to terminate")
      }
      var modification = Modification(activate: [], terminate: [])
      for wanted in request.activate {
        modification.activate.append(.init(element: wanted.elementID, variables: try Naming.variables(wanted.variables)))
      }
      for ended in request.terminate {
        let name = ended.elementInstance.isEmpty ? ended.elementID : ended.elementInstance
        for activity in try server.activities(name, of: id) where !modification.terminate.contains(activity) {
          modification.terminate.append(activity)
        }
      }
      guard server.live(id) != nil else { throw server.gone(id) }
      return .modifyInstance(id.key, modification)
    }
  }

  package func migrateInstance(_ call: UnaryCall<FlowV1.MigrateInstanceRequest, FlowV1.MigrateInstanceResponse>) {
    later(call) { request throws(Status) in
      let id = try Naming.oneInstance(request.instanceID)
      guard server.live(id) != nil else { throw server.gone(id) }
      let target = try server.board.named(request.deployment)
      let mapping = request.mapping.map { (from: $0.fromElementID, to: $0.toElementID) }
      if request.dryRun {
        let seen = try server.reasonsAgainstMigration(of: id, to: target.deployment.key, mapping)
        return FlowV1.MigrateInstanceResponse(reasons: seen.reasons, deploymentID: target.id, position: seen.position.raw)
      }
      switch server.ask(.migrateInstance(id.key, to: target.deployment.key, mapping: mapping)) {
      case .success(let answered): return FlowV1.MigrateInstanceResponse(deploymentID: target.id, position: answered.position.raw)
      case .failure(let refusal): throw Status(refusal)
      }
    }
  }

  package func activateAdHoc(_ call: UnaryCall<FlowV1.ActivateAdHocRequest, FlowV1.ActivateAdHocResponse>) {
    change(call, FlowV1.ActivateAdHocResponse.init(position:)) { request throws(Status) in
      let id = try Naming.oneInstance(request.instanceID)
      return .activateInAdHoc(instance: id.key, try server.activity(request.scope, of: id), elements: request.elementIDs)
    }
  }

  package func completeAdHoc(_ call: UnaryCall<FlowV1.CompleteAdHocRequest, FlowV1.CompleteAdHocResponse>) {
    change(call, FlowV1.CompleteAdHocResponse.init(position:)) { request throws(Status) in
      let id = try Naming.oneInstance(request.instanceID)
      return .completeAdHoc(instance: id.key, try server.activity(request.scope, of: id))
    }
  }

  /// Looks at the instance to make the command, sends it, and answers with the position.
  private func change<Request, Response>(
    _ call: UnaryCall<Request, Response>, _ response: @escaping @Sendable (UInt64) -> Response,
    _ command: @escaping @Sendable (Request) throws(Status) -> Command
  ) {
    later(call) { request throws(Status) in
      switch server.ask(try command(request)) {
      case .success(let answered): response(answered.position.raw)
      case .failure(let refusal): throw Status(refusal)
      }
    }
  }
}

extension FlowV1.Variable {
  init(_ seen: Server.ScopeVariable) {
    self.init(
      name: seen.variable.name, value: seen.variable.value.bytes, scope: String(seen.scope.raw), elementID: seen.elementID ?? "")
  }
}
