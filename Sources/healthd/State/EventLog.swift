/// What happened last, for pages that come back: each entry has an id `<position>.<number>`.
///
/// The position is flowd's, and a page that was rendered at one goes on from it. The number is healthd's own and counts on from its
/// start time, so that an id of an earlier life of healthd is recognised as too old. Who asks for more than is kept is told to reset.
struct EventLog: Sendable {
  struct Entry: Sendable, Equatable {
    let name: String
    let position: UInt64
    let number: UInt64
    /// JSON.
    let data: String

    var id: String { "\(position).\(number)" }
  }

  enum Answer: Equatable {
    case entries([Entry])
    case reset
  }

  private let limit: Int
  private var entries: [Entry] = []
  private var number: UInt64
  /// Events up to here are not kept: by flowd's position, and by number.
  private var floor: (position: UInt64, number: UInt64)
  private(set) var position: UInt64 = 0

  /// - Parameter startMs: time of healthd's start.
  init(startMs: Int64, limit: Int = 1_000) {
    self.limit = limit
    number = UInt64(max(0, startMs)) &* 1_000
    floor = (0, number)
  }

  /// - Parameter position: flowd's; nil for what healthd saw by itself.
  @discardableResult
  mutating func append(_ name: String, position: UInt64?, data: String) -> Entry {
    number += 1
    self.position = max(self.position, position ?? 0)
    let entry = Entry(name: name, position: position ?? self.position, number: number, data: data)
    entries.append(entry)
    // In halves, so that dropping costs nothing by the entry.
    if entries.count > 2 * limit {
      let dropped = entries[..<limit]
      floor = (dropped.reduce(floor.position) { max($0, $1.position) }, dropped[limit - 1].number)
      entries.removeFirst(limit)
    }
    return entry
  }

  /// The id that an event would have had just now.
  var mark: String { "\(position).\(number)" }

  /// Forgets all: flowd's state is to be read anew from `position`.
  mutating func restart(at position: UInt64) {
    number += 1
    entries = []
    self.position = position
    floor = (position, number)
  }

  /// What came behind a page's position (`812`) or behind an event (`812.17…`).
  func since(_ mark: String) -> Answer {
    let parts = mark.split(separator: ".", omittingEmptySubsequences: false)
    let numbers = parts.compactMap { UInt64($0) }
    guard numbers.count == parts.count, let first = numbers.first else { return .reset }
    guard numbers.count > 1 else {
      return first < floor.position ? .reset : .entries(entries.filter { $0.position > first })
    }
    guard numbers.count == 2, numbers[1] >= floor.number, numbers[1] <= number else { return .reset }
    return .entries(entries.filter { $0.number > numbers[1] })
  }
}
