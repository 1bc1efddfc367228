import FlowCore
import FlowStorage
import FlowThreads
import Synchronization

/// The thread that keeps an etcd small, looks how full it is, and remembers how far it was.
///
/// History is compacted after so many bytes or seconds, at the revision of the look before, so that watches and pages that are under
/// way find what they need. Free pages are given back when the file is large and mostly empty.
final class EtcdKeeper: Sendable {
  private static let lookMs = 2_000
  private static let compactMs: Int64 = 60_000
  /// A filling etcd is compacted as often.
  private static let hurryMs: Int64 = 4_000

  private struct State {
    var memory: EtcdMemory
    var compactedAt: Int64
    /// The revision that the next compaction may go to, and the one that was compacted last.
    var settled: Int64
    var compacted: Int64 = 0
    var hasWarned = false
  }

  private let client: EtcdClient
  private let layout: EtcdLayout
  private let options: EtcdStoreOptions
  private let space: EtcdSpace
  private let progress: EtcdProgress
  private let state: Mutex<State>
  private let thread = Mutex<LoopThread?>(nil)

  init(client: EtcdClient, layout: EtcdLayout, options: EtcdStoreOptions, space: EtcdSpace, progress: EtcdProgress, memory: EtcdMemory) {
    self.client = client
    self.layout = layout
    self.options = options
    self.space = space
    self.progress = progress
    state = Mutex(State(memory: memory, compactedAt: MonotonicClock.milliseconds(), settled: memory.revision))
  }

  func start() throws(EtcdError) {
    remember()
    try look()
    let loop = LoopThread("flow-etcd-keep", intervalMs: EtcdKeeper.lookMs) { [weak self] in self?.turn() }
    thread.withLock { $0 = loop }
  }

  func stop() {
    thread.withLock { $0.take() }?.stop()
    remember()
  }

  private func turn() {
    guard !client.isClosed else { return }
    do throws(EtcdError) {
      try look()
      if options.maintains {
        try compactWhenDue()
        try makeRoom()
      }
    } catch {
      // The calls of the store say so themselves; the next turn looks again.
      options.log.debug("etcd could not be looked after", ["error": "\(error)"])
    }
    remember()
  }

  /// Notes how full etcd is and how far it has come.
  private func look() throws(EtcdError) {
    let revision = try client.revision(timeoutMs: 5_000)
    let status = try client.status()
    let seen = state.withLock { state in
      defer { state.memory.revision = max(state.memory.revision, revision) }
      return state.memory.revision
    }
    guard revision >= seen else {
      return space.set(.failed(reason: EtcdOpening.wentBack(from: seen, to: revision)))
    }
    let quota = status.quotaBytes ?? options.quotaBytes
    // A file at its quota takes no writes though pages inside it are free.
    let used = status.bytes >= quota * 9 / 10 ? status.bytes : status.bytesInUse
    space.judge(used: used, quota: quota, hasAlarm: status.errors.contains { $0.contains("NOSPACE") })
  }

  private func compactWhenDue() throws(EtcdError) {
    let (bytes, pauseMs) = (space.uncompactedBytes, space.fill > EtcdSpace.slow ? EtcdKeeper.hurryMs : EtcdKeeper.compactMs)
    let target = state.withLock { state -> Int64? in
      let isDue = bytes >= Limits.etcdCompactionBytes || MonotonicClock.milliseconds() - state.compactedAt >= pauseMs
      defer { state.settled = state.memory.revision }
      guard isDue, state.settled > state.compacted else { return nil }
      state.compactedAt = MonotonicClock.milliseconds()
      state.compacted = state.settled
      return state.settled
    }
    guard let target, target > 1 else { return }
    space.compacted()
    try client.compact(target)
    // etcd's file counts the pages as free when the next write comes; where nothing is written, that one is ours.
    if pauseMs == EtcdKeeper.hurryMs { _ = try client.put(layout.compacted, Array("\(target)".utf8)) }
  }

  /// When the file is more than half of the quota and mostly free, or the alarm is on: compacts, gives pages back, ends the alarm.
  private func makeRoom() throws(EtcdError) {
    let statuses = client.statuses()
    var hasAlarm = false
    for (index, result) in statuses.enumerated() {
      guard case .success(let status) = result else { continue }
      let quota = status.quotaBytes ?? options.quotaBytes
      let isAlarmed = status.errors.contains { $0.contains("NOSPACE") }
      hasAlarm = hasAlarm || isAlarmed
      if isAlarmed { try client.compact(status.revision) }
      guard isAlarmed || status.bytes > quota / 2, status.bytesInUse < status.bytes / 2 || isAlarmed else { continue }
      options.log.info("etcd gives free pages back", ["etcd.endpoint": status.endpoint, "bytes": "\(status.bytes)"])
      try client.defragment(endpoint: index)
    }
    guard hasAlarm else { return }
    let status = try client.status()
    if status.bytes < (status.quotaBytes ?? options.quotaBytes) * 4 / 5 { try client.disarmSpaceAlarm() }
  }

  private func remember() {
    let isFirst = state.withLock { !$0.hasWarned }
    var memory = state.withLock { $0.memory }
    // What was written since the last look counts too: a backup from before it is an older one.
    memory.revision = max(memory.revision, progress.revision)
    guard !memory.write(), isFirst else { return }
    state.withLock { $0.hasWarned = true }
    options.log.warning("how far etcd was can not be remembered", ["path": memory.path ?? ""])
  }
}
