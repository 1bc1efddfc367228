import FlowCluster
import FlowCore
import FlowEtcd
import FlowThreads
import Synchronization

/// Takes part in the election of a store's one group, and has a node only while it leads.
final class Leadership: Sendable {
  private static let role = "group-0"
  private static let retryMs: Int64 = 500
  /// Attempts to open the store before another flowd may try.
  private static let attempts = 3
  /// How long a flowd that could not open the store takes no part in the election.
  private static let pauseMs: Int64 = 10_000

  private struct State: Sendable {
    var version = 1
    /// Which candidacy is heard: what an earlier one is told late is not about this one.
    var candidacy = 0
    var epoch: UInt64?
    var leader: Leader?
    var isStopping = false

    mutating func hear(_ event: LeadershipEvent, of candidacy: Int) {
      guard candidacy == self.candidacy else { return }
      version += 1
      switch event {
      case .elected(let epoch): self.epoch = epoch
      case .lost: epoch = nil
      case .leader(let leader): self.leader = leader
      }
    }

    mutating func nextCandidacy() -> Int {
      candidacy += 1
      (epoch, leader) = (nil, nil)
      return candidacy
    }
  }

  /// What a new leader does: opens the store with the election's epoch, and serves.
  typealias Open = @Sendable (_ epoch: UInt64, _ isValid: @escaping @Sendable () -> Bool) throws(StartFailure) -> Node

  typealias Stand = @Sendable (Standing) -> Void

  private let coordination: EtcdCoordination
  private let record: NodeRecord
  private let state = Monitor(State())
  private let log: Log
  private let candidacy = Mutex<Candidacy?>(nil)
  private let thread = Mutex<WorkerThread?>(nil)

  init(_ coordination: EtcdCoordination, _ record: NodeRecord, _ log: Log) {
    self.coordination = coordination
    self.record = record
    self.log = log
  }

  /// - Parameters:
  ///   - address: where clients reach this flowd when it leads.
  ///   - stand: says that nothing is served, and why.
  ///   - settle: called once, when another one leads first.
  func start(
    address: String, open: @escaping Open, stand: @escaping Stand, settle: @escaping @Sendable () -> Void
  ) throws(StartFailure) {
    stand(Standing(reason: "nobody leads yet", hint: "ask again in a moment"))
    do throws(CoordinationError) { try campaign(address) } catch { throw StartFailure("\(error)") }
    let thread = WorkerThread(name: "leadership") { [self] in run(address, open, stand, settle) }
    self.thread.withLock { $0 = thread }
  }

  private func campaign(_ address: String) throws(CoordinationError) {
    let number = state.withLock { $0.nextCandidacy() }
    let candidacy = try coordination.campaign(Leadership.role, address: address) { [state] event in
      state.change { $0.hear(event, of: number) }
    }
    self.candidacy.withLock { $0 = candidacy }
  }

  /// Lets go of the store in order, resigns, and ends the lease.
  func stop() {
    state.change { state in
      state.isStopping = true
      state.version += 1
    }
    thread.withLock { $0.take() }?.join()
    resign()
    coordination.close()
    record.keep(lease: 0)
  }

  private func resign() { candidacy.withLock { $0.take() }?.resign() }

  // MARK: the thread

  /// Where this node is in its life as a candidate.
  private struct Course {
    var held: (epoch: UInt64, node: Node)?
    /// In a row.
    var failures = 0
    /// What stands is why the store could not be opened, until somebody leads.
    var hasFailed = false
    var hasSettled = false
  }

  private func run(_ address: String, _ open: Open, _ stand: Stand, _ settle: () -> Void) {
    var course = Course()
    var seen = 0
    while true {
      let now = next(after: seen, isRetry: false)
      seen = now.version
      record.keep(lease: coordination.lease)
      if now.isStopping { return release(course.held?.node, stand) }
      if let held = course.held, held.epoch != now.epoch {
        depose(held, now.leader, stand)
        course.held = nil
      }
      guard course.held == nil else { continue }
      guard let epoch = now.epoch else {
        standBy(&course, other(now.leader), isLed: now.leader != nil, stand, settle)
        continue
      }
      course.held = lead(epoch, open, stand).map { (epoch, $0) }
      course.hasFailed = course.held == nil
      course.failures = course.hasFailed ? course.failures + 1 : 0
      if course.failures == Leadership.attempts {
        course.failures = 0
        letOthersTry(address)
      } else if course.hasFailed {
        seen = next(after: seen, isRetry: true).version - 1
      }
    }
  }

  private func depose(_ held: (epoch: UInt64, node: Node), _ leader: Leader?, _ stand: Stand) {
    log.warning("flowd leads no longer, its memory is thrown away", ["flow.epoch": "\(held.epoch)"])
    var standing = Standing(standbyOf: other(leader))
    standing.isDeposed = true
    stand(standing)
    held.node.server.abandon()
  }

  private func standBy(_ course: inout Course, _ leader: Leader?, isLed: Bool, _ stand: Stand, _ settle: () -> Void) {
    if isLed { course.hasFailed = false }
    if !course.hasFailed { stand(Standing(standbyOf: leader)) }
    guard leader != nil, !course.hasSettled else { return }
    course.hasSettled = true
    settle()
  }

  /// What keeps this node from opening the store may be its own: its disk, or its release, which is older than the data. Whoever can not
  /// serve must not hold the lead; it takes part again after a while, because what is wrong may be mended.
  private func letOthersTry(_ address: String) {
    log.warning("flowd resigns, so that another one can lead", ["flow.node": record.id, "pause_ms": "\(Leadership.pauseMs)"])
    resign()
    state.change { state in
      _ = state.nextCandidacy()
      state.version += 1
    }
    let isStopping = state.wait(ms: Leadership.pauseMs) { $0.isStopping ? true : nil }
    guard isStopping == nil else { return }
    do throws(CoordinationError) { try campaign(address) } catch {
      log.error("flowd can not take part in the election again", ["error": "\(error)"])
    }
  }

  /// Who leads, when that is not this flowd: it hears of its own end before anybody else is elected.
  private func other(_ leader: Leader?) -> Leader? { leader.flatMap { $0.node == record.id ? nil : $0 } }

  private func next(after seen: Int, isRetry: Bool) -> State {
    let deadline = isRetry ? MonotonicClock.milliseconds() + Leadership.retryMs : nil
    let changed = state.wait(untilMs: deadline) { state -> State? in state.version != seen ? state : nil }
    return changed ?? state.withLock { $0 }
  }

  private func lead(_ epoch: UInt64, _ open: Open, _ stand: Stand) -> Node? {
    log.info("flowd is elected", ["flow.epoch": "\(epoch)", "flow.node": record.id])
    stand(Standing(reason: "this flowd takes the lead", hint: "ask again in a moment"))
    do throws(StartFailure) {
      let node = try open(epoch) { [coordination] in coordination.isLeaseValid }
      log.info("flowd leads", ["flow.epoch": "\(epoch)", "flow.node": record.id])
      return node
    } catch {
      log.error("flowd is elected and can not open its store", ["flow.epoch": "\(epoch)", "error": "\(error)"])
      stand(Standing(reason: "this flowd is elected and can not open its store: \(error)", hint: "look at its log"))
      return nil
    }
  }

  /// The others need not wait for services that end slowly: the partition's last write is what counts.
  private func release(_ node: Node?, _ stand: Stand) {
    stand(Standing(reason: "flowd is stopping", hint: "ask another one"))
    node?.server.stop { [self] in resign() }
  }
}

extension Standing {
  fileprivate init(standbyOf leader: Leader?) {
    guard let leader else {
      self.init(reason: "this flowd is a standby, nobody leads now", hint: "ask again in a moment")
      return
    }
    self.init(reason: "this flowd is a standby, \(leader.address) leads", hint: "ask \(leader.address)", leader: leader.address)
  }
}
