import FlowCore
import FlowEngine
import FlowStorage

/// What the partition's thread does. Nothing here is shared: one thread owns all of it.
final class PartitionLoop {
  private let configuration: PartitionConfiguration
  /// Set before the thread starts.
  weak var owner: Partition?
  private var state: PartitionState
  private var catalog = Catalog()
  private var position = Position.start
  private var epoch = Epoch.none
  private var checkpointer: Checkpointer
  private var replies: [Reply] = []
  private var touchedInstances: Set<Key> = []
  private var touchedDeployments: Set<Key> = []
  private var condition = Condition.open

  /// `open` goes to the others; `waiting` goes back to `open` when the store takes the partition again; `failed` is for good.
  private enum Condition: Equatable {
    case open
    /// The memory was thrown away and could not be read again yet: nothing is known, so nothing is answered.
    case waiting(reason: String)
    case failed
  }

  init(_ configuration: PartitionConfiguration) {
    self.configuration = configuration
    state = PartitionState(partition: UInt64(configuration.id.raw))
    checkpointer = Checkpointer(configuration)
  }

  /// What waits for the commit: told with its position, or refused when it failed.
  private struct Reply {
    let tell: (Position) -> Void
    let refuse: (Refusal) -> Void
  }

  private var store: any Store { configuration.store }
  private var observer: any PartitionObserver { configuration.observer }

  /// Claims the partition and reads it as it is.
  func open() throws(StoreError) {
    let standing = try store.standing(configuration.id)
    let claimed = try store.claim(configuration.id, epoch: configuration.epoch ?? standing.epoch.next)
    let recovered = try Recovery(configuration).run(from: claimed)
    state = recovered.state
    catalog = recovered.catalog
    position = claimed.last
    epoch = claimed.epoch
    checkpointer = Checkpointer(configuration, epoch: epoch, recovered: recovered)
  }

  func run(_ mailbox: Mailbox<Request>) {
    begin()
    while let requests = mailbox.take(waitingMs: patienceMs) { turn(requests) }
    finish()
  }

  /// An orderly end.
  func finish() {
    if condition == .open { checkpointer.finish(state, at: position) }
  }

  /// What comes between two looks into the mailbox.
  func turn(_ requests: [Request]) {
    if case .waiting = condition { reopen() }
    handle(requests)
    observer.rested()
    if condition == .open { checkpoint() }
  }

  private var patienceMs: Int64 {
    switch condition {
    case .waiting: return 200
    case .open:
      let pause: Int64 = checkpointer.isIdle ? 1_000 : 20
      guard let due = state.nextDue else { return pause }
      return max(0, min(pause, due - configuration.world.now()))
    case .failed: return 1_000
    }
  }

  /// Does what is due, and the work between instances; what is left over comes after the requests that wait.
  private func goOn(into batch: inout EventBatchWriter) {
    var steps = 0
    while condition == .open, let due = state.nextDue, due <= max(batch.now, state.now), steps < Limits.ownStepsPerTurn {
      do throws(Rejection) {
        _ = try decide(.goOn, into: &batch)
      } catch {
        return configuration.log.error(
          "work of the partition's own can not be done", ["flow.partition": "\(configuration.id)", "error": "\(error)"])
      }
      steps += 1
    }
  }

  // MARK: one batch after the other

  private func handle(_ requests: [Request]) {
    var batch = newBatch()
    if condition == .open { goOn(into: &batch) }
    for request in requests {
      switch condition {
      case .open:
        take(request, into: &batch)
        // Before the next command sees the state, what follows from this one is done.
        if !state.deliveries.isEmpty { goOn(into: &batch) }
      case .waiting(let reason): request.refuse(.unavailable("nothing is accepted until the store takes it again: \(reason)"))
      case .failed: request.refuse(.unavailable("the store has failed"))
      }
    }
    commit(batch)
  }

  private func newBatch() -> EventBatchWriter {
    // Time moves in the state only with what is journaled, so that replay sees the same.
    EventBatchWriter(now: max(state.now, configuration.world.now()))
  }

  private func take(_ request: Request, into batch: inout EventBatchWriter) {
    switch request {
    case .command(let command, let reply):
      if command.isNewWork, let refusal = refusalOfNewWork() ?? refusalOfBytes(command) { return later(reply, .failure(refusal)) }
      answer(reply) { () throws(Rejection) in try decide(command, into: &batch) }
    case .commandThenLook(let command, let look, let refused):
      do throws(Rejection) {
        let answer = try decide(command, into: &batch)
        let then = look(answer, state, catalog)
        replies.append(Reply(tell: { then($0) }, refuse: refused))
      } catch {
        replies.append(Reply(tell: { _ in refused(.rejected(error)) }, refuse: refused))
      }
    case .deploy(let deployments, let reply):
      if let refusal = refusalOfNewWork() { return later(reply, .failure(refusal)) }
      answer(reply) { () throws(Rejection) in try deploy(deployments, into: &batch) }
    case .read(let look, let refused):
      let then = look(state, catalog)
      replies.append(Reply(tell: { then($0) }, refuse: { _ in refused() }))
    }
  }

  /// Nothing is decided before it is known that nothing stands in the way of any.
  private func deploy(
    _ deployments: [(deploy: Deploy, process: ExecutableProcess)], into batch: inout EventBatchWriter
  ) throws(Rejection) -> Answer {
    for (deploy, _) in deployments where state.deployment(id: deploy.id) != nil {
      throw Rejection(.alreadyExists, "deployment \(deploy.id) already exists")
    }
    // Those of one file are in one batch, so that a store takes all or none.
    if deployments.count > 1, batch.count > 0 {
      guard commit(batch) else { throw Rejection(.exhausted, "the store did not take what came before; try again") }
      batch = newBatch()
    }
    var answer = Answer.done
    for (index, (deploy, process)) in deployments.enumerated() {
      catalog[state.nextKey] = process
      var deploy = deploy
      if index > 0 { deploy.isWithLast = true }
      answer = try decide(.deploy(deploy), into: &batch)
    }
    return answer
  }

  /// A reply is told with the position of the state it came from, when that is durable; so are refusals.
  private func answer(
    _ reply: @escaping @Sendable (Result<Answered, Refusal>) -> Void, _ body: () throws(Rejection) -> Answer
  ) {
    do throws(Rejection) {
      let answer = try body()
      replies.append(
        Reply(tell: { reply(.success(Answered(answer: answer, position: $0))) }, refuse: { reply(.failure($0)) }))
    } catch {
      later(reply, .failure(.rejected(error)))
    }
  }

  private func later(_ reply: @escaping @Sendable (Result<Answered, Refusal>) -> Void, _ result: Result<Answered, Refusal>) {
    replies.append(Reply(tell: { _ in reply(result) }, refuse: { reply(.failure($0)) }))
  }

  private func refusalOfNewWork() -> Refusal? {
    switch store.condition {
    case .writable: nil
    case .readOnly(let reason), .failed(let reason): .unavailable("no new work is accepted: \(reason)")
    }
  }

  /// Past the bound on live bytes nothing is created; what is there goes on, and a repeat gets its answer.
  private func refusalOfBytes(_ command: Command) -> Refusal? {
    guard case .createInstance(let create) = command,
      create.payload.bytes.count > configuration.liveBytesMax - state.liveBytes - Limits.liveInstanceBytes,
      state.answer(to: create) == nil
    else { return nil }
    return .overloaded(
      "the instances that live take \(state.liveBytes) of \(configuration.liveBytesMax) bytes, and none is created beyond that; try again when "
        + "some have ended, cancel those that hang, or start flowd with a larger --live-bytes")
  }

  private func decide(_ command: Command, into batch: inout EventBatchWriter) throws(Rejection) -> Answer {
    let world = configuration.world
    let context = DecisionContext(now: batch.now, entropy: (world.entropy(), world.entropy()), zones: world.zones)
    let decision = try configuration.decide(command, state, catalog, context)
    guard !decision.events.isEmpty else { return decision.answer }
    var events = decision.events
    var encoded = EncodedEvents(events)
    // What is this short holds no body that would be kept apart.
    if encoded.byteCount > Limits.inlinePayloadBytes {
      events = try keepApart(events)
      encoded = EncodedEvents(events)
    }
    if batch.count > 0, batch.bytes.count + encoded.byteCount > Limits.batchBytes {
      // What was decided belongs to a state that is gone when this fails.
      let isDurable = commit(batch)
      batch = newBatch()
      guard isDurable else { throw Rejection(.exhausted, "the store did not take what came before; try again") }
    }
    guard encoded.byteCount <= Limits.batchBytes - Limits.batchHeaderBytes else {
      throw Rejection(.exhausted, "one command made \(encoded.byteCount) bytes of events, the limit is \(Limits.batchBytes)")
    }
    apply(events, encoded, to: &batch)
    return decision.answer
  }

  private func apply(_ events: [Event], _ encoded: EncodedEvents, to batch: inout EventBatchWriter) {
    if batch.count == 0 {
      state.advance(to: batch.now)
      observer.beginBatch(at: position.next)
    }
    for event in events {
      observer.willApply(event, at: position.next, in: state, catalog: catalog)
      touch(event)
      evolve(&state, with: event, catalog: catalog)
    }
    batch.append(encoded)
  }

  private func keepApart(_ events: [Event]) throws(Rejection) -> [Event] {
    let blobs = PayloadBlobs(store: store)
    do throws(StoreError) {
      return try events.map { event throws(StoreError) in try blobs.keepApart(event) }
    } catch {
      throw Rejection(.exhausted, "the payload can not be stored: \(error)")
    }
  }

  private func touch(_ event: Event) {
    checkpointer.touch(event, at: position.next, state)
    switch event {
    case .deployment(let key, _): touchedDeployments.insert(key)
    case .instance(let key, _): touchedInstances.insert(key)
    case .startTimer(let key, _, _), .triggersSeen(let key, _, _): touchedDeployments.insert(key)
    case .requestAnswered, .requestsEvicted, .message, .queued, .delivered: break
    }
  }

  @discardableResult
  private func commit(_ batch: EventBatchWriter) -> Bool {
    if batch.count > 0 {
      do throws(StoreError) {
        position = try store.append(batch.bytes, to: configuration.id, after: position, epoch: epoch, urgency: .owed)
      } catch {
        appendFailed(error)
        return false
      }
    }
    tell(hasWritten: batch.count > 0)
    return true
  }

  private func tell(hasWritten: Bool) {
    let told = replies
    replies.removeAll(keepingCapacity: true)
    let deploymentsChanged = !touchedDeployments.isEmpty
    // Also what touches no instance, as a message does: who is told a position may ask readers for it.
    if hasWritten {
      observer.committed(position, state, catalog, touchedDeployments: deploymentsChanged)
    }
    for reply in told { reply.tell(position) }
    var owed: [Obligation] = []
    for key in touchedDeployments.sorted() { owed += obligations(ofDeployment: key, in: state, catalog: catalog) }
    for key in touchedInstances.sorted() { owed += obligations(ofInstance: key, in: state, catalog: catalog) }
    touchedDeployments.removeAll(keepingCapacity: true)
    touchedInstances.removeAll(keepingCapacity: true)
    owner?.liveBytes = state.liveBytes
    perform(owed)
  }

  private func perform(_ owed: [Obligation]) {
    if let owner, !owed.isEmpty { configuration.performer.perform(owed, for: owner) }
  }

  // MARK: when the store says no

  /// Nothing is rolled back: the memory is thrown away and read again from the store, or the process ends.
  private func appendFailed(_ error: StoreError) {
    configuration.log.error("the store refused the partition's write", ["flow.partition": "\(configuration.id)", "error": "\(error)"])
    observer.discarded()
    let refused = replies
    replies.removeAll()
    for reply in refused { reply.refuse(.unavailable("\(error)")) }
    touchedInstances.removeAll()
    touchedDeployments.removeAll()
    switch error {
    case .full, .tooLarge, .unknown, .unavailable: reopen()
    // Without an election nobody else may own the partition; with one, the memory is worth nothing until this epoch can claim again.
    case .fenced: if configuration.epoch == nil { failForGood(error) } else { reopen() }
    case .io, .corrupt, .tooNew, .locked, .trimmed, .compacted, .invalid, .closed: failForGood(error)
    }
  }

  /// Reads the store again. What is owed is performed from the start, so that outcomes that were refused meanwhile come again.
  private func reopen() {
    do throws(StoreError) {
      try open()
    } catch {
      observer.discarded()
      return waitOut(error)
    }
    if condition != .open { configuration.log.info("the partition is open again", ["flow.partition": "\(configuration.id)"]) }
    condition = .open
    owner?.waitingReason = nil
    begin()
  }

  /// Opening claims the partition, which is a write: a store that is full or away, or another owner, is waited out.
  private func waitOut(_ error: StoreError) {
    switch error {
    case .full, .unknown, .unavailable: break
    case .fenced: if configuration.epoch == nil { return failForGood(error) }
    case .tooLarge, .io, .corrupt, .tooNew, .locked, .trimmed, .compacted, .invalid, .closed: return failForGood(error)
    }
    if condition == .open {
      configuration.log.warning(
        "waiting to open the partition again", ["flow.partition": "\(configuration.id)", "error": error.description])
    }
    condition = .waiting(reason: error.description)
    owner?.waitingReason = error.description
  }

  /// Tells what is there, and performs all that is owed.
  func begin() {
    observer.committed(position, state, catalog, touchedDeployments: true)
    owner?.liveBytes = state.liveBytes
    perform(obligations(of: state, catalog: catalog))
  }

  private func failForGood(_ error: StoreError) {
    condition = .failed
    configuration.fatal(error)
  }

  private func checkpoint() {
    do throws(StoreError) {
      try checkpointer.step(state, at: position)
    } catch {
      switch error {
      // What is behind the journal is written again in the next round.
      case .full, .unknown, .unavailable: break
      case .fenced: appendFailed(error)
      case .io, .corrupt, .tooNew, .locked, .tooLarge, .trimmed, .compacted, .invalid, .closed: failForGood(error)
      }
    }
  }
}

extension Command {
  /// Work that may be refused when there is no room; all else is owed for work that was accepted.
  fileprivate var isNewWork: Bool {
    switch self {
    case .deploy, .createInstance, .startDeployment, .retryInstance, .publishMessage, .broadcastSignal, .evaluateConditions: true
    case .stopDeployment, .deleteDeployment, .observeDeployment, .deploymentTimedOut, .jobCompleted, .jobFailed, .gatewayDecided,
      .failInstance, .endInstance, .cancelInstance, .deleteInstance, .continue, .activateJobs, .completeJob, .failJob, .throwError,
      .setJobRetries, .setJobTimeout, .completeUserTask, .changeUserTask, .resolveIncident, .setVariables, .modifyInstance,
      .migrateInstance, .activateInAdHoc, .completeAdHoc, .goOn:
      false
    }
  }
}
