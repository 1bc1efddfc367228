import FlowCore
import FlowEngine
import FlowStorage
import FlowThreads
import Synchronization

/// What is asked of a partition, and how it hears the answer.
package enum Request: Sendable {
  case command(Command, reply: @Sendable (Result<Answered, Refusal>) -> Void)
  /// A command, and a look at the state that it leaves behind. What it returns is called when that is durable.
  case commandThenLook(
    Command, look: @Sendable (Answer, PartitionState, Catalog) -> @Sendable (Position) -> Void, refused: @Sendable (Refusal) -> Void)
  /// Deployments with their processes, all or none; each process becomes part of the catalog with its event.
  case deploy([(deploy: Deploy, process: ExecutableProcess)], reply: @Sendable (Result<Answered, Refusal>) -> Void)
  /// Looks at the state. What it sees is durable when what it returns is called; `refused` when that never happens.
  case read(@Sendable (PartitionState, Catalog) -> @Sendable (Position) -> Void, refused: @Sendable () -> Void)
}

package struct Answered: Sendable {
  package let answer: Answer
  package let position: Position
}

/// Why a request was not carried out.
package enum Refusal: Error, Sendable, Equatable, CustomStringConvertible {
  /// The engine says no.
  case rejected(Rejection)
  /// Too much waits already: try again later.
  case overloaded(String)
  /// The store takes no new work, or can not be reached.
  case unavailable(String)

  package var description: String {
    switch self {
    case .rejected(let rejection): rejection.message
    case .overloaded(let why), .unavailable(let why): why
    }
  }
}

/// The order in which waiting requests are taken, and the order in which they are shed: the last first, the first never.
package enum Lane: Int, Sendable { case `internal` = 0, completions, creates }

/// Who hears of a partition's events. All calls come from the partition's thread, in the order of the journal.
package protocol PartitionObserver: AnyObject, Sendable {
  /// Recovery has read the records; `state` is what they hold, the journal after `mark` will be told next.
  func willReplay(after mark: Position, _ state: PartitionState, _ catalog: Catalog)
  /// A batch begins; some of its events may not be told because the records already reflect them.
  func beginBatch(at position: Position)
  /// An event is about to be applied; `state` is as it was before. Also called for the events of the journal's tail at recovery.
  func willApply(_ event: Event, at position: Position, in state: PartitionState, catalog: Catalog)
  /// Replay leaves out an event at this position: a record reflects it already, or its instance has none because it ended.
  func leavesOut(at position: Position)
  /// Everything up to `position` is durable.
  func committed(_ position: Position, _ state: PartitionState, _ catalog: Catalog, touchedDeployments: Bool)
  /// The partition has nothing to do for a moment, or came around after a batch.
  func rested()
  /// What was told since the last `committed` never happened.
  func discarded()
  /// Waits for a short while until `settled` has reached a position.
  func settle(_ position: Position)
  /// Up to where readers have what they need on the disk; the journal is kept from there on.
  var settled: Position { get }
}

/// Performs what is owed. Calls may come twice for the same obligation; it keeps itself from doing twice what is still under way.
package protocol ObligationPerformer: AnyObject, Sendable {
  func perform(_ obligations: [Obligation], for partition: Partition)
}

/// The single-writer loop over one partition's state: takes what waits, decides, appends one batch, then tells.
package final class Partition: @unchecked Sendable {
  // Safety: `loop` belongs to the loop's thread; all others only send into the mailbox.
  package let id: PartitionID
  private let mailbox = Mailbox<Request>(bounds: [Int.max, Int.max, Limits.inboxCommands])
  private let loop: PartitionLoop
  private let told = Atomic(0)
  private let waiting = Mutex<String?>(nil)
  private var thread: WorkerThread?

  package init(_ configuration: PartitionConfiguration) {
    id = configuration.id
    loop = PartitionLoop(configuration)
  }

  /// Recovers from the store, then starts to take requests.
  package func start() throws(StoreError) {
    try loop.open()
    loop.owner = self
    thread = WorkerThread(name: "partition-\(id)") { [self] in loop.run(mailbox) }
  }

  /// Recovers as `start` does, and leaves every step to the caller's thread, for a simulation that has to happen the same way again.
  package func startByHand() throws(StoreError) {
    try loop.open()
    loop.owner = self
    loop.begin()
  }

  /// Takes what waits, as the thread would between two looks into the mailbox. Only after `startByHand`.
  package func turn() { loop.turn(mailbox.take(waitingMs: 0) ?? []) }

  /// What `stop` does, after a last turn. Only after `startByHand`.
  package func stopByHand() {
    mailbox.close()
    turn()
    loop.finish()
  }

  /// What live instances take in memory, as of the last commit; creates are refused beyond `PartitionConfiguration.liveBytesMax`.
  package internal(set) var liveBytes: Int {
    get { told.load(ordering: .relaxed) }
    set { told.store(newValue, ordering: .relaxed) }
  }

  /// Why nothing is taken now: the memory was thrown away and the store does not give it back yet; nil when all is well.
  package internal(set) var waitingReason: String? {
    get { waiting.withLock { $0 } }
    set { waiting.withLock { $0 = newValue } }
  }

  /// Sends a request. It is always answered, at the latest when the partition stops.
  package func send(_ request: Request, lane: Lane) {
    switch mailbox.send(request, lane: lane.rawValue) {
    case .sent: break
    case .full: request.refuse(.overloaded("\(Limits.inboxCommands) commands are waiting; try again later"))
    case .closed: request.refuse(.unavailable("flowd is stopping"))
    }
  }

  package func send(_ command: Command, lane: Lane, reply: @escaping @Sendable (Result<Answered, Refusal>) -> Void = { _ in }) {
    send(.command(command, reply: reply), lane: lane)
  }

  /// Takes no more requests, ends those that wait, and returns when the last commit is done.
  package func stop() {
    mailbox.close()
    thread?.join()
    thread = nil
  }
}

package typealias DecideFunction = @Sendable (Command, PartitionState, Catalog, DecisionContext) throws(Rejection) -> Decision

package struct PartitionConfiguration: Sendable {
  package var id: PartitionID
  /// The election's fencing token, when there is an election: every claim is made with it. Nil: each claim takes the next epoch.
  package var epoch: Epoch?
  package var store: any Store
  package var world: World
  package var log: Log
  package var observer: any PartitionObserver
  package var performer: any ObligationPerformer
  /// Compiles a deployment again from what the store keeps of it.
  package var load: @Sendable (Deployment) throws(StoreError) -> ExecutableProcess
  /// The store failed for good: the process should end, saying why.
  package var fatal: @Sendable (StoreError) -> Void
  /// Keeps the whole journal, so that all of it can be replayed for comparison.
  package var keepsJournal = false
  /// Live instances may take so much memory; past it none is created, and those that are there go on.
  package var liveBytesMax = Int.max
  package var pace = CheckpointPace()
  /// The engine; a simulation looks at each decision, or plants a mistake in it.
  package var decide: DecideFunction = { command, state, catalog, context throws(Rejection) in
    try FlowEngine.decide(command, in: state, catalog: catalog, context: context)
  }

  package init(
    id: PartitionID, store: any Store, world: World, log: Log, observer: any PartitionObserver, performer: any ObligationPerformer,
    load: @escaping @Sendable (Deployment) throws(StoreError) -> ExecutableProcess, fatal: @escaping @Sendable (StoreError) -> Void
  ) {
    self.id = id
    self.store = store
    self.world = world
    self.log = log
    self.observer = observer
    self.performer = performer
    self.load = load
    self.fatal = fatal
  }
}

extension Request {
  func refuse(_ refusal: Refusal) {
    switch self {
    case .command(_, let reply), .deploy(_, let reply): reply(.failure(refusal))
    case .commandThenLook(_, _, let refused): refused(refusal)
    case .read(_, let refused): refused()
    }
  }
}

/// Nobody reads: for looking at a store, and for tests.
package final class NoObserver: PartitionObserver {
  private let position = Mutex(Position.start)

  package init() {}

  package func willReplay(after mark: Position, _ state: PartitionState, _ catalog: Catalog) {}
  package func beginBatch(at position: Position) {}
  package func willApply(_ event: Event, at position: Position, in state: PartitionState, catalog: Catalog) {}
  package func leavesOut(at position: Position) {}
  package func committed(_ position: Position, _ state: PartitionState, _ catalog: Catalog, touchedDeployments: Bool) {
    self.position.withLock { $0 = position }
  }
  package func rested() {}
  package func settle(_ position: Position) {}
  package func discarded() {}
  package var settled: Position { position.withLock { $0 } }
}
