import FlowCore
import FlowEngine

/// A mistake that is planted to see whether the simulator finds it. None of them is in what is installed.
package enum Mutant: String, Sendable, CaseIterable {
  // In the store.
  case acknowledgesEarly, dropsLastEvent, swapsEvents, replaysTwice, forgetsTail
  // In decisions.
  case dropsToken, keepsCompletedJob, keepsTimer, firesEarly, keepsMessages, correlatesTwice, leavesChild, forgetsIncident, losesDelivery

  package var meaning: String {
    switch self {
    case .acknowledgesEarly: "the store says that a batch is durable before it is"
    case .dropsLastEvent: "the last event of a batch is not stored"
    case .swapsEvents: "two events of a batch are stored in the other order"
    case .replaysTwice: "recovery gets the last batch twice"
    case .forgetsTail: "recovery forgets what came after the checkpoint"
    case .dropsToken: "a token goes and none comes"
    case .keepsCompletedJob: "a job stays open that was completed"
    case .keepsTimer: "a timer that has fired stays"
    case .firesEarly: "timers fire two hours early"
    case .keepsMessages: "messages live longer than their time to live"
    case .correlatesTwice: "it is not noted that a message was taken"
    case .leavesChild: "a called instance outlives its caller"
    case .forgetsIncident: "what can not go on raises no incident"
    case .losesDelivery: "work between instances is forgotten"
    }
  }

  /// What the store keeps instead of a batch.
  func stored(_ bytes: [UInt8]) -> [UInt8] {
    guard self == .dropsLastEvent || self == .swapsEvents else { return bytes }
    do throws(ByteCodingError) {
      let batch = try EventCodec.decode(bytes)
      var (events, writer) = (batch.events, EventBatchWriter(now: batch.now))
      if events.count > 1, self == .swapsEvents { events.swapAt(events.count - 1, events.count - 2) }
      if events.count > 1, self == .dropsLastEvent { events.removeLast() }
      writer.append(EncodedEvents(events))
      return writer.bytes
    } catch {
      preconditionFailure("a batch that was just written does not decode: \(error)")
    }
  }

  /// What is decided on instead of a command, at another time.
  func changed(_ command: Command, _ context: DecisionContext) -> (Command, DecisionContext) {
    switch (self, command) {
    case (.firesEarly, .goOn):
      return (command, DecisionContext(now: context.now + 7_200_000, entropy: context.entropy, zones: context.zones))
    case (.keepsMessages, .publishMessage(var publish)):
      publish.timeToLiveMs += 36_000_000
      return (.publishMessage(publish), context)
    case (_, _): return (command, context)
    }
  }

  /// What is left of a decision; events that do not fit any more are dropped with all that follows them.
  func changed(_ decision: Decision, in state: PartitionState, _ catalog: Catalog) -> Decision {
    var changed = decision
    if self == .keepsCompletedJob, decision.events.contains(where: isVictim) {
      changed.events = []
      return changed
    }
    var (isDone, kept) = (false, [Event]())
    for event in decision.events {
      guard !isDone, isVictim(event) else {
        kept.append(event)
        continue
      }
      isDone = true
      if let other = replaced(event) { kept.append(other) }
    }
    changed.events = isDone ? Mutant.fitting(kept, state, catalog) : kept
    return changed
  }

  private func replaced(_ event: Event) -> Event? {
    guard self == .dropsToken, case .instance(let key, .passed(let element, _)) = event else { return nil }
    return .instance(key, .passed(element, flows: []))
  }

  private func isVictim(_ event: Event) -> Bool {
    switch (self, event) {
    case (.dropsToken, .instance(_, .passed(_, let flows))): !flows.isEmpty
    case (.keepsCompletedJob, .instance(_, .activity(_, .jobGone))): true
    case (.keepsTimer, .instance(_, .activity(_, .waitClosed))): true
    case (.correlatesTwice, .message(_, .correlated)): true
    case (.leavesChild, .queued(_, .cancel)): true
    case (.forgetsIncident, .instance(_, .activity(_, .incidentRaised))): true
    case (.losesDelivery, .queued(_, .ended)), (.losesDelivery, .queued(_, .call)): true
    case (_, _): false
    }
  }

  private static func fitting(_ events: [Event], _ state: PartitionState, _ catalog: Catalog) -> [Event] {
    var (copy, fit) = (state, [Event]())
    for event in events {
      guard event.problem(in: copy, catalog: catalog) == nil else { break }
      evolve(&copy, with: event, catalog: catalog)
      fit.append(event)
    }
    return fit
  }
}
