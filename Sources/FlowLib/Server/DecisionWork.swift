import FlowCore
import FlowEngine
import FlowOrchestrator
import FlowRuntime
import Synchronization

/// Asks an external decision service which way exclusive gateways go: one condition after the other, until one is true.
///
/// A question is `POST /dmn/dt` with `[{"<condition>": "True", "": "False"}, <body>]`; the answer is `[{"result": "True"}]` when it holds.
/// - Source: reference, section 5, exclusive gateway, `feel`.
final class DecisionWork: Sendable {
  private let caller: ServiceCaller
  private let service: ServiceTarget?
  private let timeoutMs: Int
  private let underWay = Mutex<Set<Key>>([])

  /// Only reads, so that it may be asked again.
  private static let attempts = 3

  /// - Parameter service: nil when this node has none; decisions that an earlier run has left open fail then.
  init(caller: ServiceCaller, service: ServiceTarget?, timeoutMs: Int64) {
    self.caller = caller
    self.service = service
    self.timeoutMs = Int(timeoutMs)
  }

  func perform(_ decision: GatewayDecision, for partition: Partition) {
    guard underWay.withLock({ $0.insert(decision.job).inserted }) else { return }
    ask(decision, decision.conditions[...], for: partition)
  }

  private func ask(_ decision: GatewayDecision, _ rest: ArraySlice<GatewayDecision.Condition>, for partition: Partition) {
    guard let condition = rest.first else { return decided(decision, nil, for: partition) }
    guard var target = service else {
      return failed(decision, "this node has no decision service (any more)", for: partition)
    }
    target.attemptsMax = DecisionWork.attempts
    target.callTimeoutMs = timeoutMs
    let question: JSON = .array([[condition.text: "True", "": "False"], decision.body.json ?? .null])
    let request = ServiceRequest(
      target: target, instance: decision.instance.text, deployment: decision.deploymentID, element: decision.elementID,
      idempotencyKey: String(decision.job.raw), body: Array(question.text.utf8))
    caller.call(request) { [self] outcome in
      switch outcome {
      case .success(let body, _):
        switch DecisionWork.isTrue(body) {
        case true?: decided(decision, condition.flow, for: partition)
        case false?: ask(decision, rest.dropFirst(), for: partition)
        case nil:
          let shown = String(decoding: body.prefix(200), as: UTF8.self)
          failed(decision, "the decision service answered '\(shown)'", for: partition)
        }
      case .failure(let failure):
        failed(decision, failure.code.rawValue, "decision service: \(failure.message)", failure.payload, for: partition)
      // The node is stopping; the question is asked again when it is back.
      case nil: _ = underWay.withLock { $0.remove(decision.job) }
      }
    }
  }

  /// - Returns: nil when it is no answer.
  private static func isTrue(_ body: [UInt8]) -> Bool? {
    do throws(JSONError) {
      guard let result = try JSON(parsing: body).array?.first?.object?["result"] else { return nil }
      return result.string == "True"
    } catch {
      return nil
    }
  }

  private func decided(_ decision: GatewayDecision, _ flow: FlowIndex?, for partition: Partition) {
    _ = underWay.withLock { $0.remove(decision.job) }
    partition.send(.gatewayDecided(job: decision.job, instance: decision.instance.key, flow), lane: .completions)
  }

  private func failed(_ decision: GatewayDecision, _ message: String, for partition: Partition) {
    let code = FlowOrchestrator.ServiceFailure.Code.task.rawValue
    let report: JSON = [
      "error_code": .string(code), "error_msg": .string(message), "failed_task_id": .string(decision.elementID),
      "input_data": decision.body.json ?? .null, "from_envoy": false,
    ]
    failed(decision, code, message, report, for: partition)
  }

  private func failed(_ decision: GatewayDecision, _ code: String, _ message: String, _ report: JSON, for partition: Partition) {
    _ = underWay.withLock { $0.remove(decision.job) }
    let failure = FlowEngine.ServiceFailure(code: code, message: message, elementID: decision.elementID, report: Payload(json: report))
    partition.send(.jobFailed(job: decision.job, instance: decision.instance.key, failure), lane: .completions)
  }
}
