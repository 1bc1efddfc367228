import FlowCore
import FlowEngine
import FlowRuntime
import FlowStorage
import FlowThreads
import Synchronization

/// A partition over a store, with a clock that the test holds and services that answer what the test says.
package final class PartitionBench: Sendable {
  package let partition: Partition
  package let clock: TestClock
  private let services: TestServices
  private let fatal = FatalError()

  /// - Parameter processes: compiled deployments by id; what a program would read from the store.
  package init(
    _ store: any Store, clock: TestClock = TestClock(), processes: [ExecutableProcess], liveBytesMax: Int = .max, epoch: Epoch? = nil,
    observer: any PartitionObserver = NoObserver(),
    answer: @escaping @Sendable (ServiceJob) -> Result<Payload, ServiceFailure>? = { .success($0.body) }
  ) {
    self.clock = clock
    services = TestServices(answer: answer)
    let byID = Dictionary(processes.map { ($0.deploymentID, $0) }) { first, _ in first }
    var configuration = PartitionConfiguration(
      id: PartitionID(1), store: store, world: clock.world, log: .none, observer: observer, performer: services,
      load: { deployment throws(StoreError) in
        guard let process = byID[deployment.id] else { throw .corrupt("no process for \(deployment.id)") }
        return process
      }, fatal: { [fatal] error in fatal.error.withLock { $0 = error } })
    configuration.liveBytesMax = liveBytesMax
    configuration.epoch = epoch
    partition = Partition(configuration)
  }

  /// What would have ended the process.
  package var failure: StoreError? { fatal.error.withLock { $0 } }

  package func start() throws(StoreError) { try partition.start() }

  /// The canonical bytes of the whole state.
  package var image: [[UInt8]]? { partition.look { state, _ in state.records.map { RecordCodec.encode($0) } }?.value }

  package func deploy(_ process: ExecutableProcess) throws -> Key {
    let deploy = Deploy(
      id: process.deploymentID, processID: process.processID, version: 1, digest: "", resourceName: "", isStopped: false, needsNothing: true
    )
    guard case .deployment(let key) = try partition.ask(deploy, process).answer else { preconditionFailure("deploy without a key") }
    return key
  }

  package func create(_ deployment: Key, _ body: JSON = [:], requestID: String? = nil) throws -> InstanceID {
    let create = CreateInstance(
      deployment: deployment, startEventID: nil, payload: Payload(json: body), metadata: [], requestID: requestID)
    guard case .instance(let id) = try partition.ask(.createInstance(create), lane: .creates).answer else {
      preconditionFailure("create without an id")
    }
    return id
  }

  private static let patienceMs: Int64 = 20_000

  /// Lets the partition go round until something holds; it throws when that takes too long.
  package func goOn(until holds: () throws -> Bool) throws {
    let deadline = MonotonicClock.milliseconds() + PartitionBench.patienceMs
    while try !holds() {
      guard MonotonicClock.milliseconds() < deadline else { throw NeverHeld() }
      _ = partition.look { _, _ in }
    }
  }

  package struct NeverHeld: Error, CustomStringConvertible {
    package var description: String { "the partition went round for \(PartitionBench.patienceMs) ms, and what is waited for did not come" }
  }

  /// The image once nothing moves: the services' answers come as commands of their own.
  package func settledImage() throws -> [[UInt8]]? {
    var last = image
    try goOn {
      let now = image
      defer { last = now }
      return now == last
    }
    return last
  }

  /// How many instances live; none when the partition does not answer.
  package var liveInstances: Int? { partition.look { state, _ in state.instances.count }?.value }
}

private final class FatalError: Sendable {
  let error = Mutex<StoreError?>(nil)
}

/// A clock that moves only when it is told to.
package final class TestClock: Sendable {
  private let milliseconds = Atomic<Int64>(1_000)
  private let random = Mutex(SplitMix(state: 7))

  package init() {}

  package func advance(ms: Int64) { milliseconds.add(ms, ordering: .sequentiallyConsistent) }

  package var world: World {
    World(
      now: { [self] in Instant(milliseconds: milliseconds.load(ordering: .sequentiallyConsistent)) },
      entropy: { [self] in random.withLock { $0.next() } })
  }
}

/// Services that answer at once, from within.
final class TestServices: ObligationPerformer {
  private let answer: @Sendable (ServiceJob) -> Result<Payload, ServiceFailure>?

  init(answer: @escaping @Sendable (ServiceJob) -> Result<Payload, ServiceFailure>?) { self.answer = answer }

  func perform(_ obligations: [Obligation], for partition: Partition) {
    for obligation in obligations {
      switch obligation {
      case .callService(let job):
        switch answer(job) {
        case .success(let response):
          partition.send(.jobCompleted(job: job.job, instance: job.instance.key, response: response), lane: .completions)
        case .failure(let failure): partition.send(.jobFailed(job: job.job, instance: job.instance.key, failure), lane: .completions)
        case nil: break
        }
      case .continue(let continuation): partition.send(.continue(continuation), lane: .internal)
      case .deadline, .decide: break
      }
    }
  }
}

extension ServiceFailure: Error {}
