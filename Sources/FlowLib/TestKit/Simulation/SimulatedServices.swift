import FlowCore
import FlowEngine
import FlowRuntime

/// Does what the partition owes the outside, late and not always well.
final class SimulatedServices: ObligationPerformer, @unchecked Sendable {
  // Safety: one seed lives on one thread.
  private var continuations: [Continuation] = []
  private var jobs: [ServiceJob] = []
  private var decisions: [GatewayDecision] = []
  private var deadlines: [Key: (since: Instant, at: Instant)] = [:]

  var hasContinuations: Bool { !continuations.isEmpty }

  func perform(_ obligations: [Obligation], for partition: Partition) {
    for obligation in obligations {
      switch obligation {
      case .continue(let continuation): if !continuations.contains(continuation) { continuations.append(continuation) }
      case .callService(let job): if !jobs.contains(where: { $0.job == job.job }) { jobs.append(job) }
      case .decide(let decision): if !decisions.contains(where: { $0.job == decision.job }) { decisions.append(decision) }
      case .deadline(let deployment, let since, let at): deadlines[deployment] = (since, at)
      }
    }
  }

  /// The process that called them is gone.
  func forgetCalls() {
    continuations = []
    jobs = []
    decisions = []
    deadlines = [:]
  }

  func work(_ world: SimulatedWorld) {
    let chance = world.chance
    let late = continuations.filter { _ in chance.faultsHappen && chance.one(of: 3) }
    for continuation in continuations where !late.contains(continuation) {
      world.partition.send(.continue(continuation), lane: .internal)
    }
    continuations = late
    answerJobs(world)
    for (deployment, deadline) in deadlines.sorted(by: { $0.key < $1.key }) where deadline.at <= chance.now {
      deadlines[deployment] = nil
      world.clients.send(.deploymentTimedOut(deployment, since: deadline.since), lane: .internal, to: world.partition)
    }
  }

  private func answerJobs(_ world: SimulatedWorld) {
    let chance = world.chance
    var left: [ServiceJob] = []
    for job in jobs {
      guard !chance.one(of: 3) else {
        left.append(job)
        continue
      }
      world.clients.send(outcome(of: job, chance), lane: .completions, to: world.partition)
    }
    jobs = left
    for decision in decisions {
      let flow = chance.pick(decision.conditions.map { Optional($0.flow) } + [nil]) ?? nil
      world.clients.send(
        .gatewayDecided(job: decision.job, instance: decision.instance.key, flow), lane: .completions, to: world.partition)
    }
    decisions = []
  }

  private func outcome(of job: ServiceJob, _ chance: SimulatedChance) -> Command {
    if chance.one(of: 5) {
      let failure = ServiceFailure(code: "FAILED_TASK", message: "no", elementID: job.elementID, report: Payload(json: ["no": true]))
      return .jobFailed(job: job.job, instance: job.instance.key, failure)
    }
    return .jobCompleted(job: job.job, instance: job.instance.key, response: Payload(json: ["n": .int(Int64(chance.roll(0...6)))]))
  }
}
