import FlowBPMN
import FlowBPMNRead
import FlowCommandLine
import FlowCore
import FlowEngine
import FlowFEEL
import FlowRuntime
import FlowStorage
import Synchronization

/// The partition that flowd runs, over a store in memory, with a clock that stands until it is moved.
package final class PartitionEngine: ScenarioEngine {
  private let partition: Partition
  private let store = MemoryStore()
  private let clock: StandingClock
  private let watch = ElementWatch()
  private let failure: FatalFailure
  /// Versions of each process, the first one first.
  private var versions: [String: [(digest: String, key: Key)]] = [:]

  package init(clock start: Instant, zones: ZoneOffsets = .utcOnly) throws(Status) {
    let (clock, failure) = (StandingClock(start), FatalFailure())
    (self.clock, self.failure) = (clock, failure)
    var configuration = PartitionConfiguration(
      id: PartitionEngine.id, store: store, world: World(now: { clock.now }, entropy: { clock.entropy() }, zones: zones), log: .none,
      observer: watch,
      performer: Continuing(),
      load: { deployment throws(StoreError) in throw .corrupt("no process for \(deployment.id)") },
      fatal: { failure.note($0) })
    configuration.keepsJournal = true
    partition = Partition(configuration)
    do throws(StoreError) { try partition.start() } catch { throw Status(.internal, "\(error)") }
  }

  static let id = PartitionID(1)

  package func close() { partition.stop() }

  // MARK: asking

  @discardableResult
  private func ask(_ command: Command) throws(Status) -> Answer {
    do throws(Refusal) {
      let answer = try partition.ask(command, lane: .internal).answer
      try rest()
      return answer
    } catch {
      throw Status(error)
    }
  }

  /// Looks at the state. A partition that has stopped has nothing to look at.
  private func look<T: Sendable>(_ empty: T, _ body: @escaping @Sendable (PartitionState, Catalog) -> T) -> T {
    partition.look(body)?.value ?? empty
  }

  /// Waits until nothing more happens by itself.
  private func rest() throws(Refusal) {
    for _ in 0..<Limits.scenarioTurns {
      let isAtRest = look(true) { state, _ in state.isAtRest }
      if isAtRest { return }
      _ = try partition.ask(.goOn, lane: .internal)
    }
    throw .overloaded("the instances do not come to rest after \(Limits.scenarioTurns) turns; they loop without an end")
  }

  // MARK: deployments

  package func deploy(_ files: [ModelFile]) throws(Status) -> [DeployedProcess] {
    var prepared: [(process: Process, executable: ExecutableProcess, file: String)] = []
    var findings: [String] = []
    for file in files {
      let read = readDefinitions(file.bytes)
      var found = read.findings + (read.definitions.map { validate($0) } ?? [])
      for process in read.definitions?.candidates ?? [] {
        guard let definitions = read.definitions, !found.hasErrors else { break }
        let compiled = compile(process, in: definitions)
        found += compiled.findings
        if let executable = compiled.process { prepared.append((process, executable, file.name)) }
      }
      findings += found.filter { $0.severity == .error }.map { line($0, of: file.name) }
    }
    let together = Set(prepared.map(\.process.id))
    for (process, _, file) in prepared {
      findings += missingCalls(of: process, deployedWith: together).map { line($0, of: file) }
    }
    guard findings.isEmpty else { throw Status(.invalidArgument, findings.joined(separator: "; ")) }
    try refuseTwice(prepared.map { ($0.process.id, $0.file) })
    var deployed: [DeployedProcess] = []
    var isWithLast = false
    for (process, executable, file) in prepared {
      let count = deployments
      deployed.append(try deploy(process, executable, file, isWithLast: isWithLast))
      isWithLast = isWithLast || deployments > count
    }
    return deployed
  }

  private func line(_ finding: Finding, of file: String) -> String {
    "\(file):\(finding.line): \(finding.element ?? ""): \(finding.message)"
  }

  /// One command deploys a process once.
  private func refuseTwice(_ processes: [(id: String, file: String)]) throws(Status) {
    var seen: [String: String] = [:]
    for (id, file) in processes {
      if let first = seen.updateValue(file, forKey: id) {
        throw Status(.invalidArgument, "process '\(id)' is in \(first) and in \(file); one deployment has it once")
      }
    }
  }

  private var deployments: Int { versions.values.reduce(0) { $0 + $1.count } }

  private func deploy(
    _ process: Process, _ executable: ExecutableProcess, _ file: String, isWithLast: Bool
  ) throws(Status) -> DeployedProcess {
    let known = versions[process.id] ?? []
    if let last = known.last, last.digest == process.digest { return DeployedProcess(id: process.id, version: known.count) }
    var deploy = Deploy(
      id: executable.deploymentID, processID: process.id, version: known.count + 1, digest: process.digest, resourceName: file,
      isStopped: false, needsNothing: true)
    deploy.isWithLast = isWithLast
    do throws(Refusal) {
      guard case .deployment(let key) = try partition.ask(deploy, executable).answer else { throw .unavailable("nothing was deployed") }
      versions[process.id, default: []].append((process.digest, key))
      try rest()
    } catch {
      throw Status(error)
    }
    return DeployedProcess(id: process.id, version: known.count + 1)
  }

  // MARK: commands

  package func start(_ request: StartRequest) throws(Status) -> Key {
    let known = versions[request.process] ?? []
    let version = request.version ?? known.count
    guard version >= 1, version <= known.count else {
      throw notDeployed(request)
    }
    var create = CreateInstance(
      deployment: known[version - 1].key, startEventID: nil, payload: Payload(json: .object(request.variables)), metadata: [],
      requestID: nil)
    create.elements = request.at
    guard case .instance(let id) = try ask(.createInstance(create)) else { throw Status(.internal, "no instance was made") }
    return id.key
  }

  private func notDeployed(_ request: StartRequest) -> Status {
    let what = "process '\(request.process)' is not deployed" + (request.version.map { " in version \($0)" } ?? "")
    let known = versions.keys.sorted()
    guard versions[request.process] == nil, !known.isEmpty else { return Status(.notFound, what) }
    return Status(
      .notFound, what,
      hint: Suggestion.hint(for: request.process, among: known)
        ?? "deployed are \(known.prefix(Limits.scenarioShown).joined(separator: ", "))")
  }

  package func activate(type: String, count: Int, lockMs: Int64) throws(Status) -> [Key] {
    let request = ActivateJobs(type: type, worker: "scenario", count: count, timeoutMs: lockMs)
    guard case .jobs(let keys) = try ask(.activateJobs(request)) else { return [] }
    return keys
  }

  package func complete(_ job: Key, variables: JSON.Object) throws(Status) { try ask(.completeJob(job, variables.asVariables)) }

  package func fail(_ job: Key, _ failure: JobFailure) throws(Status) {
    let left = failure.retries ?? jobs().first { $0.key == job }.map { $0.retries - 1 } ?? 0
    try ask(
      .failJob(job, retries: left, backoffMs: failure.backoffMs, message: failure.message, failure.variables.asVariables))
  }

  package func throwError(_ job: Key, _ error: JobError) throws(Status) {
    try ask(.throwError(job: job, code: error.code, message: error.message, error.variables.asVariables))
  }

  package func updateRetries(_ job: Key, retries: Int) throws(Status) { try ask(.setJobRetries(job, retries)) }

  package func completeUserTask(_ task: Key, variables: JSON.Object) throws(Status) {
    try ask(.completeUserTask(task, variables.asVariables))
  }

  package func publish(_ message: MessagePublication) throws(Status) {
    let publish = PublishMessage(
      name: message.name, correlationKey: message.key, timeToLiveMs: message.ttlMs, messageID: message.messageID,
      variables: message.variables.asVariables)
    try ask(.publishMessage(publish))
  }

  package func signal(_ name: String, variables: JSON.Object) throws(Status) {
    try ask(.broadcastSignal(name: name, variables.asVariables))
  }

  package func advance(to end: Instant) throws(Status) {
    for _ in 0..<Limits.scenarioTimers {
      guard let due = look(nil, { state, _ in state.dueTime }), due <= end else {
        clock.move(to: end)
        return
      }
      clock.move(to: max(due, clock.now))
      try ask(.goOn)
    }
    throw Status(.resourceExhausted, "more than \(Limits.scenarioTimers) timers are due until then")
  }

  package func setVariables(_ variables: JSON.Object, in scope: VariableScope, isLocal: Bool) throws(Status) {
    let (instance, activity): (Key, ActivityID) =
      switch scope {
      case .instance(let key): (key, .process)
      case .element(let element): (element.instance, element.activity)
      }
    try ask(.setVariables(instance: instance, scope: activity, variables.asVariables, isLocal: isLocal))
  }

  package func evaluateConditions(_ variables: JSON.Object) throws(Status) { try ask(.evaluateConditions(variables.asVariables)) }

  package func migrate(_ instance: Key, to version: Int?, mapping: [(from: String, to: String)]) throws(Status) {
    let process = instances().first { $0.key == instance }?.process ?? ""
    let known = versions[process] ?? []
    let version = version ?? known.count
    guard version >= 1, version <= known.count else { throw Status(.notFound, "process '\(process)' has no version \(version)") }
    try ask(.migrateInstance(instance, to: known[version - 1].key, mapping: mapping))
  }

  package func resolve(_ incident: Key) throws(Status) { try ask(.resolveIncident(incident)) }
  package func cancel(_ instance: Key) throws(Status) { try ask(.cancelInstance(instance)) }

  package func modify(_ instance: Key, activate: [String], terminate: [ActiveElement]) throws(Status) {
    let modification = Modification(activate: activate.map { .init(element: $0) }, terminate: terminate.map(\.activity))
    try ask(.modifyInstance(instance, modification))
  }

  package func activateAdHoc(_ scope: ActiveElement, elements: [String]) throws(Status) {
    try ask(.activateInAdHoc(instance: scope.instance, scope.activity, elements: elements))
  }

  package func completeAdHoc(_ scope: ActiveElement) throws(Status) {
    try ask(.completeAdHoc(instance: scope.instance, scope.activity))
  }

  // MARK: what is seen

  package func elementSteps(from first: Int) -> [ElementStep] { watch.look { Array($0.steps.dropFirst(first)) } }

  package func activeElements() -> [ActiveElement] {
    look([]) { state, catalog in
      state.instances.values.sorted { $0.id.key < $1.id.key }.flatMap { instance -> [ActiveElement] in
        guard let process = catalog[instance.deployment] else { return [] }
        return instance.activitiesInOrder.map { activity in
          ActiveElement(
            process[activity.element].id, instance: instance.id.key, activity: activity.id, isLoopBody: instance.isLoopBody(activity.id))
        }
      }
    }
  }

  package func jobs() -> [OpenJob] {
    look([]) { state, catalog in
      state.openKeys.compactMap { key in state.job(key, catalog: catalog) }.map { job in
        let process = catalog[job.deployment]
        var headers = JSON.Object()
        for header in job.headers { headers[header.key] = .string(header.value) }
        return OpenJob(
          key: job.key, type: job.type, element: process?[job.element].id ?? "", instance: job.instance.key, state: job.openState,
          retries: job.retries, headers: headers, variables: SeenVariables(job.variables))
      }
    }
  }

  package func userTasks() -> [OpenUserTask] {
    look([]) { state, catalog in
      state.details { instance, process, activity, details in
        guard let task = details.userTask else { return nil }
        return OpenUserTask(
          key: task.key, element: process[activity.element].id, instance: instance.id.key,
          variables: SeenVariables(instance.visibleVariables(from: activity.id)))
      }(catalog).sorted { $0.key < $1.key }
    }
  }

  package func incidents() -> [OpenIncident] {
    look([]) { state, catalog in
      state.details { instance, process, activity, details in
        guard let incident = details.incident else { return nil }
        return OpenIncident(
          key: incident.key, element: process[activity.element].id, instance: instance.id.key, type: incident.type.name,
          message: incident.message)
      }(catalog).sorted { $0.key < $1.key }
    }
  }

  package func instances() -> [InstanceSummary] { watch.look { $0.instances } }

  package func rootVariables(of instance: Key) -> JSON.Object? {
    watch.look { $0.ended[instance] } ?? look(nil) { state, _ in state.instances[instance]?.root }
  }

  package func replayProblem() -> String? {
    if let failure = failure.text { return failure }
    let bytes: [[UInt8]]
    do throws(StoreError) { bytes = try store.journal(PartitionEngine.id, after: .start, maxBytes: .max).map(\.bytes) } catch {
      return "the journal can not be read: \(error)"
    }
    return look("the partition has stopped") { state, catalog in state.problem(replaying: bytes, catalog) }
  }
}

/// Does what the partition owes itself; there is nobody outside.
private final class Continuing: ObligationPerformer {
  func perform(_ obligations: [Obligation], for partition: Partition) {
    for case .continue(let continuation) in obligations { partition.send(.continue(continuation), lane: .internal) }
  }
}

private final class FatalFailure: Sendable {
  private let error = Mutex<StoreError?>(nil)

  func note(_ error: StoreError) { self.error.withLock { $0 = error } }

  var text: String? { error.withLock { $0.map { "the store failed: \($0)" } } }
}

private final class StandingClock: Sendable {
  private let state: Mutex<(now: Instant, next: UInt64)>

  init(_ start: Instant) { state = Mutex((start, 0)) }

  var now: Instant { state.withLock { $0.now } }
  func move(to instant: Instant) { state.withLock { $0.now = instant } }

  /// Numbers that look like chance and are the same in every run.
  func entropy() -> UInt64 {
    state.withLock { state in
      state.next &+= 0x9E37_79B9_7F4A_7C15
      var mixed = state.next
      mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
      mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
      return mixed ^ (mixed >> 31)
    }
  }
}

extension PartitionState {
  fileprivate var dueTime: Instant? {
    var copy = self
    return copy.nextDue
  }

  /// Nothing happens until something comes from outside or the clock moves.
  fileprivate var isAtRest: Bool {
    var copy = self
    guard deliveries.isEmpty, copy.nextDue.map({ $0 > now }) ?? true else { return false }
    return instances.values.allSatisfy { $0.state != .running || $0.pending.isEmpty }
  }

  fileprivate var openKeys: [Key] { lookups.places.keys.sorted() }

  fileprivate func details<T>(
    _ body: @escaping (Instance, ExecutableProcess, Activity, Details) -> T?
  ) -> (Catalog) -> [T] {
    { catalog in
      self.instances.values.sorted { $0.id.key < $1.id.key }.flatMap { instance -> [T] in
        guard let process = catalog[instance.deployment] else { return [] }
        return instance.details.compactMap { id, details in
          instance.activities[id].flatMap { body(instance, process, $0, details) }
        }
      }
    }
  }

  fileprivate func problem(replaying journal: [[UInt8]], _ catalog: Catalog) -> String? {
    var replayed = PartitionState(partition: UInt64(PartitionEngine.id.raw))
    do throws(ByteCodingError) {
      for bytes in journal {
        let batch = try EventCodec.decode(bytes)
        replayed.advance(to: batch.now)
        for event in batch.events {
          if let problem = event.problem(in: replayed, catalog: catalog) { return problem }
          evolve(&replayed, with: event, catalog: catalog)
        }
      }
    } catch {
      return "\(error)"
    }
    let (seen, told) = (records, replayed.records)
    for (left, right) in zip(seen, told) where RecordCodec.encode(left) != RecordCodec.encode(right) {
      return "record \(left.key.raw) is another after replay"
    }
    guard seen.count == told.count else { return "\(told.count) records after replay, \(seen.count) before" }
    return lookups.agenda.all.map(\.due) == replayed.lookups.agenda.all.map(\.due) ? nil : "other things are due after replay"
  }
}

extension ActivatedJob {
  fileprivate var openState: OpenJob.State {
    if lock != nil { return .locked }
    return isActivatable ? .activatable : .failed
  }
}
