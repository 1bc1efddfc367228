import FlowCore
import FlowEngine
import FlowRuntime
import FlowStorage
import FlowView

/// What an export has told so far, and what it could not tell.
package struct ExportCounts: Sendable, Equatable {
  package var instances = 0
  package var deployments = 0
  package var keys = 0
  /// Instances that readers' rows show as running, and that neither live nor ended in the journal that is kept.
  package var unknown = 0
  /// Instances that ended up to here may be missing: readers' rows end before it. Nil when none is.
  package var missingUpTo: Position?
}

extension Server {
  /// What readers keep of finished instances.
  package enum FinishedRows {
    /// The readers' file of a store that nobody uses; nil when it is not there.
    case file(ViewFile?)
    /// All that is in the archive of the store, in a file made for it.
    case archive(ViewFile?)

    fileprivate var file: ViewFile? {
      switch self {
      case .file(let file), .archive(let file): file
      }
    }
  }

  /// Puts what is in the archive of a store into a new file, where it is found in order.
  package static func unpack(_ archive: any Archive, to path: String) throws(StoreError) -> FinishedRows {
    _ = try FinishedInstances.archive(archive, partitionID, .none, mark: .start).copy(to: .file(path))
    return .archive(try ViewFile(path))
  }

  /// Tells what a store holds in the layout of the original, in the order of the keys; only reads.
  ///
  /// - Parameters:
  ///   - finished: what ended before the journal's tail, which is nowhere else.
  ///   - take: all entries of one instance or deployment; false when it wants no more.
  package static func export(
    _ store: any Store, finished: FinishedRows, as layout: OriginalLayout,
    take: @escaping (_ entries: [OriginalEntry], _ counts: ExportCounts) -> Bool
  ) throws(StoreError) -> ExportCounts {
    let (models, ended) = (ModelStore(store: store), EndedInstances())
    let stored = try storedState(
      of: store, partition: partitionID, load: { deployment throws(StoreError) in try models.load(deployment) }, observer: ended)
    var told = Told(layout: layout, take: take)
    if case .file(let file) = finished {
      let applied = file?.positions[partitionID] ?? .start
      guard applied <= stored.standing.last else {
        throw .corrupt("the rows of finished instances go on to position \(applied), the store ends at \(stored.standing.last)")
      }
      if applied < stored.standing.mark { told.counts.missingUpTo = stored.standing.mark }
    }
    try tellInstances(Known(stored.state, stored.catalog, ended), finished.file, &told)
    for deployment in stored.state.deployments.values.sorted(by: { ($0.id + "/").precedesAsKey($1.id + "/") }) where !told.isEnough {
      guard let file = try models.file(id: deployment.id), let entries = layout.entries(of: deployment, file: file) else {
        throw .corrupt("the model of deployment \(deployment.id) is missing")
      }
      told.counts.deployments += 1
      told.tell(entries)
    }
    return told.counts
  }

  /// Readers' rows and what is known better, as one sequence in the order of the ids.
  private static func tellInstances(_ known: Known, _ finished: ViewFile?, _ told: inout Told) throws(StoreError) {
    var next = known.rows[...]
    try finished?.eachRow { (row) throws(StoreError) in
      while let first = next.first, !row.id.precedesAsKey(first.id), !told.isEnough {
        told.tell(first)
        next.removeFirst()
      }
      guard !known.has(row.id) else { return !told.isEnough }
      if row.state.isFinal { told.tell(row) } else { told.counts.unknown += 1 }
      return !told.isEnough
    }
    for row in next where !told.isEnough { told.tell(row) }
  }
}

/// What state and journal say of instances; it goes before what readers' rows say.
private struct Known {
  /// In the order of their ids.
  let rows: [InstanceRow]
  private let ids: Set<String>

  init(_ state: PartitionState, _ catalog: Catalog, _ ended: EndedInstances) {
    let live = state.instances.values.compactMap { instance in catalog[instance.deployment].map { InstanceRow(of: instance, $0) } }
    rows = (live + ended.rows).sorted { $0.id.precedesAsKey($1.id) }
    ids = Set(rows.map(\.id)).union(ended.deleted)
  }

  func has(_ id: String) -> Bool { ids.contains(id) }
}

private struct Told {
  let layout: OriginalLayout
  let take: ([OriginalEntry], ExportCounts) -> Bool
  var counts = ExportCounts()
  private(set) var isEnough = false

  init(layout: OriginalLayout, take: @escaping ([OriginalEntry], ExportCounts) -> Bool) {
    self.layout = layout
    self.take = take
  }

  mutating func tell(_ row: InstanceRow) {
    counts.instances += 1
    tell(layout.entries(of: row))
  }

  mutating func tell(_ entries: [OriginalEntry]) {
    counts.keys += entries.count
    isEnough = !take(entries, counts)
  }
}
