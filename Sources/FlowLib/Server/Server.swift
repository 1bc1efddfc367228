import FlowCore
import FlowEngine
import FlowHTTP
import FlowOrchestrator
import FlowRuntime
import FlowStorage
import FlowView
import Synchronization

/// One node's whole service over a store: deployments and their services, instances, and what readers ask.
///
/// flowd serves it over the wire; `flowctl run FILE` uses it in process.
package final class Server: Sendable {
  package let board = DeploymentBoard()
  /// For calls that wait.
  package let control = WorkQueue(name: "control", threads: 4)
  let configuration: ServerConfiguration
  let store: any Store
  let view: View
  /// Where several nodes share the store, and each has a view of its own.
  let archiver: Archiver?
  let partition: Partition
  let models: ModelStore
  let projection: Projection
  let deploymentWork: DeploymentWork
  let serviceWork: ServiceWork
  let jobWaiters: JobWaiters
  let orchestrator: ProcessOrchestrator?
  private let client: HTTPClient
  private let probeClient = HTTPClient()
  let timers: TimerQueue
  /// Long work on control threads ends early.
  let isStopping = StopFlag()
  private let isAbandoned = StopFlag()

  static let partitionID = PartitionID(1)

  /// - Parameter viewPath: file of what readers ask, or `:memory:`.
  package init(_ configuration: ServerConfiguration, store: any Store, viewPath: String) throws(ServerError) {
    self.configuration = configuration
    self.store = store
    models = ModelStore(store: store)
    let archive = configuration.epoch == nil ? nil : store as? any Archive
    view = try ServerError.store { () throws(StoreError) in
      try View(
        viewPath, retention: ViewRetention(ageMs: configuration.retention.ageMs, bytes: configuration.retention.bytes),
        isArchived: archive != nil)
    }
    archiver = Server.archiver(configuration, view, archive)
    orchestrator = try Server.orchestrator(configuration)
    client = HTTPClient()
    timers = TimerQueue(world: configuration.world)
    let addresses = ServiceAddresses(given: configuration.resolve, orchestrator: orchestrator)
    let caller = ServiceCaller(client: client, log: configuration.log, random: configuration.world.entropy)
    serviceWork = ServiceWork(
      caller: caller, timers: timers, addresses: addresses,
      decisions: DecisionWork(caller: caller, service: configuration.decisionService, timeoutMs: configuration.serviceTimeoutMs),
      timeoutMs: configuration.serviceTimeoutMs, world: configuration.world)
    let reconciler = Reconciler()
    projection = Projection(Server.partitionID, view: view, archiver: archiver, board: board) { reconciler.changed($0) }
    partition = Server.partition(configuration, store, projection, serviceWork, models, isAbandoned)
    jobWaiters = JobWaiters(
      timers: timers, world: configuration.world, ask: { [partition] request, reply in Server.ask(partition, for: request, reply) },
      letGo: { [partition] jobs in Server.letGo(jobs, to: partition) })
    deploymentWork = DeploymentWork(
      board: board, partition: partition, orchestrator: orchestrator, addresses: addresses, timers: timers, world: configuration.world,
      log: configuration.log, onMoved: { [board] in board.told($0) })
    reconciler.begin(deploymentWork, on: control)
    projection.tellJobs(to: jobWaiters)
  }

  private static func archiver(_ configuration: ServerConfiguration, _ view: View, _ archive: (any Archive)?) -> Archiver? {
    guard let archive, let epoch = configuration.epoch else { return nil }
    var options = Archiver.Options(partition: partitionID, epoch: Epoch(epoch), bytes: configuration.archiveBytes)
    options.log = configuration.log
    return Archiver(view, archive, options)
  }

  private static func orchestrator(_ configuration: ServerConfiguration) throws(ServerError) -> ProcessOrchestrator? {
    guard configuration.runsProcesses else { return nil }
    var options = ProcessOrchestrator.Options(
      dataDirectory: configuration.dataDirectory, servicesDirectory: configuration.servicesDirectory)
    options.log = configuration.log
    do throws(OrchestratorError) { return try ProcessOrchestrator(options) } catch { throw .orchestrator(error.description) }
  }

  /// Stops what an earlier process with this data directory left running, where another node leads now and has services of its own.
  package static func stopLeftServices(_ configuration: ServerConfiguration) throws(ServerError) {
    guard !configuration.keepsServices else { return }
    try orchestrator(configuration)?.shutdown(keepServices: false, timeoutMs: leftServicesMs)
  }

  /// Who may be elected at any moment does not wait longer; what runs then is adopted.
  private static let leftServicesMs: Int64 = 2_000

  private static func partition(
    _ configuration: ServerConfiguration, _ store: any Store, _ projection: Projection, _ work: ServiceWork, _ models: ModelStore,
    _ isAbandoned: StopFlag
  ) -> Partition {
    var settings = PartitionConfiguration(
      id: partitionID, store: store, world: configuration.world, log: configuration.log, observer: projection, performer: work,
      load: { deployment throws(StoreError) in configuration.configured(try models.load(deployment)) },
      fatal: { error in if !isAbandoned.isSet { configuration.fatal(error.description) } })
    settings.epoch = configuration.epoch.map { Epoch($0) }
    settings.keepsJournal = configuration.keepsJournal
    settings.liveBytesMax = configuration.liveBytesMax
    return Partition(settings)
  }

  /// Recovers what the store holds and goes on where it stopped.
  package func start() throws(ServerError) {
    try ServerError.store { () throws(StoreError) in
      // A view that is ahead belongs to another store.
      if view.applied(Server.partitionID) > (try store.standing(Server.partitionID).last) { try view.wipe() }
      let mark = try store.standing(Server.partitionID).mark
      try partition.start()
      archiver?.start(mark: mark, replayed: try store.standing(Server.partitionID).last)
      try retireOldModels()
    }
    try deploymentWork.start(probeClient)
    scheduleBlobSweep()
  }

  /// Finishes what is under way and lets go of everything. Services stop unless they are to be kept.
  ///
  /// - Parameter released: called when the last write of the partition is done, from when on another node may own it.
  package func stop(released: () -> Void = {}) {
    isStopping.set()
    control.close()
    jobWaiters.close()
    projection.tellJobs(to: nil)
    deploymentWork.stop()
    // Calls are let go before the services that they wait for: what is owed stays owed, and the next start calls again.
    client.close()
    probeClient.close()
    partition.stop()
    released()
    orchestrator?.shutdown(keepServices: configuration.keepsServices)
    timers.stop()
    archiver?.close()
    view.close()
    store.close()
  }

  /// Lets go of a store that now belongs to another node: nothing more is written, what memory holds is worth nothing.
  package func abandon() {
    isAbandoned.set()
    // First, so that nothing waits for a store that does not answer.
    store.close()
    stop()
  }

  /// The position that everything told so far reflects; ask readers for nothing older.
  package var position: Position { projection.position }

  /// Why no new work is accepted; nil when all is well.
  package var readOnlyReason: String? {
    switch store.condition {
    case .writable: partition.waitingReason
    case .readOnly(let reason), .failed(let reason): reason
    }
  }
}

/// Set once.
final class StopFlag: Sendable {
  private let flag = Atomic(false)

  var isSet: Bool { flag.load(ordering: .acquiring) }
  func set() { flag.store(true, ordering: .releasing) }
}

/// Why a node can not start.
package enum ServerError: Error, Sendable, Equatable, CustomStringConvertible {
  case store(StoreError)
  case orchestrator(String)

  package var description: String {
    switch self {
    case .store(let error): error.description
    case .orchestrator(let why): why
    }
  }

  static func store<Value>(_ body: () throws(StoreError) -> Value) throws(ServerError) -> Value {
    do throws(StoreError) { return try body() } catch { throw .store(error) }
  }
}
