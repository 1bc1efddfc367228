/// The live instances by key. Each lies apart, so that a free place of the table costs a word and not an instance.
package struct InstanceTable: Sendable {
  private var places: [Key: Place] = [:]

  package var count: Int { places.count }
  package var isEmpty: Bool { places.isEmpty }
  /// In no order that may be seen.
  package var keys: [Key] { Array(places.keys) }
  package var values: [Instance] { places.values.map(\.instance) }

  package subscript(key: Key) -> Instance? { places[key]?.instance }

  /// - Returns: the one with the same key that it replaced.
  mutating func insert(_ instance: consuming Instance) -> Instance? {
    let key = instance.id.key
    return places.updateValue(Place(instance), forKey: key)?.instance
  }

  mutating func remove(_ key: Key) -> Instance? { places.removeValue(forKey: key)?.instance }

  /// Changes one in place.
  ///
  /// - Returns: false when there is none with this key.
  mutating func change(_ key: Key, _ body: (inout Instance) -> Void) -> Bool { places[key]?.change(body) != nil }

  private struct Place: Sendable {
    private var box: Box

    init(_ instance: consuming Instance) { box = Box(instance) }

    var instance: Instance { box.instance }

    mutating func change(_ body: (inout Instance) -> Void) {
      if !isKnownUniquelyReferenced(&box) { box = Box(box.instance) }
      body(&box.instance)
    }
  }

  // Safety: changed only by `Place.change`, when no other copy of the table holds it.
  private final class Box: @unchecked Sendable {
    @exclusivity(unchecked) var instance: Instance

    init(_ instance: consuming Instance) { self.instance = instance }
  }
}
