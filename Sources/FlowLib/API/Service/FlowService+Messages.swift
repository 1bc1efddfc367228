import FlowCore
import FlowEngine
import FlowRPC
import FlowRuntime
import FlowServer

// What comes from outside and concerns whoever waits for it.

extension FlowService {
  package func publishMessage(_ call: UnaryCall<FlowV1.PublishMessageRequest, FlowV1.PublishMessageResponse>) {
    tell(call, variables: call.request.variables) { request, variables in
      .publishMessage(
        PublishMessage(
          name: request.name, correlationKey: request.correlationKey, timeToLiveMs: request.timeToLiveMs,
          messageID: request.messageID.isEmpty ? nil : request.messageID, variables: variables))
    } answer: {
      FlowV1.PublishMessageResponse(key: FlowService.key(of: $0), position: $0.position.raw)
    }
  }

  package func broadcastSignal(_ call: UnaryCall<FlowV1.BroadcastSignalRequest, FlowV1.BroadcastSignalResponse>) {
    tell(call, variables: call.request.variables) { request, variables in
      .broadcastSignal(name: request.name, variables)
    } answer: {
      FlowV1.BroadcastSignalResponse(key: FlowService.key(of: $0), position: $0.position.raw)
    }
  }

  package func evaluateConditions(_ call: UnaryCall<FlowV1.EvaluateConditionsRequest, FlowV1.EvaluateConditionsResponse>) {
    tell(call, variables: call.request.variables) { _, variables in
      .evaluateConditions(variables)
    } answer: {
      guard case .conditions(let held) = $0.answer else { preconditionFailure("conditions were evaluated without a count") }
      return FlowV1.EvaluateConditionsResponse(held: UInt32(clamping: held), position: $0.position.raw)
    }
  }

  private static func key(of answered: Answered) -> String {
    guard case .message(let key) = answered.answer else { preconditionFailure("a message was published without a key") }
    return key.text
  }

  private func tell<Request, Response>(
    _ call: UnaryCall<Request, Response>, variables bytes: [UInt8], _ command: @escaping @Sendable (Request, [Variable]) -> Command,
    answer: @escaping @Sendable (Answered) -> Response
  ) {
    let isTaken = server.control.async {
      do throws(Status) {
        server.tell(command(call.request, try Naming.variables(bytes))) { result in
          switch result {
          case .success(let answered): call.respond(answer(answered))
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
