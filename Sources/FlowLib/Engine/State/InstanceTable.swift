/// The live instances by key. Each lies apart, so that a free place of the table costs a word and not an instance.
package struct InstanceTable: Sendable {
  // A dictionary's value is changed in place by way of frames on the heap, an array's is not.
  private var places: [Key: Int] = [:]
  private var boxes: [Box?] = []
  private var free: [Int] = []

  package var count: Int { places.count }
  package var isEmpty: Bool { places.isEmpty }
  /// In no order that may be seen.
  package var keys: [Key] { Array(places.keys) }
  package var values: [Instance] { boxes.compactMap { $0?.instance } }

  package subscript(key: Key) -> Instance? { places[key].flatMap { boxes[$0]?.instance } }

  /// Looks at one where it lies; it is not to be changed, and only `inout` because reading it as a property would copy it.
  func look<Seen>(at key: Key, _ body: (inout Instance) -> Seen) -> Seen? {
    guard let place = places[key], let box = boxes[place] else { return nil }
    return body(&box.instance)
  }

  /// - Returns: the one with the same key that it replaced.
  mutating func insert(_ instance: consuming Instance) -> Instance? {
    let key = instance.id.key
    if let place = places[key] {
      let old = boxes[place]
      boxes[place] = Box(instance)
      return old?.instance
    }
    if let place = free.popLast() {
      places[key] = place
      boxes[place] = Box(instance)
    } else {
      places[key] = boxes.count
      boxes.append(Box(instance))
    }
    return nil
  }

  /// Removes one, which is looked at before it goes.
  mutating func remove(_ key: Key, _ body: (inout Instance) -> Void) {
    guard let place = places.removeValue(forKey: key), let box = boxes[place] else { return }
    boxes[place] = nil
    free.append(place)
    body(&box.instance)
  }

  /// Changes one in place.
  ///
  /// - Returns: false when there is none with this key.
  mutating func change(_ key: Key, _ body: (inout Instance) -> Void) -> Bool {
    guard let place = places[key] else { return false }
    if !isKnownUniquelyReferenced(&boxes[place]), let shared = boxes[place] { boxes[place] = Box(shared.instance) }
    guard let box = boxes[place] else { return false }
    body(&box.instance)
    return true
  }

  // Safety: changed only by `change`, when no other copy of the table holds it.
  private final class Box: @unchecked Sendable {
    @exclusivity(unchecked) var instance: Instance

    init(_ instance: consuming Instance) { self.instance = instance }
  }
}
