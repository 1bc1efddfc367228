import FlowCore
import FlowEngine
import FlowRPC
import FlowRuntime
import FlowServer

// What comes from outside and concerns whoever waits for it.

extension FlowService {
  package func publishMessage(_ call: UnaryCall<FlowV1.PublishMessageRequest, FlowV1.PublishMessageResponse>) {
    tell(call, variables: call.request.variables, { FlowV1.PublishMessageResponse(key: $0, position: $1) }) { request, variables in
      .publishMessage(
        PublishMessage(
          name: request.name, correlationKey: request.correlationKey, timeToLiveMs: request.timeToLiveMs,
          messageID: request.messageID.isEmpty ? nil : request.messageID, variables: variables))
    }
  }

  package func broadcastSignal(_ call: UnaryCall<FlowV1.BroadcastSignalRequest, FlowV1.BroadcastSignalResponse>) {
    tell(call, variables: call.request.variables, { FlowV1.BroadcastSignalResponse(key: $0, position: $1) }) { request, variables in
      .broadcastSignal(name: request.name, variables)
    }
  }

  private func tell<Request, Response>(
    _ call: UnaryCall<Request, Response>, variables bytes: [UInt8], _ response: @escaping @Sendable (String, UInt64) -> Response,
    _ command: @escaping @Sendable (Request, [Variable]) -> Command
  ) {
    let isTaken = server.control.async {
      do throws(Status) {
        server.tell(command(call.request, try Naming.variables(bytes))) { result in
          switch result {
          case .success(let answered):
            guard case .message(let key) = answered.answer else { preconditionFailure("a message was published without a key") }
            call.respond(response(key.text, answered.position.raw))
          case .failure(let refusal): call.fail(Status(refusal))
          }
        }
      } catch {
        call.fail(error)
      }
    }
    if !isTaken { call.fail(FlowService.busy) }
  }
}
