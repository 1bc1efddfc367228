import FlowBPMN
import FlowCore
import FlowEngine

extension Lookups {
  /// Whether the same is found in both, as far as a test can tell.
  fileprivate func isSame(as other: Lookups) -> Bool {
    func due(_ lookups: Lookups) -> [DueItem] { lookups.agenda.all.map(\.item) }
    func jobs(_ lookups: Lookups) -> [String: [WaitPlace]] { lookups.jobs.mapValues { $0.first($0.count) } }
    return due(self) == due(other) && jobs(self) == jobs(other) && propertyWaits == other.propertyWaits && places == other.places
      && messageWaits.mapValues(\.count) == other.messageWaits.mapValues(\.count)
      && signalWaits.mapValues(\.count) == other.signalWaits.mapValues(\.count)
  }
}

/// Runs commands against the engine alone and checks its laws after each: what was written reads back, and replay gives the same state.
package struct EngineBench {
  package var state = PartitionState(partition: 1)
  package private(set) var catalog = Catalog()
  package private(set) var journal: [[UInt8]] = []
  package private(set) var events: [Event] = []
  package var now = Instant(milliseconds: 1_000)

  /// Off for long runs: the check replays the whole journal.
  package var checksLaws = true

  package init() {}

  package struct Broken: Error, CustomStringConvertible { package let description: String }

  /// Deploys a process; it runs at once.
  package mutating func deploy(_ builder: ProcessBuilder, asksDecisionService: Bool = false) throws -> Key {
    let (compiled, findings) = compile(builder.process, in: builder.definitions)
    guard var compiled else { throw Broken(description: "does not compile: \(findings.map(\.message))") }
    var settings = compiled.settings
    settings.asksDecisionService = asksDecisionService
    compiled = compiled.with(settings)
    let deploy = Deploy(
      id: compiled.deploymentID, processID: compiled.processID, version: 1, digest: "", resourceName: "", isStopped: false,
      needsNothing: true)
    catalog[state.nextKey] = compiled
    guard case .deployment(let key) = try run(.deploy(deploy)) else { throw Broken(description: "no deployment") }
    return key
  }

  package mutating func create(_ deployment: Key, _ body: JSON = [:], start: String? = nil, requestID: String? = nil) throws -> Key {
    let create = CreateInstance(
      deployment: deployment, startEventID: start, payload: Payload(json: body), metadata: [], requestID: requestID)
    guard case .instance(let id) = try run(.createInstance(create)) else { throw Broken(description: "no instance") }
    return id.key
  }

  @discardableResult
  package mutating func run(_ command: Command) throws -> Answer {
    let context = DecisionContext(now: now, entropy: (0x1234, 0x5678))
    let decision = try decide(command, in: state, catalog: catalog, context: context)
    state.advance(to: now)
    var writer = EventBatchWriter(now: now)
    for event in decision.events { evolve(&state, with: event, catalog: catalog) }
    writer.append(EncodedEvents(decision.events))
    journal.append(writer.bytes)
    events += decision.events
    if checksLaws { try checkLaws() }
    return decision.answer
  }

  /// Open service jobs by element id, in order of their keys.
  package var jobs: [ServiceJob] {
    obligations(of: state, catalog: catalog).compactMap {
      guard case .callService(let job) = $0 else { return nil }
      return job
    }.sorted { $0.job < $1.job }
  }

  /// Open questions to a decision service, in order of their keys.
  package var decisions: [GatewayDecision] {
    obligations(of: state, catalog: catalog).compactMap {
      guard case .decide(let decision) = $0 else { return nil }
      return decision
    }.sorted { $0.job < $1.job }
  }

  package mutating func complete(_ element: String, _ response: JSON) throws {
    guard let job = jobs.first(where: { $0.elementID == element }) else { throw Broken(description: "no job at \(element)") }
    try run(.jobCompleted(job: job.job, instance: job.instance.key, response: Payload(json: response)))
  }

  package mutating func fail(_ element: String, code: String = "FAILED_TASK") throws {
    guard let job = jobs.first(where: { $0.elementID == element }) else { throw Broken(description: "no job at \(element)") }
    let failure = ServiceFailure(code: code, message: "no", elementID: element, report: Payload(json: ["error_code": .string(code)]))
    try run(.jobFailed(job: job.job, instance: job.instance.key, failure))
  }

  /// How an instance ended: its last `finished` event.
  package func outcome(_ key: Key) -> (state: InstanceState, result: JSON?, code: String?)? {
    for event in events.reversed() {
      if case .instance(key, .finished(let state, let payload, let failure, _)) = event { return (state, payload?.json, failure?.code) }
    }
    return nil
  }

  /// Ids of the elements that an instance's tokens entered, in order.
  package func trace(_ key: Key) -> [String] {
    guard let process = catalog[catalogKey(of: key)] else { return [] }
    return events.compactMap { event in
      guard case .instance(key, let change) = event else { return nil }
      switch change {
      case .passed(let element, _), .activated(_, let element, _), .arrived(let element, _), .ended(let element): return process[element].id
      case .caught(_, let boundary, _, _): return process[boundary].id
      case .activity(_, .fired(let element, _)), .activity(_, .chosen(let element, _)), .activity(_, .began(_, let element, _)):
        return process[element].id
      case .created, .completed, .joined, .scopeCleared, .failed, .stopped, .retried, .finished, .deleted, .migrated, .activity: return nil
      }
    }
  }

  private func catalogKey(of instance: Key) -> Key {
    for event in events {
      if case .instance(instance, .created(let created)) = event { return created.deployment }
    }
    return instance
  }

  private func checkLaws() throws {
    var replayed = PartitionState(partition: 1)
    for bytes in journal {
      let batch = try EventCodec.decode(bytes)
      replayed.advance(to: batch.now)
      for event in batch.events { evolve(&replayed, with: event, catalog: catalog) }
    }
    let live = state.records.map { RecordCodec.encode($0) }
    guard replayed.records.map({ RecordCodec.encode($0) }) == live else { throw Broken(description: "replay(journal) != state") }
    var restored = PartitionState(partition: 1)
    restored.restore(try live.map { bytes throws(ByteCodingError) in try RecordCodec.decode(bytes) })
    guard restored.records.map({ RecordCodec.encode($0) }) == live else { throw Broken(description: "records do not restore the state") }
    for other in [replayed, restored] where !state.lookups.isSame(as: other.lookups) {
      throw Broken(description: "lookups do not follow from the records")
    }
  }
}
