/// Rows in aligned columns. Text from outside can not move the cursor, and columns that may shrink are cut to the terminal.
package struct Table: Sendable {
  package struct Column: Sendable {
    package var title: String
    package var right: Bool
    /// May be cut when the terminal is too narrow.
    package var shrinks: Bool
    /// Is left out when cutting is not enough, the last of such columns first.
    package var spare: Bool

    package init(_ title: String, right: Bool = false, shrinks: Bool = false, spare: Bool = false) {
      self.title = title
      self.right = right
      self.shrinks = shrinks
      self.spare = spare
    }
  }

  package struct Cell: Sendable, Equatable, ExpressibleByStringLiteral {
    package var text: String
    package var style: Style

    package init(_ text: String, _ style: Style = .plain) {
      self.text = text
      self.style = style
    }

    package init(stringLiteral value: String) { self.init(value) }
  }

  /// A cut column keeps at least so many columns of text.
  private static let narrowest = 8
  private static let gap = "  "

  package var columns: [Column]
  package var rows: [[Cell]] = []

  package init(_ columns: [Column]) { self.columns = columns }

  package mutating func add(_ cells: Cell...) { rows.append(cells) }

  /// - Parameter terminal: where it goes; without one nothing is cut and nothing coloured.
  /// - Returns: a header and the rows, each with a line feed and no spaces at its end.
  package func text(for terminal: Terminal? = nil) -> String {
    let clean = rows.map { row in
      columns.indices.map { index in index < row.count ? Cell(Printable.line(row[index].text), row[index].style) : "" }
    }
    let natural = naturalWidths(clean)
    if let spare = columns.lastIndex(where: \.spare), let limit = terminal?.columns, least(natural) > limit {
      return without(spare).text(for: terminal)
    }
    let widths = fitted(natural, to: terminal?.columns)
    let colour = terminal?.colour ?? false
    let header = columns.map { Cell($0.title, .bold) }
    return ([header] + clean).map { line($0, widths, colour: colour) + "\n" }.joined()
  }

  private func naturalWidths(_ rows: [[Cell]]) -> [Int] {
    columns.indices.map { index in rows.reduce(columns[index].title.columns) { max($0, $1[index].text.columns) } }
  }

  /// The width when all that shrinks is cut as far as it may be.
  private func least(_ natural: [Int]) -> Int {
    columns.indices.reduce(Table.gap.count * (columns.count - 1)) { sum, index in
      sum + (columns[index].shrinks ? min(natural[index], Table.narrowest) : natural[index])
    }
  }

  private func without(_ column: Int) -> Table {
    var rest = self
    rest.columns.remove(at: column)
    for row in rest.rows.indices where column < rest.rows[row].count { rest.rows[row].remove(at: column) }
    return rest
  }

  private func fitted(_ natural: [Int], to limit: Int?) -> [Int] {
    guard let limit else { return natural }
    var widths = natural
    var surplus = natural.reduce(Table.gap.count * (natural.count - 1), +) - limit
    while surplus > 0 {
      // The widest shrinking column gives first, so that short ones stay whole.
      guard
        let widest = columns.indices.filter({ columns[$0].shrinks && widths[$0] > Table.narrowest }).max(by: { widths[$0] < widths[$1] })
      else { return widths }
      let next = columns.indices.filter { columns[$0].shrinks && $0 != widest && widths[$0] < widths[widest] }.map { widths[$0] }.max()
      let step = max(1, min(surplus, widths[widest] - max(next ?? 0, Table.narrowest)))
      widths[widest] -= step
      surplus -= step
    }
    return widths
  }

  private func line(_ cells: [Cell], _ widths: [Int], colour: Bool) -> String {
    var out = ""
    for (index, cell) in cells.enumerated() {
      let text = cell.text.shortened(to: widths[index])
      let fill = String(repeating: " ", count: max(0, widths[index] - text.columns))
      let styled = cell.style.applied(to: text, colour: colour)
      let isLast = index == cells.count - 1
      out += columns[index].right ? fill + styled : isLast ? styled : styled + fill
      if !isLast { out += Table.gap }
    }
    while out.last == " " { out.removeLast() }
    return out
  }
}
