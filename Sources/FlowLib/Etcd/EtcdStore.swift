import FlowCore
import FlowStorage
import Synchronization

/// How a store uses its etcd.
package struct EtcdStoreOptions: Sendable {
  /// Keys of this store begin with it; several stores can share an etcd.
  package var root = "/rexflow"
  /// Names the key of this node's key-value transactions; one process at a time should have it.
  package var node = "node"
  /// How long a call goes on trying.
  package var timeoutMs: Int64 = 60_000
  /// The quota of etcd, for those versions that do not tell; etcd's default.
  package var quotaBytes = 2 << 30
  /// Bytes of all blobs together.
  package var blobBytes = 512 << 20
  /// Compacts, defragments and disarms; one node of those that share an etcd does.
  package var maintains = true
  /// Epochs are those of elections in this etcd (`EtcdCoordination`), as all who claim here know.
  package var epochsAreRevisions = false
  /// Where the last seen revision is kept on this machine, to notice an older backup; nil: only while the process lives.
  package var memoryPath: String?
  /// Takes what is there although it is older than what was seen.
  package var acceptsOlder = false
  /// Reads what is there as it all is at the opening, and never writes: nothing is made, claimed or looked after.
  package var readsOnly = false
  /// Removes what a migration left that did not come to its end, instead of refusing it.
  package var clearsUnfinished = false
  package var log = Log.none

  package init() {}
}

/// The port on etcd: one transaction a batch, fenced by the owner's epoch and the journal's end.
///
/// Nothing is repeated blindly: each kind of write leaves a trace from which a lost answer is decided, and carries a compare that a
/// request which arrives late can not meet. See `EtcdLayout` for the keys.
package final class EtcdStore: Store {
  let client: EtcdClient
  let layout: EtcdLayout
  let options: EtcdStoreOptions
  let clock: @Sendable () -> Instant
  /// Tells this object's writes from those of others.
  let session: [UInt8]
  let space = EtcdSpace()
  let places = Mutex<[PartitionID: EtcdPlace]>([:])
  /// What `heads` brought, for the `parts` that follow: recovery reads all records.
  let prefetched = Mutex<[PartitionID: [RecordKey: [[UInt8]]]]>([:])
  let transactions = Mutex(EtcdTransactions())
  let blobTotal = Mutex(EtcdBlobTotal())
  let progress = EtcdProgress()
  let sizes = Mutex<[PartitionID: EtcdJournalSizes]>([:])
  let watchers = Mutex<[Int: EtcdWatcher]>([:])
  private let keeper = Mutex<EtcdKeeper?>(nil)
  private let closed = Atomic(false)

  /// Opens what is below the root, or makes it.
  ///
  /// - Throws: `unavailable` when etcd does not answer in time or holds data of somebody else, `tooNew`, `corrupt` for an older backup.
  package init(
    _ configuration: EtcdConfiguration, _ options: EtcdStoreOptions = EtcdStoreOptions(),
    clock: @escaping @Sendable () -> Instant = wallClock
  ) throws(StoreError) {
    var configuration = configuration
    configuration.timeoutMs = options.timeoutMs
    do throws(EtcdError) { client = try EtcdClient(configuration) } catch { throw StoreError(error) }
    layout = EtcdLayout(root: options.root)
    self.options = options
    self.clock = clock
    var generator = SystemRandomNumberGenerator()
    session = (0..<16).map { _ in UInt8.random(in: 0...255, using: &generator) }
    let opened = try EtcdOpening(client: client, layout: layout, options: options).run()
    if options.readsOnly {
      client.pin(opened.revision)
    } else {
      let keeper = EtcdKeeper(client: client, layout: layout, options: options, space: space, progress: progress, memory: opened)
      self.keeper.withLock { $0 = keeper }
      try checked { () throws(EtcdError) in try keeper.start() }
    }
  }

  deinit { close() }

  package var format: Int { EtcdOpening.format }
  package var condition: StoreCondition { space.condition }
  package func observeCondition(_ handler: @escaping @Sendable (StoreCondition) -> Void) { space.observe(handler) }

  package func close() {
    guard !closed.exchange(true, ordering: .acquiringAndReleasing) else { return }
    for watcher in watchers.withLock({ Array($0.values) }) { watcher.cancel() }
    // Before the keeper, whose call under way may else go on for as long as etcd does not answer.
    client.close()
    keeper.withLock { $0.take() }?.stop()
  }

  /// Whether somebody stands for election here, as whoever works on the store does.
  package func hasCandidates() throws(StoreError) -> Bool {
    try guarded { () throws(EtcdStoreError) in
      let page = try etcd { () throws(EtcdError) in
        try client.range(layout.elections, layout.elections.afterPrefix, limit: 1, keysOnly: true)
      }
      return !page.entries.isEmpty
    }
  }

  // MARK: errors

  /// Refuses what must not begin, and turns etcd's errors into the port's.
  func guarded<T>(_ urgency: Urgency? = nil, _ body: () throws(EtcdStoreError) -> T) throws(StoreError) -> T {
    guard !closed.load(ordering: .acquiring) else { throw .closed }
    if let urgency { try space.admit(urgency) }
    do throws(EtcdStoreError) {
      return try body()
    } catch {
      switch error {
      case .store(let error): throw error
      case .etcd(let error): throw failed(error)
      case .form(let error): throw .corrupt("what lies in etcd does not have its form: \(error)")
      }
    }
  }

  /// Reads what takes several requests at one revision; begins again when that was compacted meanwhile.
  func consistently<T>(_ body: () throws(EtcdStoreError) -> T) throws(EtcdStoreError) -> T {
    for _ in 0..<8 {
      do throws(EtcdStoreError) {
        return try body()
      } catch .etcd(.compacted) {
        continue
      } catch { throw error }
    }
    throw .etcd(.unreachable("etcd is compacted faster than it can be read"))
  }

  private func checked<T>(_ body: () throws(EtcdError) -> T) throws(StoreError) -> T {
    do throws(EtcdError) { return try body() } catch { throw failed(error) }
  }

  private func failed(_ error: EtcdError) -> StoreError {
    if closed.load(ordering: .acquiring) { return .closed }
    if case .noSpace(let why) = error { space.ranFull(why) }
    return StoreError(error)
  }
}

/// What goes wrong inside the store, before it becomes the port's error.
enum EtcdStoreError: Error {
  case etcd(EtcdError)
  case store(StoreError)
  case form(ByteCodingError)
}

/// Runs calls to etcd, and readers of forms, where the store's own error is thrown.
func etcd<T>(_ body: () throws(EtcdError) -> T) throws(EtcdStoreError) -> T {
  do throws(EtcdError) { return try body() } catch { throw .etcd(error) }
}

func form<T>(_ body: () throws(ByteCodingError) -> T) throws(EtcdStoreError) -> T {
  do throws(ByteCodingError) { return try body() } catch { throw .form(error) }
}

extension StoreError {
  init(_ error: EtcdError) {
    switch error {
    case .unreachable, .credentials, .leaseGone, .futureRevision, .refused: self = .unavailable(error.status.storeText)
    case .outcomeUnknown(let why): self = .unknown("etcd: \(why); a majority of its members must run")
    case .noSpace: self = .full(error.status.storeText)
    case .compacted: self = .compacted(oldest: .none)
    case .tooLarge: self = .invalid(error.status.storeText)
    case .corrupt: self = .corrupt(error.status.storeText)
    case .closed: self = .closed
    }
  }
}

extension Status {
  /// What and why; the store's errors have hints of their own, so that ours goes with them.
  fileprivate var storeText: String { message + (hint.map { "; \($0)" } ?? "") }
}

/// How far etcd has come, by what it answered to this store: nothing may be believed that is older.
final class EtcdProgress: Sendable {
  private let highest = Atomic<Int64>(0)

  var revision: Int64 { highest.load(ordering: .acquiring) }
  func saw(_ revision: Int64) { highest.max(revision, ordering: .acquiringAndReleasing) }
}

/// Whether new work is taken, by how full etcd is.
final class EtcdSpace: Sendable {
  /// Shares of the quota above which new work slows, and is refused.
  static let slow = 0.6
  static let stop = 0.8
  private static let slowestMs = 50.0

  private struct State {
    var condition = StoreCondition.writable
    var observers: [@Sendable (StoreCondition) -> Void] = []
    var used = 0
    var quota = Int.max
  }

  private let state = Mutex(State())
  /// Bytes that this process wrote since it last looked.
  private let written = Atomic<Int>(0)
  private let uncompacted = Atomic<Int>(0)

  var condition: StoreCondition { state.withLock { $0.condition } }
  func observe(_ handler: @escaping @Sendable (StoreCondition) -> Void) { state.withLock { $0.observers.append(handler) } }

  func admit(_ urgency: Urgency) throws(StoreError) {
    switch condition {
    case .writable: return
    case .readOnly(let reason): if urgency == .new { throw .full(reason) }
    case .failed(let reason): throw .io(reason)
    }
  }

  func set(_ condition: StoreCondition) {
    let observers = state.withLock { state -> [@Sendable (StoreCondition) -> Void] in
      if case .failed = state.condition { return [] }
      guard state.condition != condition else { return [] }
      state.condition = condition
      return state.observers
    }
    for observer in observers { observer(condition) }
  }

  func ranFull(_ why: String) { set(.readOnly(reason: why)) }

  /// Judges how full etcd is.
  func judge(used: Int, quota: Int, hasAlarm: Bool) {
    written.store(0, ordering: .relaxed)
    state.withLock { ($0.used, $0.quota) = (used, max(1, quota)) }
    set(hasAlarm || fill >= EtcdSpace.stop ? .readOnly(reason: fullText) : .writable)
  }

  /// The share of the quota that was used at the last look, and what this process wrote since.
  var fill: Double { state.withLock { Double($0.used + written.load(ordering: .relaxed)) / Double($0.quota) } }

  private var fullText: String {
    let (used, quota) = state.withLock { ($0.used + written.load(ordering: .relaxed), $0.quota) }
    return "etcd holds \(used >> 20) MiB of its quota of \(quota >> 20) MiB, new work ends at \(Int(EtcdSpace.stop * 100)) %"
  }

  /// How long a batch waits so that the store fills more slowly than it is emptied; 0 below the first share.
  var delayMs: Int {
    let fill = fill
    guard fill > EtcdSpace.slow else { return 0 }
    return Int(min(1, (fill - EtcdSpace.slow) / (EtcdSpace.stop - EtcdSpace.slow)) * EtcdSpace.slowestMs)
  }

  func wrote(_ bytes: Int) {
    written.add(bytes, ordering: .relaxed)
    uncompacted.add(bytes, ordering: .relaxed)
    // Not only at the next look: a burst fills the rest in less time.
    if fill >= EtcdSpace.stop { set(.readOnly(reason: fullText)) }
  }

  /// Bytes written since the last compaction.
  var uncompactedBytes: Int { uncompacted.load(ordering: .relaxed) }
  func compacted() { uncompacted.store(0, ordering: .relaxed) }
}
