/// What a checker saw that must not be.
package struct Violation: Sendable, Equatable, CustomStringConvertible {
  package let seed: UInt64
  /// Of the script.
  package let step: Int
  package let checker: String
  package let what: String

  package var description: String { "seed \(seed), step \(step): \(checker): \(what)" }
}

/// How one seed went.
package struct SimulationOutcome: Sendable {
  package var violation: Violation?
  /// Over all that was journaled and answered: the same seed has the same.
  package var hash: UInt64
  package var sightings: Sightings
  package var simulatedMs: Int64
  package var events: Int
}

/// How often something happened, by name: what never does is not tested.
package struct Sightings: Sendable {
  package private(set) var counts: [String: Int] = [:]

  package init() {}

  package mutating func see(_ name: String, times: Int = 1) { counts[name, default: 0] += times }

  package mutating func add(_ other: Sightings) { for (name, count) in other.counts { see(name, times: count) } }
}

/// FNV-1a: the same in every process, unlike `Hasher`.
package struct EventHash: Sendable {
  package private(set) var value: UInt64 = 0xCBF2_9CE4_8422_2325

  package init() {}

  package mutating func add(_ bytes: some Sequence<UInt8>) {
    for byte in bytes { value = (value ^ UInt64(byte)) &* 0x100_0000_01B3 }
  }
}
