import FlowCore
import FlowEngine
import FlowHTTP
import FlowOrchestrator
import FlowRuntime
import FlowStorage
import Synchronization

/// Performs what the partition owes: calls of services, deadlines, work that goes on.
final class ServiceWork: ObligationPerformer {
  private let caller: ServiceCaller
  private let timers: TimerQueue
  private let addresses: ServiceAddresses
  private let underWay = Mutex<Set<Key>>([])
  let counters = ServiceCounters()

  private let timeoutMs: Int

  init(caller: ServiceCaller, timers: TimerQueue, addresses: ServiceAddresses, timeoutMs: Int64) {
    self.timeoutMs = Int(timeoutMs)
    self.caller = caller
    self.timers = timers
    self.addresses = addresses
  }

  func perform(_ obligations: [Obligation], for partition: Partition) {
    for obligation in obligations {
      switch obligation {
      case .callService(let job): call(job, for: partition)
      case .continue(let continuation): partition.send(.continue(continuation), lane: .internal)
      case .deadline(let deployment, let since, let at):
        timers.set("deployment-\(deployment.raw)", at: at) {
          partition.send(.deploymentTimedOut(deployment, since: since), lane: .internal)
        }
      }
    }
  }

  private func call(_ job: ServiceJob, for partition: Partition) {
    guard underWay.withLock({ $0.insert(job.job).inserted }) else { return }
    counters.started()
    let address = addresses.address(of: job.binding, deployment: job.deploymentID)
    let request = ServiceRequest(
      target: ServiceTarget(
        scheme: job.binding.scheme, host: address.host, port: address.port, method: job.binding.method, path: job.binding.path,
        attemptsMax: job.binding.attemptsMax, readTimeoutMs: timeoutMs),
      instance: job.instance.text, deployment: job.deploymentID, element: job.elementID, idempotencyKey: String(job.job.raw),
      contentType: job.body.contentType, body: job.body.bytes)
    caller.call(request) { [self] outcome in
      finish(job, outcome, for: partition)
    }
  }

  private func finish(_ job: ServiceJob, _ outcome: ServiceOutcome?, for partition: Partition) {
    _ = underWay.withLock { $0.remove(job.job) }
    switch outcome {
    case .success(let body, let contentType):
      counters.ended(ok: true)
      let response = Payload(bytes: body, contentType: contentType)
      partition.send(.jobCompleted(job: job.job, instance: job.instance.key, response: response), lane: .completions)
    case .failure(let failure):
      counters.ended(ok: false)
      let report = FlowEngine.ServiceFailure(
        code: failure.code.rawValue, message: failure.message, elementID: job.elementID, report: Payload(json: failure.payload))
      partition.send(.jobFailed(job: job.job, instance: job.instance.key, report), lane: .completions)
    case nil: counters.ended(ok: false)
    }
  }
}

/// Calls of services, for the metrics page.
final class ServiceCounters: Sendable {
  let startedTotal = Atomic<Int>(0)
  let succeededTotal = Atomic<Int>(0)
  let failedTotal = Atomic<Int>(0)

  func started() { startedTotal.add(1, ordering: .relaxed) }

  func ended(ok: Bool) {
    if ok { succeededTotal.add(1, ordering: .relaxed) } else { failedTotal.add(1, ordering: .relaxed) }
  }
}
