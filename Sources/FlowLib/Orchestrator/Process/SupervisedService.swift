import FlowCore
import FlowHTTP
import Glibc

/// A service and its process.
struct SupervisedService {
  var spec: ServiceSpec
  var phase: ObservedService.Phase
  var process: Process?
  var log: ServiceLog
  var backoff = RestartBackoff()
  var restarts = 0
  var since: Instant
  var detail: String?

  struct Process: Equatable {
    var pid: Int32
    var startTicks: UInt64
    /// Readable once the process has ended; nil when it had already.
    var watch: Int32?
    var port: UInt16
    var token: String
    var startedMs: Int64
    /// The process has ended, others of its group not yet.
    var isLeaderGone = false
  }

  var observed: ObservedService { ObservedService(spec: spec, phase: phase) }

  var address: HTTPAddress? {
    guard case .running = phase, let process else { return nil }
    return HTTPAddress(host: "127.0.0.1", port: process.port)
  }

  var status: ServiceStatus {
    let state: ServiceStatus.State =
      switch phase {
      case .running: .running
      case .stopping: .stopping
      case .down: .waiting
      }
    return ServiceStatus(
      key: spec.key, elements: spec.elements, state: state, pid: process?.pid, address: address, restarts: restarts, since: since,
      detail: detail)
  }

  var record: ServiceRecord? {
    process.map { ServiceRecord(spec: spec, pid: $0.pid, startTicks: $0.startTicks, port: $0.port, token: $0.token) }
  }

  /// Sends a signal to the whole group; the group's number is that of its leader.
  func signal(_ number: Int32) {
    if let process { kill(-process.pid, number) }
  }

  /// Notes that the process has ended.
  ///
  /// - Returns: false while others of its group still stop.
  mutating func ended(nowMs: Int64, now: Instant) -> Bool {
    guard var process else { return true }
    if let watch = process.watch { close(watch) }
    process.watch = nil
    switch phase {
    case .running, .down:
      // Before the child's remains are taken its number can not be another's: what it left behind goes with it.
      signal(SIGKILL)
      detail = ProcessTable.reap(process.pid) ?? "ended"
      phase = .down(restartAtMs: nowMs + backoff.ended(afterMs: nowMs - process.startedMs))
    case .stopping:
      detail = ProcessTable.reap(process.pid) ?? detail
      process.isLeaderGone = true
      self.process = process
      return finishStopping(nowMs: nowMs, now: now)
    }
    self.process = nil
    since = now
    return true
  }

  /// - Returns: true when the group is gone.
  mutating func finishStopping(nowMs: Int64, now: Instant) -> Bool {
    guard let process, process.isLeaderGone, !ProcessTable.groupExists(process.pid) else { return false }
    self.process = nil
    backoff = RestartBackoff()
    phase = .down(restartAtMs: nowMs)
    since = now
    return true
  }
}
