import FlowCore
import FlowStorage
import FlowThreads
import Synchronization

/// Keeps what finished where the next leader finds it, and brings what finished under others into this node's view; on its own thread.
///
/// The journal is kept from `archived` on, so that nothing is only here. What comes back goes from new to old, while the node serves.
package final class Archiver: Sendable {
  package struct Options: Sendable {
    package var partition: PartitionID
    package var epoch: Epoch
    /// Bytes of all segments together; the oldest go first.
    package var bytes: Int
    package var log = Log.none

    package init(partition: PartitionID, epoch: Epoch, bytes: Int) {
      (self.partition, self.epoch, self.bytes) = (partition, epoch, bytes)
    }
  }

  private struct State: Sendable {
    var archived = Position.start
    var bytes = 0
    var isFilled = false
    var isClosed = false
    var hasFailed = false
  }

  /// What only the thread uses.
  private struct Work: Sendable {
    /// Nil until they were read.
    var segments: [ArchiveSegment]?
    var reading = ArchiveReading()
    /// Left to be brought into the view, the next one last; nil until the view has what was replayed.
    var missing: [ArchiveSegment]?
    /// Where replay ended.
    var replayed = Position.start
  }

  private let view: View
  private let archive: any Archive
  private let options: Options
  private let state = Monitor(State())
  private let work = Mutex(Work())
  private let thread = Mutex<LoopThread?>(nil)

  private static let intervalMs = 5_000

  package init(_ view: View, _ archive: any Archive, _ options: Options) {
    self.view = view
    self.archive = archive
    self.options = options
  }

  deinit { close() }

  /// - Parameters:
  ///   - mark: up to here all that finished was archived, by whoever led.
  ///   - replayed: up to here the view was told before, though it may not have written it yet.
  package func start(mark: Position, replayed: Position) {
    state.change { $0.archived = mark }
    work.withLock { $0.replayed = replayed }
    let loop = LoopThread("flow-archive", intervalMs: Archiver.intervalMs) { [weak self] in self?.turn() }
    thread.withLock { $0 = loop }
    loop.wake()
  }

  package func close() {
    state.change { $0.isClosed = true }
    thread.withLock { $0.take() }?.stop()
  }

  /// Everything that finished up to here is in the archive.
  package var archived: Position { state.withLock { $0.archived } }

  /// Bytes of all segments, as of the last turn.
  package var bytes: Int { state.withLock { $0.bytes } }

  /// Archives at once what the view has, and waits until it has come to a position, or the time is over.
  package func reach(_ position: Position, ms: Int64) {
    guard archived < position else { return }
    thread.withLock { $0 }?.wake()
    let _: Bool? = state.wait(ms: ms) { $0.archived >= position || $0.isClosed ? true : nil }
  }

  /// Waits until all that finished under others is in the view, or the time is over; true when it is.
  package func fill(ms: Int64) -> Bool { state.wait(ms: ms) { $0.isFilled || $0.isClosed ? $0.isFilled : nil } ?? false }

  // MARK: the thread

  private func turn() {
    do throws(StoreError) {
      try work.locked { (work) throws(StoreError) in
        // Also after a failure: whether what failed was done is seen there.
        if work.segments == nil { work.segments = try archive.segments(options.partition) }
        try tell(&work)
        try retain(&work)
        try fill(&work)
        let bytes = work.segments?.reduce(0) { $0 + $1.bytes } ?? 0
        state.withLock { ($0.bytes, $0.hasFailed) = (bytes, false) }
      }
    } catch {
      work.withLock { $0.segments = nil }
      fail(error)
    }
  }

  private func fail(_ error: StoreError) {
    switch error {
    // The partition says so itself; nobody needs to wait.
    case .fenced, .closed: return state.change { $0.isClosed = true }
    case .full, .io, .locked, .tooLarge, .tooNew, .invalid, .corrupt, .trimmed, .compacted, .unavailable, .unknown: break
    }
    let isFirst = state.withLock { state in
      defer { state.hasFailed = true }
      return !state.hasFailed
    }
    guard isFirst else { return }
    options.log.warning("what finished could not be archived; the journal keeps it until it is", ["error": error.description])
  }

  /// Archives what the view noted.
  private func tell(_ work: inout Work) throws(StoreError) {
    while true {
      let told = try view.unarchived(options.partition)
      if !told.instances.isEmpty {
        for instance in told.instances where instance.content == nil { work.reading.delete(instance.id) }
        try add(ArchiveCodec.encode(told.instances), through: told.through, &work)
        try view.archived(told)
      }
      guard told.isAll else { continue }
      return state.change { $0.archived = max($0.archived, told.through) }
    }
  }

  private func add(_ frame: [UInt8], through: Position, _ work: inout Work) throws(StoreError) {
    var (bytes, joined, segments) = (frame, [ArchiveSegment](), work.segments ?? [])
    // Each is joined with those that are not larger, so that there are few, and none is written often.
    while let last = segments.last, last.bytes <= bytes.count, bytes.count + last.bytes <= Limits.archiveJoinBytes,
      joined.count < Limits.archiveJoined, !(work.missing ?? []).contains(last),
      let before = try archive.read(last, of: options.partition)
    {
      bytes = before + bytes
      joined.append(segments.removeLast())
    }
    let number = (work.segments?.last?.number ?? 0) + 1
    // This view may be behind what others archived.
    let last = joined.reduce(through) { max($0, $1.through) }
    let segment = ArchiveSegment(number: number, through: last, bytes: bytes.count, at: view.clock())
    try archive.add(segment, bytes, replacing: joined, to: options.partition, epoch: options.epoch)
    work.segments = segments + [segment]
  }

  /// Removes the oldest while there is too much, and what readers would not keep either.
  private func retain(_ work: inout Work) throws(StoreError) {
    let segments = work.segments ?? []
    let oldest = view.clock() + -view.retention.ageMs
    var bytes = segments.reduce(0) { $0 + $1.bytes }
    let gone = segments.prefix { segment in
      guard bytes > options.bytes || segment.at < oldest else { return false }
      bytes -= segment.bytes
      return true
    }
    guard !gone.isEmpty else { return }
    try archive.remove(Array(gone), of: options.partition, epoch: options.epoch)
    work.segments?.removeFirst(gone.count)
  }

  // MARK: back into the view

  private func fill(_ work: inout Work) throws(StoreError) {
    // What was replayed must be in first: of what is in both, that is newer.
    guard view.applied(options.partition) >= work.replayed else { return wake() }
    guard let gap = try view.gap(options.partition) else { return state.change { $0.isFilled = true } }
    if work.missing == nil { work.missing = (work.segments ?? []).filter { $0.through > gap.after } }
    while let segment = work.missing?.last {
      guard !state.withLock({ $0.isClosed }) else { return }
      let bytes = try archive.read(segment, of: options.partition) ?? []
      guard try restore(bytes, &work) else { break }
      work.missing?.removeLast()
      // What finishes meanwhile does not wait for all of the past.
      try tell(&work)
    }
    work.missing = nil
    try view.close(gap, options.partition)
    state.change { $0.isFilled = true }
  }

  private func wake() {
    thread.withLock { $0 }?.nap(ms: 20)
    thread.withLock { $0 }?.wake()
  }

  private func restore(_ bytes: [UInt8], _ work: inout Work) throws(StoreError) -> Bool {
    var rest = try work.reading.next(bytes)[...]
    while !rest.isEmpty {
      guard try view.restore(rest.prefix(Limits.viewRetentionStep)) else { return false }
      rest = rest.dropFirst(Limits.viewRetentionStep)
    }
    return true
  }
}

/// Reads segments from new to old: of what is named twice the newer counts.
struct ArchiveReading {
  /// So that nothing older of them comes back.
  private var deleted: Set<String> = []

  mutating func delete(_ id: String) { deleted.insert(id) }

  /// What an older segment adds, newest first.
  mutating func next(_ bytes: [UInt8]) throws(StoreError) -> [ArchivedInstance] {
    let instances: [ArchivedInstance]
    do throws(ByteCodingError) { instances = try ArchiveCodec.decode(bytes) } catch {
      throw .corrupt("a segment of the archive: \(error)")
    }
    var found: [ArchivedInstance] = []
    for instance in instances.reversed() where !deleted.contains(instance.id) {
      if instance.content == nil { deleted.insert(instance.id) }
      found.append(instance)
    }
    return found
  }
}
