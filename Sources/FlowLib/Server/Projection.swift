import FlowCore
import FlowEngine
import FlowRuntime
import FlowStorage
import FlowView
import Glibc
import Synchronization

/// Turns a partition's events into what readers keep, and hands over what is durable.
final class Projection: PartitionObserver, @unchecked Sendable {
  // Safety: `pending` belongs to the partition's thread, from which alone the observer is called.
  private let partition: PartitionID
  private let view: View
  private let archiver: Archiver?
  private let board: DeploymentBoard
  private let onDeployments: @Sendable ([DeploymentStatus]) -> Void
  private var pending: [Batch] = []
  /// Durable batches that the view has not written yet; given again when it had to drop them.
  private var backlog: [Batch] = []
  private var given = Position.start
  private let reached = Mutex(Position.start)
  /// Types of jobs that were made or set free since the last commit.
  private var jobTypes: Set<String> = []
  /// What was told was taken back: jobs may have come untold.
  private var hasLostTrack = false
  private let jobWaiters = Mutex<JobWaiters?>(nil)
  /// What the records held, until replay is over: readers that were led by others may have missed what it leaves out.
  private var held: (mark: Position, rows: [InstanceRow])?

  /// How long the partition waits for the archive before it takes the next batch.
  private static let archiveMs: Int64 = 1_000

  private typealias Batch = (position: Position, changes: [ViewChange])

  init(
    _ partition: PartitionID, view: View, archiver: Archiver?, board: DeploymentBoard,
    onDeployments: @escaping @Sendable ([DeploymentStatus]) -> Void
  ) {
    self.partition = partition
    self.view = view
    self.archiver = archiver
    self.board = board
    self.onDeployments = onDeployments
  }

  /// Who waits for jobs hears of them from now on.
  func tellJobs(to waiters: JobWaiters?) { jobWaiters.withLock { $0 = waiters } }

  /// The last durable position that was told.
  var position: Position { reached.withLock { $0 } }

  var settled: Position { min(view.applied(partition), archiver?.archived ?? Position(.max)) }

  func settle(_ position: Position) {
    hand()
    do throws(StoreError) {
      _ = try view.get("", notBefore: NotBefore(partition, position, deadlineMs: 100))
      archiver?.reach(position, ms: Projection.archiveMs)
    } catch {
      // Not in time: the next batch tries again.
    }
  }

  /// Readers whose file was lost, belongs to another store, or is behind because others led begin with what still lives.
  func willReplay(after mark: Position, _ state: PartitionState, _ catalog: Catalog) {
    let isBehind = view.applied(partition) < mark
    // Without an archive nothing is left out that this node's readers do not have: no other one leads.
    guard isBehind || archiver != nil else { return }
    let rows = state.instances.values.sorted { $0.id.key < $1.id.key }.map { instance in
      InstanceRow(
        id: instance.id.text, deployment: catalog[instance.deployment]?.deploymentID ?? "", state: instance.state,
        created: instance.createdAt, metadata: instance.metadata.map { MetadataPair($0.name, $0.value) })
    }
    if isBehind { begin(at: mark, rows) } else { held = (mark, rows) }
  }

  func leavesOut(at position: Position) {
    guard let (mark, rows) = held, view.taken(partition) < position else { return }
    held = nil
    begin(at: mark, rows)
  }

  private func begin(at mark: Position, _ rows: [InstanceRow]) {
    while case .refused = view.begin(partition, at: mark, rows) { usleep(1_000) }
  }

  func beginBatch(at position: Position) { pending.append((position, [])) }

  func willApply(_ event: Event, at position: Position, in state: PartitionState, catalog: Catalog) {
    guard case .instance(let key, let change) = event else { return }
    jobTypes.formUnion(change.jobTypes(of: key, in: state))
    pending[pending.count - 1].changes += changes(change, of: key, in: state, catalog)
  }

  func committed(_ position: Position, _ state: PartitionState, _ catalog: Catalog, touchedDeployments: Bool) {
    held = nil
    backlog += pending
    pending.removeAll(keepingCapacity: true)
    hand()
    reached.withLock { $0 = position }
    tellJobs()
    if touchedDeployments {
      board.update(position, state, catalog)
      onDeployments(board.all)
    } else {
      board.advance(position)
    }
  }

  private func tellJobs() {
    guard !jobTypes.isEmpty || hasLostTrack else { return }
    let waiters = jobWaiters.withLock { $0 }
    if hasLostTrack { waiters?.lookAgain() } else { waiters?.came(jobTypes) }
    hasLostTrack = false
    jobTypes.removeAll(keepingCapacity: true)
  }

  func discarded() {
    pending.removeAll()
    hasLostTrack = true
  }

  func rested() {
    if !backlog.isEmpty { hand() }
  }

  /// Gives the view what it has not got. Readers that can not keep up at all slow the partition down in the end: what they keep is the
  /// only place of finished instances.
  private func hand() {
    while true {
      give()
      let applied = view.applied(partition)
      backlog.removeAll { $0.position <= applied }
      guard backlog.count > Limits.viewBacklogBatches else { return }
      usleep(1_000)
    }
  }

  private func give() {
    // A write that failed made the view drop what waited; nobody tells, and no batch may come that would be refused.
    given = min(given, view.taken(partition))
    for batch in backlog where batch.position > given {
      switch view.apply(partition, batch.position, batch.changes) {
      case .taken, .slow: given = batch.position
      case .refused(let last):
        given = last
        return
      }
    }
  }

  // MARK: from events to rows

  private func changes(_ change: InstanceEvent, of key: Key, in state: PartitionState, _ catalog: Catalog) -> [ViewChange] {
    if case .created(let created) = change { return self.created(created, catalog) }
    guard let instance = state.instances[key], let process = catalog[instance.deployment] else {
      // Finished before: only what readers keep is left.
      if case .deleted(let id) = change { return [.instanceDeleted(id: id.text)] }
      return []
    }
    let id = instance.id.text
    let history = entry(change, of: instance, process, at: state.now).map { [ViewChange.history(id: id, $0)] } ?? []
    switch change {
    case .finished(let final, let payload, let failure, let at):
      return history + [.instanceEnded(id: id, end(final, payload, failure, at, instance, process))]
    case .stopped(let failure, _):
      let failure = failure ?? instance.failure
      let patch = InstancePatch(
        state: .stopped, errorCode: failure?.code, errorMessage: failure?.message, failedElement: failure?.elementID)
      return history + [.instanceChanged(id: id, patch)]
    case .retried: return history + [.instanceChanged(id: id, InstancePatch(state: .running, clearsError: true))]
    case .migrated(let migration):
      return history + [.instanceChanged(id: id, InstancePatch(deployment: catalog[migration.target]?.deploymentID))]
    case .deleted: return [.instanceDeleted(id: id)]
    case .created, .passed, .activated, .completed, .arrived, .joined, .ended, .caught, .scopeCleared, .failed, .activity: return history
    }
  }

  private func created(_ created: InstanceCreated, _ catalog: Catalog) -> [ViewChange] {
    let row = InstanceRow(
      id: created.id.text, deployment: catalog[created.deployment]?.deploymentID ?? "", state: created.isStopped ? .stopped : .running,
      created: created.at, metadata: created.metadata.map { MetadataPair($0.name, $0.value) })
    let element = created.start.flatMap { catalog[created.deployment]?[$0].id } ?? ""
    return [.instanceCreated(row), .history(id: row.id, HistoryEntry(time: created.at, event: "created", element: element))]
  }

  private func end(
    _ final: InstanceState, _ payload: Payload?, _ failure: FlowEngine.ServiceFailure?, _ at: Instant, _ instance: Instance,
    _ process: ExecutableProcess
  ) -> InstanceEnd {
    let shown = payload ?? failure?.report
    return InstanceEnd(
      state: final, ended: at, result: shown?.bytes, contentType: shown?.contentType,
      endEvent: final == .completed ? instance.lastEnd.map { process[$0.element].derivedName } : nil, errorCode: failure?.code,
      errorMessage: failure?.message, failedElement: failure?.elementID)
  }

  private func entry(_ change: InstanceEvent, of instance: Instance, _ process: ExecutableProcess, at now: Instant) -> HistoryEntry? {
    func at(_ element: ElementIndex, _ event: String, _ detail: String = "") -> HistoryEntry {
      HistoryEntry(time: now, event: event, element: process[element].id, detail: detail)
    }
    switch change {
    case .passed(let element, _): return at(element, "passed")
    case .activated(_, let element, _): return at(element, "activated")
    case .completed(let activity, _, _): return instance.activities[activity].map { at($0.element, "completed") }
    case .arrived(let element, _): return at(element, "waiting")
    case .joined(let element, _, _, _): return at(element, "joined")
    case .ended(let element): return at(element, "ended")
    case .caught(_, let boundary, let code, _): return at(boundary, "caught", code)
    case .failed(let activity, let failure): return instance.activities[activity].map { at($0.element, "failed", failure.code) }
    case .stopped: return HistoryEntry(time: now, event: "stopped")
    case .retried: return HistoryEntry(time: now, event: "retried")
    case .finished(let state, _, let failure, _):
      return HistoryEntry(time: now, event: state.name.lowercased(), detail: failure?.code ?? "")
    case .activity(let id, let event): return entry(event, at: instance.activities[id]?.element, at)
    case .migrated: return HistoryEntry(time: now, event: "migrated", detail: "from \(process.deploymentID)")
    case .created, .scopeCleared, .deleted: return nil
    }
  }

  private func entry(
    _ event: ActivityEvent, at element: ElementIndex?, _ at: (ElementIndex, String, String) -> HistoryEntry
  ) -> HistoryEntry? {
    switch event {
    case .fired(let event, _), .chosen(let event, _): at(event, "happened", "")
    case .began(_, let begun, _): at(begun, "activated", "")
    case .incidentRaised(let incident): element.map { at($0, "incident", "\(incident.type.name): \(incident.message)") }
    case .incidentResolved: element.map { at($0, "resolved", "") }
    case .terminated: element.map { at($0, "terminated", "") }
    case .jobFailed(let retries, _, let message): element.map { at($0, "failed", "\(retries) retries left: \(message)") }
    case .called(let child): element.map { at($0, "called", child.text) }
    case .variablesSet, .waitsOpened, .waitClosed, .waitChanged, .definitionSeen, .jobMade, .jobTaken, .jobFreed, .retriesSet,
      .jobTimeoutSet, .jobGone, .userTaskMade, .userTaskChanged, .phaseChanged, .loopBegan, .iterationsPlaced, .iterationCompleted,
      .iterationTerminated, .compensable, .compensationTaken, .handles, .counted, .gathered, .placed, .ranOn:
      nil
    }
  }
}

extension InstanceEvent {
  /// The types of the jobs that may be given to a worker after this.
  fileprivate func jobTypes(of instance: Key, in state: PartitionState) -> [String] {
    switch self {
    case .activity(let id, let event): event.jobType(at: id, of: instance, in: state).map { [$0] } ?? []
    // No job of a STOPPED instance is given to anyone.
    case .retried: state.instances[instance]?.details.values.compactMap { $0.job?.type } ?? []
    case .created, .passed, .activated, .completed, .arrived, .joined, .ended, .caught, .scopeCleared, .failed, .stopped, .finished,
      .migrated, .deleted:
      []
    }
  }
}

extension ActivityEvent {
  fileprivate func jobType(at activity: ActivityID, of instance: Key, in state: PartitionState) -> String? {
    switch self {
    case .jobMade(let job): job.type
    case .jobFreed, .jobFailed, .retriesSet: state.instances[instance]?.details[activity]?.job?.type
    case .variablesSet, .waitsOpened, .waitClosed, .waitChanged, .definitionSeen, .jobTaken, .jobTimeoutSet, .jobGone, .userTaskMade,
      .userTaskChanged, .incidentRaised, .incidentResolved, .phaseChanged, .loopBegan, .iterationsPlaced, .iterationCompleted,
      .iterationTerminated, .called, .compensable, .compensationTaken, .handles, .counted, .gathered, .fired, .chosen, .placed, .began,
      .terminated, .ranOn:
      nil
    }
  }
}
