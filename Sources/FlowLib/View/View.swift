import FlowCore
import FlowEngine
import FlowSQLite
import FlowStorage
import FlowThreads
import Synchronization

/// What readers ask: instances, counts, history, in a file and on a thread of its own, never the partition's.
///
/// The view may lag and may be lost: its file says per partition which position it reflects, and the caller gives again what came
/// after. Batches of one partition come in order without gaps; one that was taken is ignored when it comes again.
package final class View: Sendable {
  let queue: ViewQueue
  let writer: Connection
  let reader: Connection
  /// None for a view in memory.
  private let folder: ViewFolder?
  private let feed: ViewFeed
  let retention: ViewRetention
  let clock: @Sendable () -> Instant
  /// Notes what ends for an archive.
  private let isArchived: Bool
  private let thread = Mutex<LoopThread?>(nil)
  private let retained = Mutex<Int64>(0)
  /// The file could not be used and was made anew: everything must be given again.
  package let wasReset: Bool

  /// - Parameters:
  ///   - path: a file, made when it is not there, or `:memory:`.
  ///   - isArchived: an `Archiver` keeps what finished where other nodes find it.
  ///   - clock: the age of finished instances.
  package init(
    _ path: String, retention: ViewRetention = ViewRetention(), isArchived: Bool = false,
    clock: @escaping @Sendable () -> Instant = wallClock
  ) throws(StoreError) {
    (writer, reader, wasReset) = try ViewSchema.open(path)
    let (positions, last) = try reader.use { (database) throws(StoreError) in
      (try ViewReader(database: database).positions(), try database.integer("SELECT value FROM counter WHERE name = 'feed'") ?? 0)
    }
    folder = path == ":memory:" ? nil : try ViewFolder(path, beside: writer)
    queue = ViewQueue(positions)
    feed = ViewFeed(last: UInt64(bitPattern: last))
    self.retention = retention
    self.isArchived = isArchived
    self.clock = clock
    let loop = LoopThread("flow-view", intervalMs: 1000) { [weak self] in self?.turn() }
    thread.withLock { $0 = loop }
  }

  deinit { close() }

  /// Writes what waits and ends use.
  package func close() {
    guard let loop = thread.withLock({ $0.take() }) else { return }
    queue.close()
    loop.stop()
    folder?.close()
    writer.close()
    reader.close()
  }

  // MARK: Changes in

  /// Takes the changes of one committed batch; empty ones too, since they move the position.
  ///
  /// - Returns: `refused` when the batch does not follow the last one taken, or too much waits.
  package func apply(_ partition: PartitionID, _ position: Position, _ changes: [ViewChange]) -> ViewIntake {
    tell(queue.take(partition, position, changes))
  }

  /// Begins a partition at a position from where the journal can no longer be given, with rows made from its records.
  /// Instances that are already there are replaced; what went on here and is not among them ended elsewhere, and is to come from the
  /// archive, if there is one. Refused while something waits to be written.
  package func begin(_ partition: PartitionID, at position: Position, _ rows: [InstanceRow]) -> ViewIntake {
    tell(queue.begin(partition, position, rows.map { .instanceCreated($0) }))
  }

  private func tell(_ answer: (intake: ViewIntake, wakes: Bool)) -> ViewIntake {
    if answer.wakes { thread.withLock { $0 }?.wake() }
    return answer.intake
  }

  /// The position up to which everything can be read; start of the journal for a partition never seen.
  package func applied(_ partition: PartitionID) -> Position { queue.applied(partition) }

  /// The last position that was taken and not dropped since; what came after must be given again.
  package func taken(_ partition: PartitionID) -> Position { queue.taken(partition) }

  /// Forgets everything, for a store that is not the one the view was made from (its journal ends before `applied`).
  package func wipe() throws(StoreError) {
    try writer.use { (database) throws(StoreError) in
      try database.transaction { () throws(StoreError) in
        for table in ["instance", "metadata", "count", "deployment", "applied", "unarchived", "gap"] {
          try database.execute("DELETE FROM \(table)")
        }
      }
      queue.reset([:])
    }
  }

  // MARK: Writer's thread

  private func turn() {
    // Collects for a while, unless much is there, somebody waits for it, or the view closes. Who subscribes wants to see what happens;
    // without them larger flushes cost less.
    if queue.shouldCollect { thread.withLock { $0 }?.nap(ms: feed.hasSubscribers ? 4 : 20) }
    do throws(StoreError) {
      while let batch = queue.next() { try flush(batch) }
      try retain()
    } catch {
      queue.fail(error)
    }
  }

  private func flush(_ batch: ViewQueue.Batch) throws(StoreError) {
    try writer.use { (database) throws(StoreError) in
      var number = feed.last
      let entries = try database.transaction { () throws(StoreError) in
        var flush = ViewWriter(database, noting: isArchived ? number : nil)
        var entries: [ViewFeed.Entry] = []
        entries.reserveCapacity(batch.items.count)
        for (partition, begun) in batch.begun { try flush.begin(partition, begun) }
        for item in batch.items {
          let (deployment, former) = try flush.take(item.change)
          number += 1
          let told = FeedItem(number: number, partition: item.partition, position: item.position, change: item.change)
          entries.append(ViewFeed.Entry(item: told, deployment: deployment, former: former))
        }
        try flush.write()
        try View.writePositions(batch.positions, number, database)
        return entries
      }
      folder?.flushed(frames: database.frames)
      queue.done(batch)
      feed.publish(entries, last: number)
    }
  }

  private static func writePositions(_ positions: [PartitionID: Position], _ number: UInt64, _ database: Database) throws(StoreError) {
    for (partition, position) in positions {
      try database.statement("INSERT OR REPLACE INTO applied VALUES (?, ?)")
        .bind(1, Int64(partition.raw)).bind(2, Int64(bitPattern: position.raw)).run()
    }
    try database.statement("INSERT OR REPLACE INTO counter VALUES ('feed', ?)").bind(1, Int64(bitPattern: number)).run()
  }

  /// Removes finished instances that are too old or too many, a handful a transaction, as long as nothing waits to be written.
  private func retain() throws(StoreError) {
    guard isTimeToRetain() else { return }
    while queue.isEmpty {
      let removed = try writer.use { (database) throws(StoreError) in try retainStep(database) }
      if removed == 0 { return }
    }
  }

  /// Once a second: the size of the file and the oldest row are cheap to ask, but not free.
  private func isTimeToRetain() -> Bool {
    let now = MonotonicClock.milliseconds()
    return retained.withLock { last in
      guard now - last >= 1000 else { return false }
      last = now
      return true
    }
  }

  private func retainStep(_ database: Database) throws(StoreError) -> Int {
    let tooLarge = try ViewReader(database: database).bytes() > retention.bytes
    let before = tooLarge ? Instant(milliseconds: .max) : clock() + -retention.ageMs
    return try database.transaction { () throws(StoreError) in
      var flush = ViewWriter(database)
      return try flush.removeFinished(before: before, limit: Limits.viewRetentionStep)
    }
  }

  // MARK: Questions

  private func answer<Value: Sendable>(
    _ notBefore: NotBefore?, _ body: (ViewReader) throws(StoreError) -> Value
  ) throws(StoreError) -> ViewAnswer<Value> {
    if let notBefore { try queue.wait(notBefore) { thread.withLock { $0 }?.wake() } }
    return try reader.use { (database) throws(StoreError) in
      try database.snapshot { () throws(StoreError) in
        let reader = ViewReader(database: database)
        return ViewAnswer(value: try body(reader), positions: try reader.positions())
      }
    }
  }

  /// Instances that pass the filter, newest first, a page of at most `Limits.pageRows`, and of `Limits.pageBytes` when it has
  /// several rows.
  ///
  /// - Parameter results: false leaves results out, which may be large and are not even read then.
  package func list(
    _ filter: InstanceFilter = InstanceFilter(), before cursor: ViewCursor? = nil, limit: Int = 100, results: Bool = true,
    notBefore: NotBefore? = nil
  ) throws(StoreError) -> ViewAnswer<InstancePage> {
    try answer(notBefore) { (reader) throws(StoreError) in try reader.list(filter, before: cursor, limit: limit, results: results) }
  }

  package func get(_ id: String, notBefore: NotBefore? = nil) throws(StoreError) -> ViewAnswer<InstanceRow?> {
    try answer(notBefore) { (reader) throws(StoreError) in try reader.get(id) }
  }

  package func history(_ id: String, notBefore: NotBefore? = nil) throws(StoreError) -> ViewAnswer<InstanceHistory?> {
    try answer(notBefore) { (reader) throws(StoreError) in try reader.history(id) }
  }

  /// Counts per deployment and state in order of both, without zeros; kept with each change, so that asking costs no scan.
  package func counts(deployment: String? = nil, notBefore: NotBefore? = nil) throws(StoreError) -> ViewAnswer<[InstanceCount]> {
    try answer(notBefore) { (reader) throws(StoreError) in try reader.counts(deployment) }
  }

  /// Whether an instance of the deployment is in a state that can go on.
  package func hasUnfinished(_ deployment: String, notBefore: NotBefore? = nil) throws(StoreError) -> ViewAnswer<Bool> {
    try answer(notBefore) { (reader) throws(StoreError) in try reader.counts(deployment).contains { !$0.state.isFinal && $0.count > 0 } }
  }

  package func bytes() throws(StoreError) -> Int {
    try reader.use { (database) throws(StoreError) in try ViewReader(database: database).bytes() }
  }

  // MARK: Feed

  /// The number of the last change that can be read: list first, then subscribe after it.
  package var feedNumber: UInt64 { feed.last }

  /// Every change above `after` (nil: from now on), in order, none left out, after it can be read.
  ///
  /// The handler runs on the view's thread, or for what was missed on the caller's; it must not block nor subscribe.
  /// - Throws: `compacted` when what was missed is no longer kept: list again.
  package func subscribe(
    _ filter: FeedFilter = FeedFilter(), after: UInt64? = nil, _ handler: @escaping @Sendable ([FeedItem]) -> Void
  ) throws(StoreError) -> WatchToken {
    try feed.subscribe(filter, after: after, handler)
  }
}
