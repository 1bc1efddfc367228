import FlowCore
import FlowEngine
import FlowRuntime

/// Told line by line what happens in a simulated world.
package typealias SimulationTrace = @Sendable (String) -> Void

/// Stands between the partition and the engine: looks at each decision, and plants the mistakes.
final class DecisionWatch: Sendable {
  private let witness: Witness
  private let chance: SimulatedChance
  private let mutant: Mutant?
  private let trace: SimulationTrace?

  init(_ witness: Witness, _ chance: SimulatedChance, _ mutant: Mutant?, _ trace: SimulationTrace?) {
    self.witness = witness
    self.chance = chance
    self.mutant = mutant
    self.trace = trace
  }

  func decide(_ command: Command, _ state: PartitionState, _ catalog: Catalog, _ context: DecisionContext) throws(Rejection) -> Decision {
    chance.see("command \(command.kindName)")
    let decision: Decision
    do throws(Rejection) {
      decision = try undisturbed(command, state, catalog, context)
    } catch {
      chance.see("refused \(error.reason)")
      trace?("  \(command) is refused: \(error)")
      throw error
    }
    trace?("  \(command) at \(context.now.rfc3339)" + decision.events.map { "\n    \($0)" }.joined())
    if !decision.events.isEmpty { check(decision, of: command, state, catalog, context.now) }
    return decision
  }

  /// As the engine, or the mutant, decides; the engine twice.
  private func undisturbed(
    _ command: Command, _ state: PartitionState, _ catalog: Catalog, _ context: DecisionContext
  ) throws(Rejection) -> Decision {
    guard let mutant else {
      let decision = try FlowEngine.decide(command, in: state, catalog: catalog, context: context)
      if chance.one(of: 4) { repeatDecision(decision, command, state, catalog, context) }
      return decision
    }
    let (changed, other) = mutant.changed(command, context)
    return mutant.changed(try FlowEngine.decide(changed, in: state, catalog: catalog, context: other), in: state, catalog)
  }

  private func repeatDecision(
    _ first: Decision, _ command: Command, _ state: PartitionState, _ catalog: Catalog, _ context: DecisionContext
  ) {
    do throws(Rejection) {
      let second = try FlowEngine.decide(command, in: state, catalog: catalog, context: context)
      guard second.answer == first.answer, bytes(second) == bytes(first) else {
        return witness.report("deterministic", "\(command.kindName) is decided in two ways")
      }
    } catch { witness.report("deterministic", "\(command.kindName) is decided, and refused the second time") }
  }

  private func bytes(_ decision: Decision) -> [UInt8] {
    var writer = EventBatchWriter(now: Instant(milliseconds: 0))
    writer.append(EncodedEvents(decision.events))
    return writer.bytes
  }

  // MARK: what a decision is about

  private func check(_ decision: Decision, of command: Command, _ state: PartitionState, _ catalog: Catalog, _ now: Instant) {
    if case .goOn = command {
      if let (_, delivery) = state.deliveries.first {
        chance.see("delivery \(delivery.kindName)")
        checkDelivery(delivery, decision, state, catalog)
      } else {
        checkDue(state, now)
      }
    }
    if case .publishMessage(let publish) = command { checkLife(decision, now + publish.timeToLiveMs) }
    checkOffered(decision, command, state, now)
  }

  private func checkDue(_ state: PartitionState, _ now: Instant) {
    var agenda = state.lookups.agenda
    guard let (due, item) = agenda.first else { return witness.report("timers", "something is done, and nothing is due") }
    chance.see("due \(item.kindName)")
    let key: Key
    switch item {
    case .wait(_, _, let wait): key = wait
    case .job(_, _, let job): return due > now ? witness.report("timers", "job \(job.raw) is freed before its time") : ()
    case .message(let message): return due > now ? witness.report("timers", "message \(message.raw) ends before its time") : ()
    case .start(let deployment, _): key = deployment
    }
    witness.change { ledger in
      if let broken = ledger.fire(key, due: due, at: now) { witness.report(broken.checker, broken.what) }
    }
  }

  /// An instance that changes while a message is delivered has it.
  private func checkDelivery(_ delivery: Delivery, _ decision: Decision, _ state: PartitionState, _ catalog: Catalog) {
    guard case .correlate(let message) = delivery else { return }
    let taker = decision.events.lazy.compactMap { event -> Key? in
      switch event {
      case .instance(_, .created(let created)): created.deployment
      case .instance(let key, _): state.instances[key]?.deployment
      case .triggersSeen(let deployment, _, .some): deployment
      case .deployment, .requestAnswered, .requestsEvicted, .message, .startTimer, .triggersSeen, .queued, .delivered: nil
      }
    }.first
    guard let taker, let process = catalog[taker] else { return }
    witness.change { ledger in
      if let broken = ledger.take(message, by: process.processID) { witness.report(broken.checker, broken.what) }
    }
  }

  private func checkLife(_ decision: Decision, _ deadline: Instant) {
    for case .message(let key, .published(let message)) in decision.events where message.deadline != deadline {
      witness.report(
        "messages-life", "message \(key.raw) lives until \(message.deadline.rfc3339), and was to live until \(deadline.rfc3339)")
    }
  }

  /// Nobody who comes later gets a message whose time is over.
  private func checkOffered(_ decision: Decision, _ command: Command, _ state: PartitionState, _ now: Instant) {
    var underWay: Key?
    if case .goOn = command, case .correlate(let message)? = state.deliveries.first?.delivery { underWay = message }
    for case .queued(_, .correlate(let message)) in decision.events where message != underWay {
      guard let old = state.messages[message], old.deadline < now else { continue }
      witness.report("messages-life", "message \(message.raw) is offered after \(old.deadline.rfc3339)")
    }
  }
}
