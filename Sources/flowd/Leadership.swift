import FlowCluster
import FlowCore
import FlowEtcd
import FlowThreads
import Synchronization

/// Takes part in the election of a store's one group, and has a node only while it leads.
final class Leadership: Sendable {
  private static let role = "group-0"
  private static let retryMs: Int64 = 500

  private struct State: Sendable {
    var version = 1
    var epoch: UInt64?
    var leader: Leader?
    var isStopping = false

    mutating func hear(_ event: LeadershipEvent) {
      version += 1
      switch event {
      case .elected(let epoch): self.epoch = epoch
      case .lost: epoch = nil
      case .leader(let leader): self.leader = leader
      }
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
  func start(address: String, open: @escaping Open, stand: @escaping Stand) throws(StartFailure) {
    stand(Standing(reason: "nobody leads yet", hint: "ask again in a moment"))
    do throws(CoordinationError) {
      let candidacy = try coordination.campaign(Leadership.role, address: address) { [state] event in
        state.change { $0.hear(event) }
      }
      self.candidacy.withLock { $0 = candidacy }
    } catch {
      throw StartFailure("\(error)")
    }
    let thread = WorkerThread(name: "leadership") { [self] in run(open, stand) }
    self.thread.withLock { $0 = thread }
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

  private func run(_ open: Open, _ stand: Stand) {
    var held: (epoch: UInt64, node: Node)?
    var seen = 0
    while true {
      let now = next(after: seen, isRetry: false)
      seen = now.version
      record.keep(lease: coordination.lease)
      if now.isStopping { return release(held?.node, stand) }
      if let (epoch, node) = held, epoch != now.epoch {
        log.warning("flowd leads no longer, its memory is thrown away", ["flow.epoch": "\(epoch)"])
        var standing = Standing(standbyOf: other(now.leader))
        standing.isDeposed = true
        stand(standing)
        node.server.abandon()
        held = nil
      }
      guard held == nil else { continue }
      if let epoch = now.epoch {
        held = lead(epoch, open, stand).map { (epoch, $0) }
        // Tried again as long as this node is the leader.
        if held == nil { seen = next(after: seen, isRetry: true).version - 1 }
      } else {
        stand(Standing(standbyOf: other(now.leader)))
      }
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
