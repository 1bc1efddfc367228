import FlowCore
import FlowEngine
import FlowSQLite
import FlowStorage

/// Writes one flush: what several changes do to an instance becomes one write of its row.
struct ViewWriter {
  /// An instance's row in the making.
  private final class Draft {
    var row: InstanceRow?
    /// Where it is stored; nil while it is new.
    var seq: Int64?
    var storedState: InstanceState?
    var storedDeployment: Int64?
    var history: [UInt8] = []
    var historyChanged = false
    var dropped = 0
    var isDeleted = false
  }

  private let database: Database
  private var drafts: [String: Draft] = [:]
  /// In order of their first change, so that rows are numbered in order of creation.
  private var order: [Draft] = []
  private var counts: [Int64: [InstanceState: Int]] = [:]
  /// Numbers of deployments that this flush has met.
  private var numbers: [String: Int64] = [:]

  init(_ database: Database) { self.database = database }

  // MARK: Take

  /// - Returns: the deployment of the instance, as far as it is known.
  mutating func take(_ change: ViewChange) throws(StoreError) -> String? {
    let draft = try draft(of: change.id)
    let before = draft.row?.deployment
    ViewWriter.apply(change, to: draft)
    return draft.row?.deployment ?? before
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
    guard try found.step() else { return Draft() }
    let (row, draft) = (try ViewReader.row(found), Draft())
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
    switch (draft.row, draft.seq) {
    case (nil, nil): return
    case (nil, let seq?):
      guard draft.isDeleted else { return }
      try remove(seq)
      count(draft.storedDeployment, draft.storedState, -1)
    case (let row?, let seq):
      let deployment = try number(of: row.deployment)
      count(draft.storedDeployment, draft.storedState, -1)
      count(deployment, row.state, 1)
      try put(row, draft, deployment, seq)
    }
  }

  private func put(_ row: InstanceRow, _ draft: Draft, _ deployment: Int64, _ seq: Int64?) throws(StoreError) {
    let statement = try database.statement(seq == nil ? ViewWriter.insert : ViewWriter.update)
    try statement.bind(1, seq).bind(2, text: row.id).bind(3, deployment).bind(4, Int64(row.state.rawValue)).bind(
      5, row.created.milliseconds
    )
    .bind(6, row.ended?.milliseconds).bind(7, text: row.contentType).bind(8, text: row.endEvent).bind(9, text: row.errorCode)
    .bind(10, text: row.errorMessage).bind(11, text: row.failedElement).bind(
      12, text: row.metadata.isEmpty ? nil : Metadata.json(row.metadata)
    )
    .bind(13, text: row.activeElements).bind(14, row.result).bind(15, Int64(draft.dropped)).bind(16, draft.history)
    try statement.run()
    guard seq == nil, !row.metadata.isEmpty, let seq = try database.integer("SELECT last_insert_rowid()") else { return }
    for pair in row.metadata {
      try database.statement("INSERT OR IGNORE INTO metadata VALUES (?, ?, ?)")
        .bind(1, text: pair.name).bind(2, text: pair.value).bind(3, seq).run()
    }
  }

  private static let select =
    "SELECT \(ViewReader.columns), seq, deployment, dropped, history FROM \(ViewReader.source) WHERE instance.id = ?"
  private static let insert = "INSERT INTO instance VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
  private static let update = """
    UPDATE instance SET id = ?2, deployment = ?3, state = ?4, created = ?5, ended = ?6, content_type = ?7, end_event = ?8, error_code = ?9,
    error_message = ?10, failed_element = ?11, metadata = ?12, active = ?13, result = ?14, dropped = ?15, history = ?16 WHERE seq = ?1
    """

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
