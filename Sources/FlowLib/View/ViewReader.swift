import FlowCore
import FlowEngine
import FlowSQLite
import FlowStorage

/// Queries on one connection. Every answer is of one moment and says which.
struct ViewReader {
  let database: Database

  static let columns = columns(results: true)
  private static func columns(results: Bool) -> String {
    """
    instance.id, (SELECT d.id FROM deployment d WHERE d.number = instance.deployment), state, created, ended, content_type, end_event,
    error_code, error_message, failed_element, instance.metadata, active, \(results ? "result" : "NULL")
    """
  }
  static let source = "instance"

  /// A row of `columns`.
  static func row(_ found: Statement) throws(StoreError) -> InstanceRow {
    guard let state = InstanceState(rawValue: UInt8(truncatingIfNeeded: found.integer(2))) else {
      throw .corrupt("instance \(found.text(0)) is in state \(found.integer(2))")
    }
    var row = InstanceRow(id: found.text(0), deployment: found.text(1), state: state, created: Instant(milliseconds: found.integer(3)))
    row.ended = found.optionalInteger(4).map { Instant(milliseconds: $0) }
    (row.contentType, row.endEvent, row.errorCode) = (found.optionalText(5), found.optionalText(6), found.optionalText(7))
    (row.errorMessage, row.failedElement) = (found.optionalText(8), found.optionalText(9))
    row.metadata = try found.optionalText(10).map { (text) throws(StoreError) in try Metadata.pairs(text) } ?? []
    (row.activeElements, row.result) = (found.optionalText(11), found.optionalBytes(12))
    return row
  }

  func get(_ id: String) throws(StoreError) -> InstanceRow? {
    let found = try database.statement("SELECT \(ViewReader.columns) FROM instance WHERE instance.id = ?").bind(1, text: id)
    defer { found.reset() }
    return try found.step() ? try ViewReader.row(found) : nil
  }

  func list(_ filter: InstanceFilter, before cursor: ViewCursor?, limit: Int, results: Bool) throws(StoreError) -> InstancePage {
    let limit = max(1, min(limit, Limits.pageRows))
    guard filter.ids.count <= Limits.pageRows else { throw .tooLarge("a list of \(filter.ids.count) ids", limit: Limits.pageRows) }
    guard filter.metadata.count <= Limits.viewMetadataPairs else {
      throw .tooLarge("a filter of \(filter.metadata.count) pairs", limit: Limits.viewMetadataPairs)
    }
    var filter = filter
    filter.states = InstanceState.allCases.filter(filter.states.contains)
    let found = try database.statement(ViewReader.listSQL(filter, results: results))
    defer { found.reset() }
    try bind(filter, to: found)
    try found.bind(1, cursor?.raw ?? .max).bind(2, Int64(limit + 1))
    var rows: [InstanceRow] = []
    var (last, bytes): (Int64, Int) = (0, 0)
    while try found.step() {
      guard rows.count < limit else { return InstancePage(rows: rows, next: ViewCursor(last)) }
      let row = try ViewReader.row(found)
      bytes += row.approximateBytes
      guard rows.isEmpty || bytes <= Limits.pageBytes else { return InstancePage(rows: rows, next: ViewCursor(last)) }
      rows.append(row)
      last = found.integer(13)
    }
    return InstancePage(rows: rows, next: nil)
  }

  /// Texts differ only in how many of each filter there are; every value is bound.
  private static func listSQL(_ filter: InstanceFilter, results: Bool) -> String {
    var conditions = ["instance.seq < ?1"]
    var next = 3
    func places(_ count: Int) -> String {
      defer { next += count }
      return (0..<count).map { "?\(next + $0)" }.joined(separator: ", ")
    }
    if !filter.ids.isEmpty { conditions.append("instance.id IN (SELECT value FROM json_each(\(places(1))))") }
    if filter.deployment != nil {
      conditions.append("instance.deployment = (SELECT number FROM deployment WHERE id = \(places(1)))")
    }
    if !filter.states.isEmpty {
      conditions.append("instance.state IN (\(places(filter.states.count)))")
      // Said again in the words of the partial index, so that it may be used.
      if !filter.states.contains(.completed) { conditions.append("instance.state <> 2") }
    }
    for _ in filter.metadata {
      conditions.append("instance.seq IN (SELECT seq FROM metadata WHERE name = \(places(1)) AND value = \(places(1)))")
    }
    return
      "SELECT \(columns(results: results)), instance.seq FROM instance WHERE \(conditions.joined(separator: " AND ")) ORDER BY instance.seq DESC LIMIT ?2"
  }

  private func bind(_ filter: InstanceFilter, to statement: Statement) throws(StoreError) {
    var next: Int32 = 3
    func place() -> Int32 {
      defer { next += 1 }
      return next
    }
    if !filter.ids.isEmpty { try statement.bind(place(), text: JSON.array(filter.ids.map { .string($0) }).text) }
    if let deployment = filter.deployment { try statement.bind(place(), text: deployment) }
    for state in filter.states { try statement.bind(place(), Int64(state.rawValue)) }
    for pair in filter.metadata { try statement.bind(place(), text: pair.name).bind(place(), text: pair.value) }
  }

  func history(_ id: String) throws(StoreError) -> InstanceHistory? {
    let found = try database.statement("SELECT dropped, history FROM instance WHERE id = ?").bind(1, text: id)
    defer { found.reset() }
    guard try found.step() else { return nil }
    do {
      return InstanceHistory(entries: try HistoryCodec.decode(found.bytes(1)), dropped: Int(found.integer(0)))
    } catch { throw .corrupt("history of \(id): \(error)") }
  }

  func counts(_ deployment: String?) throws(StoreError) -> [InstanceCount] {
    let condition = deployment == nil ? "" : "AND deployment.id = ?1"
    let found = try database.statement(
      "SELECT deployment.id, state, n FROM count JOIN deployment ON number = deployment WHERE n <> 0 \(condition) ORDER BY 1, 2")
    defer { found.reset() }
    if let deployment { try found.bind(1, text: deployment) }
    var counts: [InstanceCount] = []
    while try found.step() {
      guard let state = InstanceState(rawValue: UInt8(truncatingIfNeeded: found.integer(1))) else { continue }
      counts.append(InstanceCount(deployment: found.text(0), state: state, count: Int(found.integer(2))))
    }
    return counts
  }

  func positions() throws(StoreError) -> [PartitionID: Position] {
    let found = try database.statement("SELECT partition, position FROM applied")
    defer { found.reset() }
    var positions: [PartitionID: Position] = [:]
    while try found.step() {
      positions[PartitionID(UInt16(truncatingIfNeeded: found.integer(0)))] = Position(UInt64(bitPattern: found.integer(1)))
    }
    return positions
  }

  func bytes() throws(StoreError) -> Int {
    let pages = try database.integer("PRAGMA page_count") ?? 0
    let free = try database.integer("PRAGMA freelist_count") ?? 0
    return Int((pages - free) * (try database.integer("PRAGMA page_size") ?? 4096))
  }
}
