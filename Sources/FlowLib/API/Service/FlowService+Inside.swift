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
      let seen = try server.variables(of: id, from: try scope(request.scope, of: id), isLocal: request.local)
      return FlowV1.GetVariablesResponse(variables: seen.variables.map { FlowV1.Variable($0) }, position: seen.position.raw)
    }
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
