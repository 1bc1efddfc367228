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
  /// Jobs that are being called, since when.
  private let underWay = Mutex<[Key: Instant]>([:])
  let counters = ServiceCounters()
  private let lanes = CallLanes(perAddress: Limits.serviceCallsPerAddress)

  private let timeoutMs: Int
  private let world: World
  private let decisions: DecisionWork
  private let waiting = Mutex<[Waiting]>([])

  private struct Waiting: Sendable {
    let job: ServiceJob
    let partition: Partition
    let until: Instant
  }

  init(caller: ServiceCaller, timers: TimerQueue, addresses: ServiceAddresses, decisions: DecisionWork, timeoutMs: Int64, world: World) {
    self.decisions = decisions
    self.world = world
    self.timeoutMs = Int(timeoutMs)
    self.caller = caller
    self.timers = timers
    self.addresses = addresses
  }

  var waitingCalls: Int { lanes.waiting }

  func perform(_ obligations: [Obligation], for partition: Partition) {
    for obligation in obligations {
      switch obligation {
      case .callService(let job): call(job, for: partition)
      case .decide(let decision): decisions.perform(decision, for: partition)
      case .continue(let continuation): partition.send(.continue(continuation), lane: .internal)
      case .deadline(let deployment, let since, let at):
        timers.set("deployment-\(deployment.raw)", at: at) {
          partition.send(.deploymentTimedOut(deployment, since: since), lane: .internal)
        }
      }
    }
  }

  private func call(_ job: ServiceJob, for partition: Partition) {
    let now = world.now()
    let isNew = underWay.withLock { underWay in
      guard underWay[job.job] == nil else { return false }
      underWay[job.job] = now
      return true
    }
    guard isNew else { return }
    counters.started()
    if addresses.isComing(job.binding, deployment: job.deploymentID) { wait(job, for: partition) } else { send(job, for: partition) }
  }

  // MARK: services that are not up yet

  /// How long a call waits for a service that is started here.
  private static let serviceWaitMs: Int64 = 30_000
  private static let lookMs: Int64 = 100

  /// A service of our own that was started a moment ago refuses connections until it listens; that is no failure of the task.
  private func mayComeUp(_ job: ServiceJob) -> Bool {
    let now = world.now()
    guard let since = underWay.withLock({ $0[job.job] }), now - since < ServiceWork.serviceWaitMs else { return false }
    return addresses.isYoung(job.binding, deployment: job.deploymentID, at: now)
  }

  /// After a crash, and while a service is started again, its calls wait for it instead of failing.
  private func wait(_ job: ServiceJob, for partition: Partition) {
    let until = world.now() + ServiceWork.serviceWaitMs
    let isFirst = waiting.withLock { waiting in
      waiting.append(Waiting(job: job, partition: partition, until: until))
      return waiting.count == 1
    }
    if isFirst { lookAgainSoon() }
  }

  private func lookAgainSoon() { timers.set("services", at: world.now() + ServiceWork.lookMs) { [weak self] in self?.lookForServices() } }

  private func lookForServices() {
    let now = world.now()
    let ready = waiting.withLock { waiting in
      let ready = waiting.filter { $0.until <= now || !addresses.isComing($0.job.binding, deployment: $0.job.deploymentID) }
      waiting.removeAll { $0.until <= now || !addresses.isComing($0.job.binding, deployment: $0.job.deploymentID) }
      return (calls: ready, isEmpty: waiting.isEmpty)
    }
    for call in ready.calls { send(call.job, for: call.partition) }
    if !ready.isEmpty { lookAgainSoon() }
  }

  private func send(_ job: ServiceJob, for partition: Partition) {
    let lane = addresses.address(of: job.binding, deployment: job.deploymentID)
    lanes.enter(lane) { [self] in call(job, for: partition, in: lane) }
  }

  private func call(_ job: ServiceJob, for partition: Partition, in lane: HTTPAddress) {
    // Asked again: a service of our own may have moved while the call waited for its turn.
    let address = addresses.address(of: job.binding, deployment: job.deploymentID)
    let request = ServiceRequest(
      target: ServiceTarget(
        scheme: job.binding.scheme, host: address.host, port: address.port, method: job.binding.method, path: job.binding.path,
        attemptsMax: job.binding.attemptsMax, callTimeoutMs: timeoutMs),
      instance: job.instance.text, deployment: job.deploymentID, element: job.elementID, idempotencyKey: String(job.job.raw),
      contentType: job.body.contentType, body: job.body.bytes, context: job.context.bytes)
    caller.call(request) { [self] outcome in
      finish(job, outcome, for: partition)
      // Cancelled means that the node stops: what waits would only be cancelled too.
      lanes.leave(lane, goesOn: outcome != nil)
    }
  }

  private func finish(_ job: ServiceJob, _ outcome: ServiceOutcome?, for partition: Partition) {
    if case .failure(let failure) = outcome, failure.code == .connection, mayComeUp(job) { return wait(job, for: partition) }
    _ = underWay.withLock { $0.removeValue(forKey: job.job) }
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
