/// A map of which nearly all hold a handful: a list while it is small, which takes a third of a dictionary's memory and is searched
/// faster than a key is hashed; a dictionary when it has grown, so that no step costs more with its size.
package struct SmallMap<Key: Hashable & Sendable, Value: Sendable>: Sendable, Sequence {
  package typealias Element = (key: Key, value: Value)

  /// One of the two is empty.
  private var few: [Element] = []
  private var many: [Key: Value] = [:]

  private static var fewMax: Int { 8 }

  package init() {}

  package var count: Int { few.count + many.count }
  package var isEmpty: Bool { few.isEmpty && many.isEmpty }
  /// In no order that may be seen.
  package var keys: [Key] { map(\.key) }
  package var values: [Value] { map(\.value) }

  package subscript(key: Key) -> Value? {
    get {
      if let place = place(of: key) { return few[place].value }
      return many.isEmpty ? nil : many[key]
    }
    set {
      guard many.isEmpty else { return many[key] = newValue }
      switch (place(of: key), newValue) {
      case (let place?, let value?): few[place].value = value
      case (let place?, nil): few.remove(at: place)
      case (nil, let value?): append(key, value)
      case (nil, nil): break
      }
    }
  }

  package subscript(key: Key, default value: @autoclosure () -> Value) -> Value {
    get { self[key] ?? value() }
    set { self[key] = newValue }
  }

  /// Changes a value in place.
  ///
  /// - Returns: false when there is none under this key.
  mutating func change(_ key: Key, _ body: (inout Value) -> Void) -> Bool {
    if let place = few.firstIndex(where: { $0.key == key }) {
      body(&few[place].value)
      return true
    }
    guard let place = many.index(forKey: key) else { return false }
    body(&many.values[place])
    return true
  }

  package mutating func removeValue(forKey key: Key) -> Value? {
    guard many.isEmpty else { return many.removeValue(forKey: key) }
    return place(of: key).map { few.remove(at: $0).value }
  }

  private func place(of key: Key) -> Int? { few.firstIndex { $0.key == key } }

  private mutating func append(_ key: Key, _ value: Value) {
    few.append((key, value))
    guard few.count > SmallMap.fewMax else { return }
    many = Dictionary(few.map { ($0.key, $0.value) }) { $1 }
    few = []
  }

  package func makeIterator() -> Iterator { Iterator(few: few.makeIterator(), many: many.makeIterator()) }

  package struct Iterator: IteratorProtocol {
    fileprivate var few: IndexingIterator<[Element]>
    fileprivate var many: Dictionary<Key, Value>.Iterator

    package mutating func next() -> Element? { few.next() ?? many.next() }
  }
}
