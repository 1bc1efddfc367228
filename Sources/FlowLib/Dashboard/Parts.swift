import FlowCore
import FlowRPC

/// A table that becomes a list of cards on a narrow screen.
struct Table {
  struct Column {
    let title: String
    /// Numbers stand to the right, under each other.
    var isNumber = false
  }

  struct Row {
    /// Who the row is about; the script marks a row whose state changed under the same key.
    let key: String
    let state: String
    /// The first cell is the row's head.
    let cells: [HTML]
  }

  let caption: String
  let columns: [Column]
  let rows: [Row]

  /// Bytes of rows on a page that has several parts; two tables and all else make 60 KB.
  static let bytesMax = 15 << 10

  var html: HTML { fitting(.max).html }

  /// As many rows as fit.
  func fitting(_ bytesMax: Int = Table.bytesMax) -> (html: HTML, shown: Int) {
    let (body, shown) = Parts.fitting(rows.lazy.map(html), bytesMax)
    return (frame(body), shown)
  }

  private func frame(_ body: HTML) -> HTML {
    let heads = columns.map { "<th scope=col\($0.isNumber ? " class=num" : "" as HTML)>\($0.title)</th>" as HTML }
    return """
      <div class=scroll><table><caption class=hide>\(caption)</caption><thead><tr>\(heads)</tr></thead>
      <tbody>
      \(body)</tbody></table></div>
      """
  }

  private func html(_ row: Row) -> HTML {
    let cells = zip(columns, row.cells).enumerated().map { index, pair -> HTML in
      let (column, cell) = pair
      if index == 0 { return "<th scope=row>\(cell)</th>" }
      return "<td data-label=\"\(column.title)\"\(column.isNumber ? " class=num" : "" as HTML)>\(cell)</td>"
    }
    return "<tr data-key=\"\(row.key)\" data-state=\"\(row.state)\">\(cells)</tr>\n"
  }
}

/// Small pieces that several pages share.
enum Parts {
  /// As many items as fit, and how many those are; always one.
  static func fitting(_ items: some Sequence<HTML>, _ bytesMax: Int) -> (html: HTML, shown: Int) {
    var kept: [HTML] = []
    var bytes = 0
    for item in items {
      bytes += item.text.utf8.count
      if bytes > bytesMax, !kept.isEmpty { break }
      kept.append(item)
    }
    return ("\(kept)", kept.count)
  }

  /// Commands to copy.
  static func commands(_ lines: [(command: String, purpose: String)]) -> HTML {
    let items = lines.map { line -> HTML in
      // Broken at spaces only, as far as it goes: a broken `--wait` misleads.
      let words = line.command.split(separator: " ").enumerated().map { "\($0 > 0 ? " " : "")<span>\(String($1))</span>" as HTML }
      return "<li><code>\(words)</code><span>\(line.purpose)</span></li>\n"
    }
    return "<ul class=commands>\(items)</ul>"
  }

  /// Says what is not there, and what to do about it.
  static func nothing(_ title: String, _ more: HTML) -> HTML {
    "<div class=nothing><p><b>\(title)</b></p>\(more)</div>"
  }

  /// Names and values; pairs without a value are left out.
  static func facts(_ pairs: [(name: String, value: HTML)]) -> HTML {
    let items = pairs.filter { !$0.value.isEmpty }.map { "<div><dt>\($0.name)</dt><dd>\($0.value)</dd></div>" as HTML }
    return "<dl class=facts>\(items)</dl>"
  }

  /// A map in the order of its keys.
  static func metadata(_ values: [String: String], title: String, id: HTML) -> HTML {
    guard !values.isEmpty else { return "<div id=\(id) data-live></div>" }
    let shown = values.keys.sorted().prefix(metadataMax)
    let pairs = shown.map { key in (key.shortened(to: 80), "\((values[key] ?? "").shortened(to: 400))" as HTML) }
    let rest: HTML = values.count > shown.count ? "<p class=soft>\(values.count - shown.count) more are not shown.</p>" : ""
    return "<section id=\(id) data-live class=card><h2>\(title)</h2>\(facts(pairs))\(rest)</section>"
  }

  static let metadataMax = 40

  static func code(_ text: String) -> HTML { text.isEmpty ? .empty : "<code>\(text)</code>" }

  static func plural(_ count: some BinaryInteger, _ one: String, _ many: String? = nil) -> String {
    count == 1 ? "1 \(one)" : "\(count) \(many ?? one + "s")"
  }
}

/// Rows of instances, on three pages.
struct InstanceTable {
  let instances: [FlowV1.Instance]
  let now: Instant
  let caption: String
  var showsDeployment = true

  var html: HTML { table.html }

  /// As many of the newest as fit beside other parts of a page.
  var fitting: HTML { table.fitting().html }

  private var table: Table {
    var columns: [Table.Column] = [.init(title: "Instance"), .init(title: "State")]
    if showsDeployment { columns.append(.init(title: "Deployment")) }
    columns += [.init(title: "Started", isNumber: true), .init(title: "Took", isNumber: true), .init(title: "Outcome")]
    return Table(caption: caption, columns: columns, rows: instances.map(row))
  }

  private func row(_ instance: FlowV1.Instance) -> Table.Row {
    let badge = instance.state.badge
    var cells: [HTML] = [
      "<a class=mono href=\"\(Links.instance(instance.id))\">\(InstanceTable.short(instance.id))</a>", badge.html,
    ]
    if showsDeployment {
      cells.append("<a class=mono href=\"\(Links.deployment(instance.deploymentID))\">\(instance.deploymentID.shortened(to: 80))</a>")
    }
    cells += [TimeWords.ago(instance.createdMs, now: now), took(instance), outcome(instance)]
    return Table.Row(key: instance.id, state: badge.word, cells: cells)
  }

  private func took(_ instance: FlowV1.Instance) -> HTML {
    guard instance.endedMs > 0 else { return "<span class=soft>–</span>" }
    return "\(TimeWords.duration(instance.endedMs &- instance.createdMs))"
  }

  private func outcome(_ instance: FlowV1.Instance) -> HTML {
    switch instance.state {
    case .completed: return "<code class=cut>\(Payload.oneLine(instance.result))</code>"
    case .error, .stopped, .canceled: return "<span class=cut>\(InstanceTable.why(instance))</span>"
    case .running, .stateUnspecified, .unrecognized:
      guard let active = instance.active.first else { return "<span class=soft>–</span>" }
      let more = instance.active.count > 1 ? " and \(instance.active.count - 1) more" : ""
      return "<span class=\"cut soft\">at \(active.elementName.isEmpty ? active.elementID : active.elementName)\(more)</span>"
    }
  }

  /// An id whose end people can tell apart; a link's title and address have it whole.
  static func short(_ id: String) -> String { id.shortened(to: 80) }

  static func why(_ instance: FlowV1.Instance) -> String {
    let parts = [instance.errorCode, instance.errorMessage].filter { !$0.isEmpty }
    return (parts.isEmpty ? instance.state.badge.word.lowercased() : parts.joined(separator: ": ")).shortened(to: 160)
  }
}

/// Results and error objects as people read them, bounded.
enum Payload {
  /// Escaping may make six bytes of one, and the page has its budget.
  static let bytesMax = 4 << 10

  static func oneLine(_ bytes: [UInt8]) -> String {
    guard let text = String(validating: bytes.prefix(600), as: UTF8.self) ?? cut(bytes, at: 600) else { return "\(bytes.count) bytes" }
    return String(text.map { $0.isNewline ? " " : $0 }).shortened(to: 60)
  }

  /// Indented when it is JSON, as it is when it is text, counted when it is neither.
  static func html(_ bytes: [UInt8]) -> HTML {
    guard !bytes.isEmpty else { return "<p class=soft>Nothing.</p>" }
    // Deep nesting may make a short document long; it is shown as it came then.
    if bytes.count <= bytesMax, let laidOut = parse(bytes)?.indented, laidOut.utf8.count <= 3 * bytesMax {
      return "<pre tabindex=0>\(laidOut)</pre>"
    }
    guard let text = cut(bytes, at: bytesMax) else { return "<p class=soft>\(bytes.count) bytes that are no text.</p>" }
    let rest: HTML =
      bytes.count > bytesMax ? "<p class=soft>The first \(bytesMax) of \(bytes.count) bytes; <code>flowctl ps -i</code> shows all.</p>" : ""
    return "<pre tabindex=0>\(text)</pre>\(rest)"
  }

  private static func parse(_ bytes: [UInt8]) -> JSON? {
    do throws(JSONError) {
      return try JSON(parsing: bytes)
    } catch {
      return nil  // Any text may be a result; only JSON is laid out.
    }
  }

  /// Text up to a limit, cut between characters.
  private static func cut(_ bytes: [UInt8], at limit: Int) -> String? {
    var end = min(limit, bytes.count)
    while end > 0, end < bytes.count, bytes[end] & 0xC0 == 0x80 { end -= 1 }
    return String(validating: bytes[..<end], as: UTF8.self)
  }
}
