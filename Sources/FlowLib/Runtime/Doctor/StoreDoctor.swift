import FlowCore
import FlowEngine
import FlowStorage

/// A place in a store that breaks an invariant.
package struct StoreFinding: Sendable, Equatable {
  /// Position, record, instance, deployment or blob, as the store names it.
  package let key: String
  package let what: String

  package init(_ key: String, _ what: String) {
    self.key = key
    self.what = what
  }
}

/// One invariant of a store, by name.
package struct StoreChecker: Sendable {
  package enum Verdict: Sendable, Equatable {
    /// Empty when the invariant holds.
    case findings([StoreFinding])
    /// The invariant says nothing about this store, and why.
    case notChecked(String)
  }

  package let name: String
  /// What holds where nothing is found.
  package let meaning: String
  package let hint: String
  /// Checkers that must have found nothing: what this one reads would else make no sense.
  let needs: [String]
  let run: @Sendable (StoreExam) throws(StoreError) -> Verdict

  init(
    _ name: String, _ meaning: String, hint: String = restore, needs: [String] = [],
    run: @escaping @Sendable (StoreExam) throws(StoreError) -> Verdict
  ) {
    self.name = name
    self.meaning = meaning
    self.hint = hint
    self.needs = needs
    self.run = run
  }

  static let restore = "restore the newest backup that `flowctl doctor FILE` finds clean"

  /// All of them, in the order in which they run.
  package static let all: [StoreChecker] = journal + archive + records + references + state
}

package struct StoreCheckResult: Sendable {
  package let checker: StoreChecker
  package let verdict: StoreChecker.Verdict

  package var findings: [StoreFinding] {
    guard case .findings(let found) = verdict else { return [] }
    return found
  }
}

/// Runs the checkers over a store that stands still, or over one moment of it. Only reads.
///
/// - Parameters:
///   - load: compiles a deployment again from what the store keeps of it.
///   - ran: told after each checker, in order.
/// - Throws: when the store can not be read at all; what is read and wrong is a finding.
package func examine(
  _ store: any Store, partition: PartitionID, load: @escaping @Sendable (Deployment) throws(StoreError) -> ExecutableProcess,
  ran: (StoreCheckResult) -> Void
) throws(StoreError) {
  let exam = StoreExam(store, partition, load, standing: try store.standing(partition))
  var broken: Set<String> = []
  for checker in StoreChecker.all {
    let result: StoreCheckResult
    if let reason = checker.needs.first(where: broken.contains) {
      result = StoreCheckResult(checker: checker, verdict: .notChecked("because of what \(reason) says"))
      broken.insert(checker.name)
    } else {
      result = StoreCheckResult(checker: checker, verdict: try checker.run(exam))
      if !result.findings.isEmpty { broken.insert(checker.name) }
    }
    ran(result)
  }
}

/// What checkers look at. Journal and records are read once, when the first of them asks.
final class StoreExam {
  let store: any Store
  let partition: PartitionID
  let load: @Sendable (Deployment) throws(StoreError) -> ExecutableProcess
  let standing: Standing
  private var journalRead: JournalReading?
  private var recordsRead: RecordReading?
  private var recoveredState: Recovered?

  init(
    _ store: any Store, _ partition: PartitionID, _ load: @escaping @Sendable (Deployment) throws(StoreError) -> ExecutableProcess,
    standing: Standing
  ) {
    self.store = store
    self.partition = partition
    self.load = load
    self.standing = standing
  }

  func journal() throws(StoreError) -> JournalReading {
    if let journalRead { return journalRead }
    let read = try JournalReading(store, partition, upTo: standing.last)
    journalRead = read
    return read
  }

  func records() throws(StoreError) -> RecordReading {
    if let recordsRead { return recordsRead }
    let read = try RecordReading(store, partition)
    recordsRead = read
    return read
  }

  /// - Throws: `corrupt` where the state can not be put together.
  func recovered() throws(StoreError) -> Recovered {
    if let recoveredState { return recoveredState }
    let found = try recovery.run(from: standing)
    recoveredState = found
    return found
  }

  /// The state from the journal alone.
  func replayed() throws(StoreError) -> PartitionState {
    var replayed = Recovered(state: PartitionState(partition: UInt64(partition.raw)), mark: .start)
    try recovery.replay(after: .start, upTo: standing.last, into: &replayed)
    return replayed.state
  }

  private var recovery: Recovery {
    Recovery(
      PartitionConfiguration(
        id: partition, store: store, world: .real, log: .none, observer: NoObserver(), performer: NoPerformer(), load: load,
        fatal: { _ in }))
  }

  /// Deployments that records or journal know and the journal does not delete, by key.
  func deployments() throws(StoreError) -> [Key: Deployment] {
    let (journal, records) = (try journal(), try records())
    var all = journal.deployed
    for stored in records.all { if case .deployment(let deployment) = stored.record { all[deployment.key] = deployment } }
    for key in journal.deleted.union(records.ended) { all[key] = nil }
    return all
  }
}
