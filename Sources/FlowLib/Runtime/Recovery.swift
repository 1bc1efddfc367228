import FlowCore
import FlowEngine
import FlowStorage

/// What recovery found, and what the checkpointer needs to go on from.
struct Recovered {
  var state: PartitionState
  var catalog = Catalog()
  var mark: Position
  /// Records that are on the disk, with the position they reflect.
  var stamps: [Key: Position] = [:]
  /// What the journal changed since.
  var touched: Set<Key> = []
  /// What the journal removed since, and where.
  var removed: [Key: Position] = [:]
  /// Deployments that are to come, with instances that have records already: records are written in no order.
  var awaited: Set<Key> = []
  /// Instances that lived at the mark and have no record, because they ended before theirs was written.
  var ended: Set<Key> = []
}

extension Recovered {
  /// An instance that lived when a round of checkpoints began, and ended before its record was written, has none; its events above the
  /// mark change nothing any more, and its end is among them.
  fileprivate mutating func isEnded(_ event: Event) -> Bool {
    guard case .instance(let key, let change) = event, state.instances[key] == nil else { return false }
    switch change {
    case .created: return false
    case .finished: ended.remove(key)
    case .deleted:
      ended.remove(key)
      // Mostly it had ended long before, and readers are yet to hear of it.
      return false
    case .passed, .activated, .completed, .arrived, .joined, .ended, .caught, .scopeCleared, .failed, .stopped, .retried, .activity,
      .migrated:
      ended.insert(key)
    }
    return true
  }
}

/// Reads records and the journal's tail. Replay skips an event whose record already reflects it.
struct Recovery {
  private let configuration: PartitionConfiguration

  init(_ configuration: PartitionConfiguration) { self.configuration = configuration }

  private var store: any Store { configuration.store }
  private var blobs: PayloadBlobs { PayloadBlobs(store: store) }
  private static let page = 512
  private static let tailBytes = 8 << 20

  func run(from standing: Standing) throws(StoreError) -> Recovered {
    var recovered = Recovered(state: PartitionState(partition: UInt64(configuration.id.raw)), mark: standing.mark)
    try readRecords(into: &recovered)
    configuration.observer.willReplay(after: standing.mark, recovered.state, recovered.catalog)
    try replay(after: standing.mark, upTo: standing.last, into: &recovered)
    return recovered
  }

  private func readRecords(into recovered: inout Recovered) throws(StoreError) {
    var records: [StateRecord] = []
    var last: RecordKey?
    while true {
      let heads = try store.heads(configuration.id, after: last, limit: Recovery.page)
      for head in heads {
        let parts = try store.parts(configuration.id, head.key) ?? []
        let stored = try decode(parts.flatMap { $0 }, what: "record \(head.key)")
        let record = try stored.mappingPayloads { (payload) throws(StoreError) in try blobs.bringBack(payload) }
        recovered.stamps[record.key] = head.stamp
        if case .ended(let key) = record { recovered.removed[key] = head.stamp.next }
        records.append(record)
      }
      guard heads.count == Recovery.page, let key = heads.last?.key else { break }
      last = key
    }
    recovered.state.restore(records)
    for deployment in recovered.state.deploymentsInOrder { recovered.catalog[deployment.key] = try configuration.load(deployment) }
    for record in records {
      guard case .instance(let instance) = record else { continue }
      if let process = recovered.catalog[instance.deployment] {
        try check(instance, process)
      } else {
        recovered.awaited.insert(instance.deployment)
      }
    }
  }

  /// Nobody looks at the numbers in an instance again.
  private func check(_ instance: Instance, _ process: ExecutableProcess) throws(StoreError) {
    guard !instance.stands(on: process) else { return }
    throw .corrupt("instance \(instance.id.text) stands on an element that its model does not have")
  }

  private func decode(_ bytes: [UInt8], what: String) throws(StoreError) -> StateRecord {
    do throws(ByteCodingError) { return try RecordCodec.decode(bytes) } catch { throw .corrupt("\(what): \(error)") }
  }

  func replay(after mark: Position, upTo last: Position, into recovered: inout Recovered) throws(StoreError) {
    var position = mark
    while position < last {
      let batches = try store.journal(configuration.id, after: position, maxBytes: Recovery.tailBytes)
      guard !batches.isEmpty else { throw .corrupt("the journal ends at \(position), it should go on to \(last)") }
      for stored in batches {
        try apply(stored, to: &recovered)
        position = stored.position
      }
    }
    guard let lost = recovered.ended.min() else { return }
    throw .corrupt("the journal goes on with instance \(lost.raw), which has no record and does not end")
  }

  private func apply(_ stored: StoredBatch, to recovered: inout Recovered) throws(StoreError) {
    let batch: EventBatch
    do throws(ByteCodingError) { batch = try EventCodec.decode(stored.bytes) } catch {
      throw .corrupt("batch \(stored.position): \(error)")
    }
    recovered.state.advance(to: batch.now)
    configuration.observer.beginBatch(at: stored.position)
    for written in batch.events {
      let event = try written.mappingPayloads { (payload) throws(StoreError) in try blobs.bringBack(payload) }
      if let key = event.recordKey {
        let isInRecord = recovered.stamps[key].map { $0 >= stored.position } ?? false
        guard !isInRecord, !recovered.isEnded(event) else {
          configuration.observer.leavesOut(at: stored.position)
          continue
        }
        recovered.touched.insert(key)
      }
      for key in event.removedKeys(in: recovered.state) { recovered.removed[key] = stored.position }
      if case .deployment(let key, .deployed(let deploy, let state, let at)) = event {
        try take(Deployment(key: key, deploy, state, at: at), into: &recovered)
      }
      if let problem = event.problem(in: recovered.state, catalog: recovered.catalog) {
        throw .corrupt("batch \(stored.position): \(problem)")
      }
      configuration.observer.willApply(event, at: stored.position, in: recovered.state, catalog: recovered.catalog)
      evolve(&recovered.state, with: event, catalog: recovered.catalog)
    }
  }

  private func take(_ deployment: Deployment, into recovered: inout Recovered) throws(StoreError) {
    let process = try configuration.load(deployment)
    recovered.catalog[deployment.key] = process
    guard recovered.awaited.remove(deployment.key) != nil else { return }
    for instance in recovered.state.instances.values where instance.deployment == deployment.key { try check(instance, process) }
  }
}
