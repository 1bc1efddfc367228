import FlowCore
import FlowEngine
import FlowRuntime
import FlowStorage

/// Hears of every event, keeps a state of its own from their stored form, and compares.
final class Witness: PartitionObserver, @unchecked Sendable {
  // Safety: one seed lives on one thread.

  /// What must be there after events up to a position, and what must not happen again.
  struct History {
    var state: PartitionState
    var position = Position.start
    var ledger = Ledger()
  }

  private let chance: SimulatedChance
  private let bookkeeper: PlaceNames
  private(set) var durable: History
  /// With what was told since the last commit.
  private(set) var current: History
  private(set) var catalog = Catalog()
  private(set) var events = 0
  private(set) var hash = EventHash()
  private(set) var found: (checker: String, what: String)?
  private var isRecovering = false
  private var batchPosition = Position.start
  /// The record that the last event changed, to be compared before the next.
  private var touched: Key?
  private var written: [UInt8] = []

  init(_ chance: SimulatedChance, _ names: PlaceNames, partition: UInt64) {
    self.chance = chance
    bookkeeper = names
    durable = History(state: PartitionState(partition: partition))
    current = durable
  }

  /// The first violation counts; what follows from it says nothing.
  func report(_ checker: String, _ what: String) { if found == nil { found = (checker, what) } }

  func change(_ body: (inout Ledger) -> Void) { body(&current.ledger) }

  // MARK: recovery

  func willReplay(after mark: Position, _ state: PartitionState, _ catalog: Catalog) {
    isRecovering = true
    batchPosition = mark
    touched = nil
  }

  func leavesOut(at position: Position) { chance.see("replay leaves out") }

  func discarded() { touched = nil }

  /// A batch whose append was not answered is there, or it is not.
  private func settle(at position: Position) {
    if position == durable.position {
      current = durable
    } else if position == durable.position.next, current.position == position {
      commit(at: position)
    } else {
      report(
        "durability", "the journal ends at \(position), \(durable.position) was the last that was told, \(current.position) the last tried")
    }
  }

  private func compareAll(_ state: PartitionState, _ catalog: Catalog) {
    let (seen, told) = (Witness.records(state), Witness.records(durable.state))
    for key in Set(seen.keys).union(told.keys).sorted() where seen[key] != told[key] {
      let what = seen[key] == nil ? "is gone" : told[key] == nil ? "should be gone" : "is another"
      return report(
        "replay", "record \(key.raw) \(what) after recovery: \((state.record(key) ?? durable.state.record(key)).map { "\($0)" } ?? "")")
    }
    let (found, known) = (state.lookups.entries, durable.state.lookups.entries)
    if found != known {
      let (lost, come) = (Set(known).subtracting(found).sorted(), Set(found).subtracting(known).sorted())
      report("obligations", "other things are waited for after recovery: \(lost) are lost, \(come) have come")
    }
    if obligations(of: state, catalog: catalog) != obligations(of: durable.state, catalog: catalog) {
      report("obligations", "other things are owed after recovery")
    }
  }

  private static func records(_ state: PartitionState) -> [Key: [UInt8]] {
    Dictionary(uniqueKeysWithValues: state.records.map { ($0.key, RecordCodec.encode($0)) })
  }

  // MARK: events

  func beginBatch(at position: Position) {
    if position <= batchPosition { report("positions", "position \(position) comes after \(batchPosition)") }
    batchPosition = position
    guard !isRecovering else { return }
    current.position = position
  }

  func willApply(_ event: Event, at position: Position, in state: PartitionState, catalog: Catalog) {
    guard !isRecovering, found == nil else { return }
    compareTouched(state)
    var writer = EventBatchWriter(now: state.now)
    writer.append(EncodedEvents([event]))
    written += writer.bytes
    events += 1
    current.state.advance(to: state.now)
    if let broken = current.ledger.note(event, in: current.state, catalog) { report(broken.checker, broken.what) }
    do throws(ByteCodingError) {
      for event in try EventCodec.decode(writer.bytes).events { apply(event, catalog) }
    } catch { report("codec", "an event that was written does not read back: \(error): \(event)") }
    bookkeeper.see(event, in: current.state, chance)
    touched = event.touched
  }

  private func apply(_ event: Event, _ catalog: Catalog) {
    if let problem = event.problem(in: current.state, catalog: catalog) { return report("events-apply", "\(problem): \(event)") }
    evolve(&current.state, with: event, catalog: catalog)
  }

  /// The state of the partition after an event, and the one that follows from what is stored of it.
  private func compareTouched(_ state: PartitionState) {
    guard let key = touched, found == nil else { return }
    touched = nil
    let (live, stored) = (state.record(key).map { RecordCodec.encode($0) }, current.state.record(key).map { RecordCodec.encode($0) })
    if live != stored { report("replay", "record \(key.raw) is another when its event is read back") }
  }

  func committed(_ position: Position, _ state: PartitionState, _ catalog: Catalog, touchedDeployments: Bool) {
    guard found == nil else { return }
    if isRecovering {
      isRecovering = false
      settle(at: position)
      if found == nil { compareAll(state, catalog) }
    } else {
      compareTouched(state)
      commit(at: position)
    }
    self.catalog = catalog
    check(state, catalog)
  }

  private func commit(at position: Position) {
    if position != current.position { report("positions", "\(position) is committed, \(current.position) was told") }
    durable = current
    hash.add(written)
    written = []
  }

  private func check(_ state: PartitionState, _ catalog: Catalog) {
    for check in StateCheck.all {
      if let finding = check.run(state, catalog).first { return report(check.name, "\(finding.key) \(finding.what)") }
    }
  }

  // MARK: readers

  func rested() {}
  func settle(_ position: Position) {}
  var settled: Position { chance.happens(.readersBehind) ? .start : batchPosition }
}

extension Event {
  fileprivate var touched: Key? {
    switch self {
    case .deployment(let key, _), .instance(let key, _), .requestAnswered(let key, _, _, _), .message(let key, _),
      .startTimer(let key, _, _), .triggersSeen(let key, _, _), .queued(let key, _), .delivered(let key):
      key
    case .requestsEvicted: nil
    }
  }
}
