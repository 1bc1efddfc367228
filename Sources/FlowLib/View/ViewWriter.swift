import FlowCore
import FlowEngine
import FlowSQLite
import FlowStorage

/// Writes one flush: what several changes do to an instance becomes one write of its row.
struct ViewWriter {
  /// An instance's row in the making.
  private final class Draft {
    let id: String
    var row: InstanceRow?
    /// Where it is stored; nil while it is new.
    var seq: Int64?
    var storedState: InstanceState?
    var storedDeployment: Int64?
    var history: [UInt8] = []
    var historyChanged = false
    var dropped = 0
    var isDeleted = false

    init(_ id: String) { self.id = id }
  }

  /// Bits of a row's number below its time of creation in milliseconds.
  private static let seqBits: Int64 = 12

  private let database: Database
  private var drafts: [String: Draft] = [:]
  /// In order of their first change, so that rows are numbered in order of creation.
  private var order: [Draft] = []
  private var counts: [Int64: [InstanceState: Int]] = [:]
  /// Numbers of deployments that this flush has met.
  private var numbers: [String: Int64] = [:]
  /// The highest number of a row, once this flush has asked.
  private var lastSeq: Int64?
  /// What ends or goes in this flush is noted under it for the archive; nil where there is none.
  private let noting: UInt64?

  init(_ database: Database, noting: UInt64? = nil) {
    self.database = database
    self.noting = noting
  }

  // MARK: Take

  /// - Returns: the deployment of the instance, as far as it is known, and the one before it.
  mutating func take(_ change: ViewChange) throws(StoreError) -> (deployment: String?, former: String?) {
    let draft = try draft(of: change.id)
    let before = draft.row?.deployment
    ViewWriter.apply(change, to: draft)
    return (draft.row?.deployment ?? before, before)
  }

  private mutating func draft(of id: String) throws(StoreError) -> Draft {
    if let known = drafts[id] { return known }
    let draft = try load(id)
    drafts[id] = draft
    order.append(draft)
    return draft
  }

  private static func apply(_ change: ViewChange, to draft: Draft) {
    switch change {
    case .instanceCreated(let row):
      draft.isDeleted = false
      // It ended, and its life is told again: by a journal that goes back further than what was brought here.
      if draft.row?.ended != nil { (draft.history, draft.dropped) = ([], 0) }
      draft.row = row
    case .instanceChanged(_, let patch): draft.row?.apply(patch)
    case .instanceEnded(_, let end): draft.row?.apply(end)
    case .instanceDeleted:
      draft.isDeleted = true
      draft.row = nil
    case .history(_, let entry):
      // An instance that retention has removed stays removed.
      guard draft.row != nil else { return }
      draft.history += HistoryCodec.encode(entry)
      draft.historyChanged = true
    }
  }

  private func load(_ id: String) throws(StoreError) -> Draft {
    let found = try database.statement(ViewWriter.select).bind(1, text: id)
    defer { found.reset() }
    guard try found.step() else { return Draft(id) }
    let (row, draft) = (try ViewReader.row(found), Draft(id))
    (draft.row, draft.seq, draft.storedState, draft.storedDeployment) = (row, found.integer(13), row.state, found.integer(14))
    (draft.history, draft.dropped) = (found.bytes(16), Int(found.integer(15)))
    return draft
  }

  // MARK: Write

  mutating func write() throws(StoreError) {
    for draft in order {
      if draft.historyChanged {
        do { draft.dropped += try HistoryCodec.trim(&draft.history) } catch {
          throw .corrupt("history of \(draft.row?.id ?? "a deleted instance"): \(error)")
        }
      }
      try write(draft)
    }
    try writeCounts()
  }

  private mutating func write(_ draft: Draft) throws(StoreError) {
    if let noting, draft.isDeleted || draft.row?.ended != nil {
      try database.statement("INSERT OR REPLACE INTO unarchived VALUES (?, ?)")
        .bind(1, text: draft.id).bind(2, Int64(bitPattern: noting)).run()
    }
    switch (draft.row, draft.seq) {
    case (nil, nil): return
    case (nil, let seq?):
      guard draft.isDeleted else { return }
      try remove(draft, seq)
    case (let row?, let seq):
      let deployment = try number(of: row.deployment)
      count(draft.storedDeployment, draft.storedState, -1)
      count(deployment, row.state, 1)
      if let seq {
        try put(row, draft, deployment, seq, isNew: false)
      } else {
        try put(row, draft, deployment, nextSeq(row.created), isNew: true)
      }
    }
  }

  private func put(_ row: InstanceRow, _ draft: Draft, _ deployment: Int64, _ seq: Int64, isNew: Bool) throws(StoreError) {
    let statement = try database.statement(isNew ? ViewWriter.insert : ViewWriter.update)
    try statement.bind(1, seq).bind(2, text: row.id).bind(3, deployment).bind(4, Int64(row.state.rawValue)).bind(
      5, row.created.milliseconds
    )
    .bind(6, row.ended?.milliseconds).bind(7, text: row.contentType).bind(8, text: row.endEvent).bind(9, text: row.errorCode)
    .bind(10, text: row.errorMessage).bind(11, text: row.failedElement).bind(
      12, text: row.metadata.isEmpty ? nil : Metadata.json(row.metadata)
    )
    .bind(13, text: row.activeElements).bind(14, row.result).bind(15, Int64(draft.dropped)).bind(16, draft.history)
    try statement.run()
    guard isNew else { return }
    for pair in row.metadata {
      try database.statement("INSERT OR IGNORE INTO metadata VALUES (?, ?, ?)")
        .bind(1, text: pair.name).bind(2, text: pair.value).bind(3, seq).run()
    }
  }

  /// Rows are numbered by their time of creation, so that what comes from the archive later finds its place; new ones never go back.
  private mutating func nextSeq(_ created: Instant) throws(StoreError) -> Int64 {
    if lastSeq == nil { lastSeq = try database.integer("SELECT max(seq) FROM instance") }
    let next = max((lastSeq ?? 0) + 1, ViewWriter.firstSeq(created))
    lastSeq = next
    return next
  }

  private static func firstSeq(_ created: Instant) -> Int64 {
    max(0, min(created.milliseconds, .max >> seqBits)) << seqBits
  }

  private static let select =
    "SELECT \(ViewReader.columns), seq, deployment, dropped, history FROM \(ViewReader.source) WHERE instance.id = ?"
  private static let insert = "INSERT INTO instance VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
  private static let update = """
    UPDATE instance SET id = ?2, deployment = ?3, state = ?4, created = ?5, ended = ?6, content_type = ?7, end_event = ?8, error_code = ?9,
    error_message = ?10, failed_element = ?11, metadata = ?12, active = ?13, result = ?14, dropped = ?15, history = ?16 WHERE seq = ?1
    """

  private mutating func remove(_ draft: Draft, _ seq: Int64) throws(StoreError) {
    try remove(seq)
    count(draft.storedDeployment, draft.storedState, -1)
  }

  private func remove(_ seq: Int64) throws(StoreError) {
    try database.statement("DELETE FROM instance WHERE seq = ?").bind(1, seq).run()
    try database.statement("DELETE FROM metadata WHERE seq = ?").bind(1, seq).run()
  }

  private mutating func number(of deployment: String) throws(StoreError) -> Int64 {
    if let known = numbers[deployment] { return known }
    let number = try storedNumber(of: deployment)
    numbers[deployment] = number
    return number
  }

  private func storedNumber(of deployment: String) throws(StoreError) -> Int64 {
    try database.statement("INSERT OR IGNORE INTO deployment(id) VALUES (?)").bind(1, text: deployment).run()
    let row = try database.statement("SELECT number FROM deployment WHERE id = ?").bind(1, text: deployment)
    defer { row.reset() }
    return try row.step() ? row.integer(0) : 0
  }

  private mutating func count(_ deployment: Int64?, _ state: InstanceState?, _ by: Int) {
    guard let deployment, let state else { return }
    counts[deployment, default: [:]][state, default: 0] += by
  }

  private mutating func writeCounts() throws(StoreError) {
    for deployment in counts.keys.sorted() {
      for state in InstanceState.allCases {
        guard let by = counts[deployment]?[state], by != 0 else { continue }
        try database.statement("INSERT INTO count VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET n = n + ?3")
          .bind(1, deployment).bind(2, Int64(state.rawValue)).bind(3, Int64(by)).run()
      }
    }
    counts = [:]
  }

  // MARK: Archive

  /// Removes what this file holds as going on although it lives no longer, and notes from where on the archive holds how it ended.
  mutating func begin(_ partition: PartitionID, _ beginning: ViewQueue.Beginning) throws(StoreError) {
    let rows = try database.statement("SELECT id FROM instance WHERE ended IS NULL")
    var gone: [String] = []
    while try rows.step() { if !beginning.living.contains(rows.text(0)) { gone.append(rows.text(0)) } }
    rows.reset()
    for id in gone {
      let draft = try load(id)
      if let seq = draft.seq { try remove(draft, seq) }
    }
    // What happened behind the position will be told again.
    if beginning.position < beginning.after { try database.execute("UPDATE instance SET history = x'', dropped = 0 WHERE ended IS NULL") }
    guard noting != nil else { return }
    try database.statement("INSERT INTO gap VALUES (?1, ?2, 1) ON CONFLICT DO UPDATE SET position = min(position, ?2), begun = begun + 1")
      .bind(1, Int64(partition.raw)).bind(2, Int64(bitPattern: beginning.after.raw)).run()
  }

  /// Puts what finished in another node's time where it belongs; what is here already stays. How many there were to put.
  mutating func restore(_ instances: ArraySlice<ArchivedInstance>, endedSince oldest: Instant) throws(StoreError) -> Int {
    var count = 0
    for instance in instances {
      let draft = try load(instance.id)
      guard let content = instance.content else {
        if let seq = draft.seq { try remove(draft, seq) }
        continue
      }
      guard draft.seq == nil, let ended = content.row.ended, ended >= oldest else { continue }
      (draft.row, draft.history, draft.dropped) = (content.row, content.history, content.dropped)
      let deployment = try number(of: content.row.deployment)
      self.count(deployment, content.row.state, 1)
      try put(content.row, draft, deployment, freeSeq(content.row.created), isNew: true)
      count += 1
    }
    try writeCounts()
    return count
  }

  /// The first number of that millisecond that no row has.
  private func freeSeq(_ created: Instant) throws(StoreError) -> Int64 {
    var seq = ViewWriter.firstSeq(created)
    while true {
      let found = try database.statement("SELECT 1 FROM instance WHERE seq = ?").bind(1, seq)
      defer { found.reset() }
      guard try found.step() else { return seq }
      seq += 1
    }
  }

  // MARK: Retention

  /// Removes one handful of instances that ended before the instant, oldest first; how many.
  mutating func removeFinished(before instant: Instant, limit: Int) throws(StoreError) -> Int {
    let rows = try database.statement("SELECT seq, deployment, state FROM instance WHERE ended < ? ORDER BY ended LIMIT ?")
      .bind(1, instant.milliseconds).bind(2, Int64(limit))
    var found: [(seq: Int64, deployment: Int64, state: InstanceState?)] = []
    while try rows.step() {
      found.append((rows.integer(0), rows.integer(1), InstanceState(rawValue: UInt8(truncatingIfNeeded: rows.integer(2)))))
    }
    rows.reset()
    for (seq, deployment, state) in found {
      try remove(seq)
      count(deployment, state, -1)
    }
    try writeCounts()
    return found.count
  }
}

/// Metadata as JSON text.
enum Metadata {
  static func json(_ pairs: [MetadataPair]) -> String {
    var object = JSON.Object()
    for pair in pairs { object[pair.name] = .string(pair.value) }
    return JSON.object(object).text
  }

  static func pairs(_ text: String) throws(StoreError) -> [MetadataPair] {
    do {
      let members = try JSON(parsing: text).object?.members ?? []
      return members.map { MetadataPair($0.name, $0.value.string ?? "") }
    } catch { throw .corrupt("metadata: \(error)") }
  }
}
