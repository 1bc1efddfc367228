/// A map in the order of its keys, a tree of pages whose copies share all but those on the way to what changes: a decision about an
/// instance with a hundred thousand activities copies a few small pages and not all.
struct PagedMap<Key: Comparable & Sendable, Value: Sendable>: Sendable, Sequence {
  typealias Element = (key: Key, value: Value)

  private var root = Page<Key, Value>.leaf([])
  private(set) var count = 0

  init(_ elements: [Element]) { for element in elements { self[element.key] = element.value } }

  subscript(key: Key) -> Value? {
    get { root.look(at: key) { $0.value } }
    set {
      let wasThere = root.look(at: key) { _ in true } ?? false
      if let newValue {
        insert((key, newValue))
        if !wasThere { count += 1 }
      } else if wasThere {
        root.remove(key)
        count -= 1
      }
    }
  }

  private mutating func insert(_ element: Element) {
    guard let right = root.insert(element) else { return }
    root = .branch([.init(root), .init(right)])
  }

  /// Changes a value in place.
  ///
  /// - Returns: false when there is none under this key.
  mutating func change(_ key: Key, _ body: (inout Value) -> Void) -> Bool { root.change(key, body) }

  func makeIterator() -> Iterator { Iterator(root) }

  struct Iterator: IteratorProtocol {
    private var above: [(branches: [Page<Key, Value>.Branch], next: Int)] = []
    private var items: [Element] = []
    private var item = 0

    fileprivate init(_ root: Page<Key, Value>) { goDown(root) }

    private mutating func goDown(_ page: Page<Key, Value>) {
      switch page {
      case .leaf(let items): (self.items, item) = (items, 0)
      case .branch(let branches):
        guard let first = branches.first else { return }
        above.append((branches, 1))
        goDown(first.page)
      }
    }

    mutating func next() -> Element? {
      while item == items.count {
        guard var last = above.popLast() else { return nil }
        guard last.next < last.branches.count else { continue }
        let page = last.branches[last.next].page
        last.next += 1
        above.append(last)
        goDown(page)
      }
      defer { item += 1 }
      return items[item]
    }
  }
}

/// Keys ascend within a page and from page to page; only the root may be empty.
private enum Page<Key: Comparable & Sendable, Value: Sendable>: Sendable {
  typealias Element = (key: Key, value: Value)

  case leaf([Element])
  case branch([Branch])

  struct Branch: Sendable {
    /// No key in the page is smaller.
    var first: Key
    var page: Page

    init(_ page: Page) {
      self.page = page
      first = page.first
    }
  }

  private static var sizeMax: Int { 16 }

  private var first: Key {
    switch self {
    case .leaf(let items): items[0].key
    case .branch(let branches): branches[0].first
    }
  }

  private var isEmpty: Bool {
    switch self {
    case .leaf(let items): items.isEmpty
    case .branch(let branches): branches.isEmpty
    }
  }

  func look<Seen>(at key: Key, _ body: (Element) -> Seen) -> Seen? {
    switch self {
    case .leaf(let items):
      let place = Page.place(of: key, in: items)
      return place < items.count && items[place].key == key ? body(items[place]) : nil
    case .branch(let branches):
      return branches.isEmpty ? nil : branches[Page.place(of: key, in: branches)].page.look(at: key, body)
    }
  }

  // While a page's items are changed it holds none of them, so that they are not copied when nobody else has them.

  mutating func change(_ key: Key, _ body: (inout Value) -> Void) -> Bool {
    switch self {
    case .leaf(var items):
      self = .leaf([])
      defer { self = .leaf(items) }
      let place = Page.place(of: key, in: items)
      guard place < items.count, items[place].key == key else { return false }
      body(&items[place].value)
      return true
    case .branch(var branches):
      self = .branch([])
      defer { self = .branch(branches) }
      return branches.isEmpty ? false : branches[Page.place(of: key, in: branches)].page.change(key, body)
    }
  }

  /// - Returns: the page to the right that it was split into.
  mutating func insert(_ element: Element) -> Page? {
    switch self {
    case .leaf(var items):
      self = .leaf([])
      defer { self = .leaf(items) }
      let place = Page.place(of: element.key, in: items)
      if place < items.count, items[place].key == element.key {
        items[place] = element
      } else {
        items.insert(element, at: place)
      }
      return Page.split(&items, at: place).map { .leaf($0) }
    case .branch(var branches):
      self = .branch([])
      defer { self = .branch(branches) }
      guard !branches.isEmpty else {
        branches = [Branch(.leaf([element]))]
        return nil
      }
      let place = Page.place(of: element.key, in: branches)
      branches[place].first = min(branches[place].first, element.key)
      guard let right = branches[place].page.insert(element) else { return nil }
      branches.insert(Branch(right), at: place + 1)
      return Page.split(&branches, at: place + 1).map { .branch($0) }
    }
  }

  mutating func remove(_ key: Key) {
    switch self {
    case .leaf(var items):
      self = .leaf([])
      let place = Page.place(of: key, in: items)
      if place < items.count, items[place].key == key { items.remove(at: place) }
      self = .leaf(items)
    case .branch(var branches):
      self = .branch([])
      let place = Page.place(of: key, in: branches)
      if place < branches.count {
        branches[place].page.remove(key)
        if branches[place].page.isEmpty { branches.remove(at: place) }
      }
      self = .branch(branches)
    }
  }

  /// What is cut off from a page that is too large, if it is.
  private static func split<Item>(_ items: inout [Item], at place: Int) -> [Item]? {
    guard items.count > sizeMax else { return nil }
    // Keys mostly come in their order, and leave full pages behind.
    let cut = place == items.count - 1 ? place : items.count / 2
    let right = Array(items[cut...])
    items.removeSubrange(cut...)
    return right
  }

  /// The place of the first key that is not smaller.
  private static func place(of key: Key, in items: [Element]) -> Int { firstIndex(in: items) { $0.key >= key } }

  /// The place of the page that has the key, if one does.
  private static func place(of key: Key, in branches: [Branch]) -> Int { max(0, firstIndex(in: branches) { $0.first > key } - 1) }

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
