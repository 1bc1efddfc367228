import FlowCore
import FlowSQLite
import FlowStorage
import FlowThreads

/// What waits for the view's writer: bounded, in order and without gaps per partition.
final class ViewQueue: Sendable {
  struct Item {
    var partition: PartitionID
    var position: Position
    var change: ViewChange
  }

  /// A partition begins at a position with what lives there.
  struct Beginning {
    var position: Position
    var living: Set<String>
    /// Where the view was.
    var after: Position
  }

  /// What is written in one transaction.
  struct Batch {
    var items: [Item] = []
    var positions: [PartitionID: Position] = [:]
    var begun: [PartitionID: Beginning] = [:]
    fileprivate var bytes = 0

    fileprivate func followed(by next: Batch) -> Batch {
      Batch(
        items: items + next.items, positions: positions.merging(next.positions) { $1 }, begun: begun.merging(next.begun) { $1 },
        bytes: bytes + next.bytes)
    }
  }

  private struct State {
    var waiting = Batch()
    /// What the writer has in hand.
    var inHand = Batch()
    /// The last position taken, durable or not.
    var taken: [PartitionID: Position] = [:]
    var applied: [PartitionID: Position] = [:]
    var isClosed = false
    var readersWaiting = 0
    var failure: StoreError?
  }

  private let state: Monitor<State>
  /// Changes at which the writer need not collect more.
  static let enough = 512

  init(_ applied: [PartitionID: Position]) {
    var state = State()
    (state.taken, state.applied) = (applied, applied)
    self.state = Monitor(state)
  }

  func take(_ partition: PartitionID, _ position: Position, _ changes: [ViewChange]) -> (intake: ViewIntake, wakes: Bool) {
    state.withLock { state in
      let taken = state.taken[partition] ?? .start
      guard position > taken else { return (.taken, false) }
      guard position == taken.next, ViewQueue.hasRoom(state) else { return (.refused(resumeAfter: taken), true) }
      return ViewQueue.put(partition, position, changes, &state)
    }
  }

  func begin(_ partition: PartitionID, _ position: Position, _ changes: [ViewChange]) -> (intake: ViewIntake, wakes: Bool) {
    state.withLock { state in
      // A batch begins with it, so that nothing from before comes behind it.
      guard !state.isClosed, state.waiting.positions.isEmpty else { return (.refused(resumeAfter: state.taken[partition] ?? .start), true) }
      state.waiting.begun[partition] = Beginning(
        position: position, living: Set(changes.map(\.id)), after: state.taken[partition] ?? .start)
      // Also backwards: what comes behind the position will be given again.
      state.applied[partition] = min(state.applied[partition] ?? .start, position)
      return ViewQueue.put(partition, position, changes, &state)
    }
  }

  private static func hasRoom(_ state: State) -> Bool {
    !state.isClosed && state.waiting.items.count < Limits.viewQueueChanges && state.waiting.bytes < Limits.viewQueueBytes
  }

  private static func put(
    _ partition: PartitionID, _ position: Position, _ changes: [ViewChange], _ state: inout State
  ) -> (intake: ViewIntake, wakes: Bool) {
    let before = state.waiting.items.count
    let wasEmpty = state.waiting.positions.isEmpty
    state.taken[partition] = position
    state.waiting.positions[partition] = position
    for change in changes {
      state.waiting.items.append(Item(partition: partition, position: position, change: change))
      state.waiting.bytes += change.weight
    }
    let isSlow = state.waiting.items.count > Limits.viewQueueChanges / 2 || state.waiting.bytes > Limits.viewQueueBytes / 2
    // The first one starts the collecting, enough of them ends it.
    let wakes = wasEmpty || (before < enough && state.waiting.items.count >= enough)
    return (isSlow ? .slow : .taken, wakes)
  }

  /// Whether the writer should wait a little for more.
  var shouldCollect: Bool {
    state.withLock { state in
      !state.isClosed && state.readersWaiting == 0 && !state.waiting.positions.isEmpty && state.waiting.items.count < ViewQueue.enough
    }
  }

  var isEmpty: Bool { state.withLock { $0.waiting.positions.isEmpty } }

  /// Everything that waits, as one batch; nil when nothing does.
  func next() -> Batch? {
    state.withLock { state in
      guard !state.waiting.positions.isEmpty else { return nil }
      state.inHand = state.waiting
      state.waiting = Batch()
      return state.inHand
    }
  }

  /// The batch can be read.
  func done(_ batch: Batch) {
    state.change { state in
      state.applied.merge(batch.positions) { $1 }
      state.inHand = Batch()
      state.failure = nil
    }
  }

  /// A write failed: what waits is dropped and will be refused until it is given again from the last position that was written.
  func fail(_ error: StoreError) {
    state.change { state in
      state.failure = error
      guard state.inHand.begun.isEmpty else {
        // Nobody gives a beginning again.
        state.waiting = state.inHand.followed(by: state.waiting)
        return state.inHand = Batch()
      }
      state.taken = state.applied
      (state.waiting, state.inHand) = (Batch(), Batch())
    }
  }

  func reset(_ applied: [PartitionID: Position]) {
    state.change { state in
      (state.taken, state.applied) = (applied, applied)
      (state.waiting, state.inHand) = (Batch(), Batch())
    }
  }

  func close() { state.change { $0.isClosed = true } }

  func applied(_ partition: PartitionID) -> Position { state.withLock { $0.applied[partition] ?? .start } }

  func taken(_ partition: PartitionID) -> Position { state.withLock { $0.taken[partition] ?? .start } }

  /// Blocks until the position can be read.
  /// - Throws: `unavailable` when the deadline is over.
  ///
  /// - Parameter wake: tells the writer, if there is something to wait for.
  func wait(_ notBefore: NotBefore, wake: () -> Void) throws(StoreError) {
    guard applied(notBefore.partition) < notBefore.position else { return }
    state.withLock { $0.readersWaiting += 1 }
    wake()
    defer { state.withLock { $0.readersWaiting -= 1 } }
    let reached: Bool? = state.wait(ms: Int64(notBefore.deadlineMs)) { state in
      (state.applied[notBefore.partition] ?? .start) >= notBefore.position ? true : nil
    }
    guard reached == nil else { return }
    let (applied, failure) = state.withLock { ($0.applied[notBefore.partition] ?? .start, $0.failure) }
    let why = failure.map { ", because \($0)" } ?? ""
    throw .unavailable(
      "the view is at position \(applied) of partition \(notBefore.partition), not yet at \(notBefore.position)\(why)")
  }
}

extension ViewChange {
  /// About how many bytes it takes while it waits.
  fileprivate var weight: Int {
    switch self {
    case .instanceCreated(let row):
      400 + (row.result?.count ?? 0) + (row.activeElements?.utf8.count ?? 0)
        + row.metadata.reduce(0) { $0 + $1.name.utf8.count + $1.value.utf8.count }
    case .instanceChanged(_, let patch): 200 + (patch.activeElements?.utf8.count ?? 0) + (patch.errorMessage?.utf8.count ?? 0)
    case .instanceEnded(_, let end): 300 + (end.result?.count ?? 0) + (end.errorMessage?.utf8.count ?? 0)
    case .instanceDeleted: 100
    case .history(_, let entry): 200 + entry.detail.utf8.count
    }
  }
}
