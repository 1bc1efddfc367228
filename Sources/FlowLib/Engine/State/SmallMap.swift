/// A map of which nearly all hold a handful: a list while it is small, which takes a third of a dictionary's memory and is searched
/// faster than a key is hashed; pages when it has grown, so that no step costs more with its size.
package struct SmallMap<Key: Comparable & Sendable, Value: Sendable>: Sendable, Sequence {
  package typealias Element = (key: Key, value: Value)

  /// One of the two is empty.
  private var few: [Element] = []
  private var many: PagedMap<Key, Value>?

  private static var fewMax: Int { 8 }

  package init() {}

  /// - Parameter few: at most a handful, each key once.
  init(_ few: [Element]) { self.few = few }

  package var count: Int { many?.count ?? few.count }
  package var isEmpty: Bool { few.isEmpty && many == nil }
  /// In no order that may be seen.
  package var keys: [Key] { map { $0.key } }
  package var values: [Value] { map { $0.value } }

  package subscript(key: Key) -> Value? {
    get {
      if let place = place(of: key) { return few[place].value }
      return many?[key]
    }
    set {
      guard many == nil else { return setMany(key, newValue) }
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

  /// Adds a value under a key that is larger than all that are there.
  mutating func append(_ key: Key, _ value: Value) {
    guard many == nil else { return setMany(key, value) }
    few.append((key, value))
    guard few.count > SmallMap.fewMax else { return }
    many = PagedMap(few)
    few = []
  }

  /// Changes a value in place.
  ///
  /// - Returns: false when there is none under this key.
  mutating func change(_ key: Key, _ body: (inout Value) -> Void) -> Bool {
    if let place = few.firstIndex(where: { $0.key == key }) {
      body(&few[place].value)
      return true
    }
    return many?.change(key, body) ?? false
  }

  package mutating func removeValue(forKey key: Key) -> Value? {
    guard many != nil else { return place(of: key).map { few.remove(at: $0).value } }
    let gone = self[key]
    setMany(key, nil)
    return gone
  }

  private mutating func setMany(_ key: Key, _ value: Value?) {
    many?[key] = value
    if many?.count == 0 { many = nil }
  }

  private func place(of key: Key) -> Int? { few.firstIndex { $0.key == key } }

  package func makeIterator() -> Iterator { Iterator(few: few.makeIterator(), many: many?.makeIterator()) }

  package struct Iterator: IteratorProtocol {
    fileprivate var few: IndexingIterator<[Element]>
    fileprivate var many: PagedMap<Key, Value>.Iterator?

    package mutating func next() -> Element? { few.next() ?? many?.next() }
  }
}
