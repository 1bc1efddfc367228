import FlowCluster
import FlowCore
import FlowStorage
import FlowThreads
import Synchronization

/// Elections in etcd: each candidate has a key under its node's lease, and who has the oldest key leads.
///
/// The key's create revision is the epoch: etcd's revisions only rise, so a later leader's is always higher. One thread renews the
/// lease, looks at the keys when they change, and calls the handlers. When the lease could not be renewed in its own time, counted from
/// when the last renewal was sent, the node takes it for ended before etcd does.
package final class EtcdCoordination: Coordination {
  package struct Options: Sendable {
    package var root = "/rexflow"
    /// This node's id.
    package var node: String
    /// etcd does not go below 2 s at its usual settings.
    package var ttlSeconds: Int64 = 6
    /// The lease that this node had before it started again; ended at once, so that nobody waits for it.
    package var previousLease: Int64 = 0
    package var log = Log.none

    package init(node: String) { self.node = node }
  }

  private struct Candidate {
    var id: Int
    var role: String
    var address: String
    var handler: @Sendable (LeadershipEvent) -> Void
    /// The create revision of its key; 0 when it has none.
    var revision: UInt64 = 0
    var isLeader = false
    var told: Leader??
  }

  private struct Watcher {
    var role: String
    var handler: @Sendable (Leader?) -> Void
    var told: Leader??
  }

  private struct State {
    var isClosed = false
    var lastID = 0
    var candidates: [Int: Candidate] = [:]
    var watchers: [Int: Watcher] = [:]
    var lease: Int64 = 0
    /// The lease before; ended when the next one is granted, so that its keys are not waited for.
    var previousLease: Int64 = 0
    /// When the lease ends if it is not renewed, and when it should be renewed.
    var leaseEnds: Int64 = 0
    var renewAt: Int64 = 0

    mutating func nextID() -> Int {
      lastID += 1
      return lastID
    }
  }

  private let client: EtcdClient
  private let layout: EtcdLayout
  private let options: Options
  private let state = Mutex(State())
  private let thread = Mutex<LoopThread?>(nil)
  private let changes = Mutex<EtcdWatcher?>(nil)

  package init(_ configuration: EtcdConfiguration, _ options: Options) throws(CoordinationError) {
    var configuration = configuration
    // Whatever is asked must be answered or given up before the lease is in danger.
    configuration.timeoutMs = max(300, options.ttlSeconds * 1000 / 3)
    configuration.attemptMs = max(150, configuration.timeoutMs / 2)
    layout = EtcdLayout(root: options.root)
    self.options = options
    state.withLock { $0.previousLease = options.previousLease }
    do throws(EtcdError) { client = try EtcdClient(configuration) } catch { throw .unavailable(error.description) }
    let interval = Int(options.ttlSeconds * 1000 / 3)
    let loop = LoopThread("flow-lease", intervalMs: interval) { [weak self] in self?.turn() }
    thread.withLock { $0 = loop }
    let watcher = EtcdWatcher(client, from: layout.elections, to: layout.elections.afterPrefix, after: 0, known: []) { [weak self] _, _ in
      self?.wake()
    }
    changes.withLock { $0 = watcher }
  }

  deinit { close() }

  /// The lease under which this node's keys live; 0 when it has none. Kept by the node, to be ended after a crash.
  package var lease: Int64 { state.withLock { $0.lease } }

  /// Whether the lease still runs by this node's own clock. What was heard in an election is not worth more than that.
  package var isLeaseValid: Bool { state.withLock { $0.lease != 0 && MonotonicClock.milliseconds() < $0.leaseEnds } }

  private func wake() { thread.withLock { $0 }?.wake() }

  // MARK: the port

  package func campaign(
    _ role: String, address: String, _ handler: @escaping @Sendable (LeadershipEvent) -> Void
  ) throws(CoordinationError) -> Candidacy {
    guard !role.isEmpty, !role.contains("/"), role.utf8.count <= Limits.kvKeyBytes / 2 else { throw .invalid("a role named '\(role)'") }
    let id: Result<Int, CoordinationError> = state.withLock { state in
      if state.isClosed { return .failure(.closed) }
      guard !state.candidates.values.contains(where: { $0.role == role }) else {
        return .failure(.invalid("\(options.node) takes part in the election of \(role) already"))
      }
      let id = state.nextID()
      state.candidates[id] = Candidate(id: id, role: role, address: address, handler: handler)
      return .success(id)
    }
    let number = try id.get()
    wake()
    return Candidacy { [weak self] in self?.resign(number) }
  }

  /// Deletes the candidate's key at once; when etcd does not answer, the lease's end does it.
  private func resign(_ id: Int) {
    let (candidate, lease) = state.withLock { ($0.candidates.removeValue(forKey: id), $0.lease) }
    guard let candidate, lease != 0 else { return }
    do throws(EtcdError) {
      try client.delete(layout.candidate(candidate.role, lease))
    } catch {
      options.log.warning("a candidacy could not be resigned", ["role": candidate.role, "error": "\(error)"])
    }
  }

  package func leader(of role: String) throws(CoordinationError) -> Leader? {
    guard !state.withLock({ $0.isClosed }) else { throw .closed }
    do throws(EtcdError) {
      let prefix = layout.election(role)
      return EtcdCoordination.leader(try client.range(prefix, prefix.afterPrefix, limit: Limits.pageRows).entries)
    } catch { throw .unavailable(error.description) }
  }

  package func watchLeader(of role: String, _ handler: @escaping @Sendable (Leader?) -> Void) throws(CoordinationError) -> Candidacy {
    let id: Int? = state.withLock { state in
      guard !state.isClosed else { return nil }
      let id = state.nextID()
      state.watchers[id] = Watcher(role: role, handler: handler)
      return id
    }
    guard let id else { throw .closed }
    wake()
    return Candidacy { [weak self] in _ = self?.state.withLock { $0.watchers.removeValue(forKey: id) } }
  }

  package func close() {
    let lease: Int64? = state.withLock { state in
      guard !state.isClosed else { return nil }
      state.isClosed = true
      state.candidates = [:]
      return state.lease
    }
    guard let lease else { return }
    changes.withLock { $0.take() }?.cancel()
    if lease != 0 {
      do throws(EtcdError) {
        try client.revokeLease(lease, timeoutMs: 1_000)
      } catch {
        options.log.warning("the lease could not be ended, it ends by itself", ["error": "\(error)"])
      }
    }
    client.close()
    thread.withLock { $0.take() }?.stop()
  }

  // MARK: the thread

  private func turn() {
    guard !state.withLock({ $0.isClosed }) else { return }
    let isWanted = state.withLock { !$0.candidates.isEmpty }
    do throws(EtcdError) {
      if isWanted { try keepLease() }
      try register()
      try look()
    } catch {
      options.log.debug("etcd does not answer the election", ["error": "\(error)"])
    }
    let (lease, ends) = state.withLock { ($0.lease, $0.leaseEnds) }
    if lease != 0, MonotonicClock.milliseconds() >= ends { loseLease("etcd could not be reached for as long as the lease") }
  }

  private func keepLease() throws(EtcdError) {
    let (lease, renewAt, ends) = state.withLock { ($0.lease, $0.renewAt, $0.leaseEnds) }
    let now = MonotonicClock.milliseconds()
    guard lease != 0 else { return try grantLease() }
    guard now >= renewAt else { return }
    let left = max(1, min(client.configuration.timeoutMs, ends - now))
    // A renewal whose answer is lost keeps the others waiting, and is none for this node: nothing is renewed where nothing answers.
    _ = try client.revision(timeoutMs: left)
    try renewLease(lease)
  }

  private func renewLease(_ lease: Int64) throws(EtcdError) {
    let now = MonotonicClock.milliseconds()
    let ends = state.withLock { $0.leaseEnds }
    guard now < ends else { return }
    do throws(EtcdError) {
      try client.keepAlive(lease, timeoutMs: max(1, min(client.configuration.timeoutMs, ends - now)))
      state.withLock { ($0.renewAt, $0.leaseEnds) = times(from: now) }
    } catch .leaseGone {
      loseLease("the lease has ended")
      try grantLease()
    } catch { throw error }
  }

  private func grantLease() throws(EtcdError) {
    let previous = state.withLock { $0.previousLease }
    if previous != 0 { try client.revokeLease(previous) }
    let now = MonotonicClock.milliseconds()
    let granted = try client.grantLease(ttlSeconds: options.ttlSeconds)
    state.withLock { state in
      state.lease = granted.id
      (state.renewAt, state.leaseEnds) = times(from: now)
    }
  }

  /// Half of a third, because the thread wakes every third: no renewal waits longer than half of the lease.
  private func times(from now: Int64) -> (renewAt: Int64, ends: Int64) {
    (now + options.ttlSeconds * 1000 / 6, now + options.ttlSeconds * 1000)
  }

  private func loseLease(_ reason: String) {
    let lost = state.withLock { state -> [Candidate] in
      if state.lease != 0 { state.previousLease = state.lease }
      state.lease = 0
      let lost = state.candidates.values.filter(\.isLeader).sorted { $0.id < $1.id }
      for id in state.candidates.keys {
        state.candidates[id]?.revision = 0
        state.candidates[id]?.isLeader = false
      }
      return lost
    }
    for candidate in lost { candidate.handler(.lost(reason: reason)) }
  }

  /// Puts the keys of candidates that have none yet.
  private func register() throws(EtcdError) {
    let (lease, waiting) = state.withLock { state in
      (state.lease, state.candidates.values.filter { $0.revision == 0 }.sorted { $0.id < $1.id })
    }
    guard lease != 0 else { return }
    for candidate in waiting {
      let key = layout.candidate(candidate.role, lease)
      var writer = ByteWriter()
      writer.string(options.node)
      writer.string(candidate.address)
      // An unknown outcome shows in the next turn: the key is then there.
      let outcome = try client.txn([.createRevision(key, 0)], then: [.put(key, writer.bytes, lease: lease)], else: [.get(key)])
      let revision = outcome.succeeded ? outcome.revision : outcome.entries.first??.createRevision ?? 0
      let isStillWanted = state.withLock { state in
        state.candidates[candidate.id]?.revision = UInt64(max(0, revision))
        return state.candidates[candidate.id] != nil
      }
      // It resigned meanwhile, and may not have found the key.
      if !isStillWanted { try client.delete(key) }
    }
  }

  /// Reads who is there, and tells what changed.
  private func look() throws(EtcdError) {
    let roles = state.withLock { state in
      Set(state.candidates.values.map(\.role) + state.watchers.values.map(\.role)).sorted()
    }
    for role in roles {
      let prefix = layout.election(role)
      let entries = try client.range(prefix, prefix.afterPrefix, limit: Limits.pageRows).entries
      tell(role, EtcdCoordination.leader(entries), keys: Set(entries.map { UInt64($0.createRevision) }))
    }
  }

  private func tell(_ role: String, _ leader: Leader?, keys: Set<UInt64>) {
    let news = state.withLock { state -> [@Sendable () -> Void] in
      var news: [@Sendable () -> Void] = []
      for id in state.candidates.keys.sorted() {
        guard var own = state.candidates[id], own.role == role else { continue }
        news += EtcdCoordination.news(&own, leader, isThere: keys.contains(own.revision))
        state.candidates[id] = own
      }
      for id in state.watchers.keys.sorted() {
        guard let watcher = state.watchers[id], watcher.role == role, watcher.told != .some(leader) else { continue }
        state.watchers[id]?.told = .some(leader)
        news.append { watcher.handler(leader) }
      }
      return news
    }
    for each in news { each() }
    // A key that somebody removed is put again, behind the others.
    if state.withLock({ $0.candidates.values.contains { $0.revision == 0 } }) { wake() }
  }

  private static func news(_ own: inout Candidate, _ leader: Leader?, isThere: Bool) -> [@Sendable () -> Void] {
    var news: [@Sendable () -> Void] = []
    let (handler, revision) = (own.handler, own.revision)
    let leads = revision != 0 && isThere && leader?.epoch == revision
    if own.isLeader, !leads { news.append { handler(.lost(reason: "the key of this leader is gone")) } }
    if revision != 0, !isThere { own.revision = 0 }
    if leads, !own.isLeader { news.append { handler(.elected(epoch: revision)) } }
    own.isLeader = leads
    if own.told != .some(leader) {
      own.told = .some(leader)
      news.append { handler(.leader(leader)) }
    }
    return news
  }

  private static func leader(_ entries: [EtcdEntry]) -> Leader? {
    guard let first = entries.min(by: { $0.createRevision < $1.createRevision }) else { return nil }
    var reader = ByteReader(first.value)
    do throws(ByteCodingError) {
      return Leader(epoch: UInt64(first.createRevision), node: try reader.string(), address: try reader.string())
    } catch {
      // It leads all the same; who it is was written by something that is not ours.
      return Leader(epoch: UInt64(first.createRevision), node: "", address: "")
    }
  }
}
