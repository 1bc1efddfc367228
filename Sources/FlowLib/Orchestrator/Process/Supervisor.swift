import FlowCore
import FlowHTTP
import FlowThreads
import Glibc

/// The one thread that starts, watches and stops services.
final class Supervisor: Sendable {
  struct Follower {
    let key: ServiceKey
    var pending: [LogLine]
    let onLine: @Sendable (LogLine) -> Void
  }

  struct State {
    var desired: [ServiceSpec] = []
    var services: [ServiceKey: SupervisedService] = [:]
    var followers: [Int: Follower] = [:]
    var nextFollower = 0
    var isHalting = false
    var thread: WorkerThread?
    var needsRecords = false
  }

  let state: Monitor<State>
  private let options: ProcessOrchestrator.Options
  private let boot: String
  private let records: ServiceRecordFile
  private let wake: WakePair
  private let changes: FileChanges

  init(_ options: ProcessOrchestrator.Options) throws(OrchestratorError) {
    self.options = options
    boot = try ProcessTable.bootID()
    try Folder.make("\(options.dataDirectory)/logs")
    records = ServiceRecordFile(path: "\(options.dataDirectory)/services.json")
    wake = try WakePair()
    changes = try FileChanges()
    state = Monitor(State())
  }

  func logFolder(_ deployment: String) -> String { "\(options.dataDirectory)/logs/\(ServiceLog.fileName(deployment))" }

  /// Adopts, then begins to supervise.
  func start() throws(OrchestratorError) {
    let adopted = adopt()
    state.withLock { state in
      state.services = adopted
      state.desired = adopted.values.map(\.spec).sorted { $0.key < $1.key }
      state.needsRecords = true
    }
    do {
      let thread = try WorkerThread { self.run() }
      state.withLock { $0.thread = thread }
    } catch {
      throw OrchestratorError("\(error)")
    }
  }

  /// Ends the thread and leaves the services alone.
  func halt() {
    let thread = change { state in
      state.isHalting = true
      defer { state.thread = nil }
      return state.thread
    }
    guard let thread, !thread.isCurrent else { return }
    thread.join()
    state.withLock { state in
      for service in state.services.values { if let watch = service.process?.watch { close(watch) } }
      state.services = [:]
      state.followers = [:]
    }
  }

  /// Changes what is wanted and lets the thread look at it.
  @discardableResult
  func change<T>(_ body: (inout State) -> T) -> T {
    defer { wake.wake() }
    return state.change(body)
  }

  // MARK: the thread

  private func run() {
    // Busy services must not make flowd busy: their logs are read at most every 20 ms.
    var nextLogsMs: Int64 = 0
    var ready: Set<Int32> = []
    while true {
      let nowMs = MonotonicClock.milliseconds()
      let looksAtLogs = ready.contains(changes.descriptor)
      if looksAtLogs {
        changes.drain()
        nextLogsMs = nowMs + 20
      }
      let turn = state.change { state in self.turn(&state, nowMs, ready: ready, logs: looksAtLogs) }
      for (line, tell) in turn.lines { tell(line) }
      if turn.isLast { return }
      ready = wait(turn, nowMs: nowMs, nextLogsMs: nextLogsMs)
    }
  }

  private struct Turn {
    var lines: [(LogLine, @Sendable (LogLine) -> Void)] = []
    var watches: [Int32] = []
    var nextMs: Int64?
    var isLast = false
  }

  private func turn(_ state: inout State, _ nowMs: Int64, ready: Set<Int32>, logs: Bool) -> Turn {
    if state.isHalting { return Turn(isLast: true) }
    let now = WallClock.now()
    for key in state.services.keys.sorted() { settle(key, &state, nowMs, now, ready, logs: logs) }
    let observed = state.services.values.map(\.observed)
    for action in ServicePlan.plan(desired: state.desired, observed: observed, nowMs: nowMs) {
      perform(action, &state, nowMs, now)
    }
    if state.needsRecords { writeRecords(&state) }
    var turn = Turn(lines: takePending(&state))
    turn.watches = state.services.values.compactMap { $0.process?.watch }
    turn.nextMs = ServicePlan.nextMs(state.services.values.map(\.observed))
    // Nothing tells when the last of a group ends, nor of a process that had ended before it could be watched.
    if state.services.values.contains(where: { $0.process != nil && $0.process?.watch == nil }) { turn.nextMs = nowMs + 50 }
    return turn
  }

  /// Notes what happened to one service since the last turn.
  private func settle(
    _ key: ServiceKey, _ state: inout State, _ nowMs: Int64, _ now: Instant, _ ready: Set<Int32>, logs: Bool
  ) {
    guard var service = state.services[key] else { return }
    let hasEnded = service.process.map { process in
      !process.isLeaderGone && (process.watch.map { ready.contains($0) } ?? (ProcessTable.startTicks(process.pid) == nil))
    }
    var changed = false
    if hasEnded == true {
      let wasRunning = service.phase == .running
      changed = service.ended(nowMs: nowMs, now: now)
      if wasRunning { options.log.warning("service ended", ["flow.service": "\(key)", "detail": service.detail ?? ""]) }
    } else if service.process?.isLeaderGone == true {
      changed = service.finishStopping(nowMs: nowMs, now: now)
    }
    if logs || changed {
      let fresh = service.log.observe(now: now, ended: changed)
      for id in state.followers.keys where state.followers[id]?.key == key { state.followers[id]?.pending += fresh }
    }
    state.services[key] = service
    if changed { state.needsRecords = true }
  }

  private func takePending(_ state: inout State) -> [(LogLine, @Sendable (LogLine) -> Void)] {
    var all: [(LogLine, @Sendable (LogLine) -> Void)] = []
    for id in state.followers.keys.sorted() {
      guard let follower = state.followers[id], !follower.pending.isEmpty else { continue }
      all += follower.pending.map { ($0, follower.onLine) }
      state.followers[id]?.pending = []
    }
    return all
  }

  private func wait(_ turn: Turn, nowMs: Int64, nextLogsMs: Int64) -> Set<Int32> {
    var nextMs = turn.nextMs
    var descriptors = [wake.descriptor] + turn.watches
    if nextLogsMs > nowMs {
      nextMs = min(nextMs ?? nextLogsMs, nextLogsMs)
    } else {
      descriptors.append(changes.descriptor)
    }
    var polls = descriptors.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
    let timeout = nextMs.map { Int32(clamping: max(0, $0 - MonotonicClock.milliseconds())) } ?? -1
    guard poll(&polls, nfds_t(polls.count), timeout) > 0 else { return [] }
    wake.drain()
    return Set(polls.filter { $0.revents != 0 }.map(\.fd))
  }

  // MARK: actions

  private func perform(_ action: ServiceAction, _ state: inout State, _ nowMs: Int64, _ now: Instant) {
    switch action {
    case .start(let spec): start(spec, &state, nowMs, now)
    case .terminate(let key):
      state.services[key]?.signal(SIGTERM)
      state.services[key]?.phase = .stopping(sinceMs: nowMs, isKilled: false)
      state.services[key]?.since = now
      options.log.info("service stopping", ["flow.service": "\(key)"])
    case .kill(let key):
      state.services[key]?.signal(SIGKILL)
      if case .stopping(let sinceMs, _)? = state.services[key]?.phase {
        state.services[key]?.phase = .stopping(sinceMs: sinceMs, isKilled: true)
      }
      options.log.warning("service killed, it did not stop in time", ["flow.service": "\(key)"])
    case .forget(let key):
      state.services[key] = nil
      state.needsRecords = true
      options.log.info("service stopped", ["flow.service": "\(key)"])
    }
  }

  private func start(_ spec: ServiceSpec, _ state: inout State, _ nowMs: Int64, _ now: Instant) {
    let taken = Set(state.services.values.compactMap { $0.process?.port })
    do {
      let folder = logFolder(spec.deployment)
      try Folder.make(folder)
      changes.watch(folder)
      var service = state.services[spec.key] ?? newService(spec, folder, now)
      if service.detail != nil { service.restarts += 1 }
      service.spec = spec
      state.services[spec.key] = service
      let process = try launch(spec, service.log, taken, state, nowMs)
      service.process = process
      service.phase = .running
      service.since = now
      state.services[spec.key] = service
      state.needsRecords = true
      options.log.info("service started", ["flow.service": "\(spec.key)", "pid": "\(process.pid)", "port": "\(process.port)"])
    } catch {
      failed(spec, error, &state, nowMs, now)
    }
  }

  private func newService(_ spec: ServiceSpec, _ folder: String, _ now: Instant) -> SupervisedService {
    let log = ServiceLog(folder: folder, name: ServiceLog.fileName(spec.host))
    return SupervisedService(spec: spec, phase: .down(restartAtMs: 0), log: log, since: now)
  }

  private func failed(_ spec: ServiceSpec, _ error: OrchestratorError, _ state: inout State, _ nowMs: Int64, _ now: Instant) {
    var service = state.services[spec.key] ?? newService(spec, logFolder(spec.deployment), now)
    service.phase = .down(restartAtMs: nowMs + service.backoff.ended(afterMs: 0))
    service.detail = error.description
    state.services[spec.key] = service
    options.log.error("service can not start", ["flow.service": "\(spec.key)", "error": error.description])
  }

  /// Starts the process. The intent is written down first, so that a flowd that dies in between leaves no stranger behind.
  private func launch(
    _ spec: ServiceSpec, _ log: ServiceLog, _ taken: Set<UInt16>, _ state: State, _ nowMs: Int64
  ) throws(OrchestratorError) -> SupervisedService.Process {
    let port = try ProcessTable.freePort(avoiding: taken)
    let token = String(UInt64.random(in: 1...UInt64.max), radix: 16) + String(UInt64.random(in: 1...UInt64.max), radix: 16)
    let intent = ServiceRecord(spec: spec, pid: nil, startTicks: 0, port: port, token: token)
    try records.write(state.services.values.compactMap(\.record) + [intent], boot: boot)
    let files = try log.openForService()
    defer {
      close(files.out)
      close(files.error)
    }
    let environment = ServiceEnvironment.make(from: options.environment, port: port, key: spec.key, token: token)
    let pid = try ProcessTable.spawn(
      spec.command, environment: environment, folder: options.servicesDirectory, out: files.out, error: files.error)
    return SupervisedService.Process(
      pid: pid, startTicks: ProcessTable.startTicks(pid) ?? 0, watch: ProcessTable.watch(pid), port: port, token: token, startedMs: nowMs)
  }

  private func writeRecords(_ state: inout State) {
    do {
      try records.write(state.services.values.compactMap(\.record), boot: boot)
      state.needsRecords = false
    } catch {
      // Services run on; the next change tries again.
      options.log.error("services can not be written down", ["error": error.description])
    }
  }

  // MARK: adoption

  private func adopt() -> [ServiceKey: SupervisedService] {
    var adopted: [ServiceKey: SupervisedService] = [:]
    do {
      for record in try records.read(boot: boot) {
        guard let service = adopt(record) else { continue }
        adopted[record.spec.key] = service
        options.log.info("service adopted", ["flow.service": "\(record.spec.key)", "pid": "\(service.process?.pid ?? 0)"])
      }
    } catch {
      options.log.error("services of an earlier run are not known", ["error": error.description])
    }
    return adopted
  }

  private func adopt(_ record: ServiceRecord) -> SupervisedService? {
    let known = record.pid.flatMap { pid in ProcessTable.startTicks(pid) == record.startTicks ? pid : nil }
    guard let pid = known ?? (record.pid == nil ? ProcessTable.find(token: record.token) : nil),
      let ticks = ProcessTable.startTicks(pid), let watch = ProcessTable.watch(pid)
    else { return nil }
    let folder = logFolder(record.spec.deployment)
    changes.watch(folder)
    var service = newService(record.spec, folder, WallClock.now())
    service.phase = .running
    service.process = SupervisedService.Process(
      pid: pid, startTicks: ticks, watch: watch, port: record.port, token: record.token, startedMs: MonotonicClock.milliseconds())
    return service
  }
}
