/// A map in the order of its keys whose copies share all pages but those that change, so that a decision about an instance with a
/// hundred thousand activities copies a page of them and not all.
struct PagedMap<Key: Comparable & Sendable, Value: Sendable>: Sendable, Sequence {
  typealias Element = (key: Key, value: Value)

  /// None is empty; keys ascend within a page and from page to page.
  private var pages: [[Element]] = []
  private(set) var count = 0

  private static var pageMax: Int { 64 }

  init(_ elements: [Element]) { for element in elements { self[element.key] = element.value } }

  subscript(key: Key) -> Value? {
    get { find(key).map { pages[$0.page][$0.item].value } }
    set {
      switch (find(key), newValue) {
      case (let place?, let value?): pages[place.page][place.item].value = value
      case (let place?, nil): remove(place)
      case (nil, let value?): insert((key, value))
      case (nil, nil): break
      }
    }
  }

  /// Changes a value in place.
  ///
  /// - Returns: false when there is none under this key.
  mutating func change(_ key: Key, _ body: (inout Value) -> Void) -> Bool {
    guard let place = find(key) else { return false }
    body(&pages[place.page][place.item].value)
    return true
  }

  func makeIterator() -> Iterator { Iterator(pages: pages) }

  struct Iterator: IteratorProtocol {
    fileprivate let pages: [[Element]]
    private var (page, item) = (0, 0)

    fileprivate init(pages: [[Element]]) { self.pages = pages }

    mutating func next() -> Element? {
      guard page < pages.count else { return nil }
      defer {
        item += 1
        if item == pages[page].count { (page, item) = (page + 1, 0) }
      }
      return pages[page][item]
    }
  }

  // MARK: places

  private typealias Place = (page: Int, item: Int)

  private func find(_ key: Key) -> Place? {
    guard let page = page(for: key) else { return nil }
    let item = PagedMap.firstIndex(in: pages[page]) { $0.key >= key }
    return item < pages[page].count && pages[page][item].key == key ? (page, item) : nil
  }

  /// The page that has the key, if one does; nil where all keys are larger.
  private func page(for key: Key) -> Int? {
    let after = PagedMap.firstIndex(in: pages) { $0[0].key > key }
    return after == 0 ? nil : after - 1
  }

  private mutating func insert(_ element: Element) {
    count += 1
    guard let page = page(for: element.key) ?? (pages.isEmpty ? nil : 0) else { return pages.append([element]) }
    let item = PagedMap.firstIndex(in: pages[page]) { $0.key > element.key }
    if pages[page].count < PagedMap.pageMax { return pages[page].insert(element, at: item) }
    // Keys mostly come in their order, and leave full pages behind.
    if page == pages.count - 1, item == pages[page].count { return pages.append([element]) }
    let upper = Array(pages[page][(PagedMap.pageMax / 2)...])
    pages[page].removeSubrange((PagedMap.pageMax / 2)...)
    pages.insert(upper, at: page + 1)
    count -= 1
    insert(element)
  }

  private mutating func remove(_ place: Place) {
    count -= 1
    pages[place.page].remove(at: place.item)
    if pages[place.page].isEmpty { pages.remove(at: place.page) }
  }

  /// The first of which this holds, where it holds for all that follow.
  private static func firstIndex<Item>(in items: [Item], _ holds: (Item) -> Bool) -> Int {
    var (low, high) = (0, items.count)
    while low < high {
      let middle = (low + high) / 2
      if holds(items[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
