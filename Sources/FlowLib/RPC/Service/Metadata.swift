import FlowCore

/// Headers or trailers of a call, in order; a key may come more than once. Keys are lowercase ASCII; values are printable ASCII,
/// or any bytes when the key ends in `-bin`.
package struct Metadata: Sendable, Equatable {
  package struct Entry: Sendable, Equatable {
    package let key: String
    package let value: [UInt8]
  }

  package private(set) var entries: [Entry] = []

  package init() {}

  /// The first value of a key as text; nil when there is none or it is not UTF-8.
  package subscript(key: String) -> String? {
    entries.first { $0.key == key }.flatMap { String(validating: $0.value, as: UTF8.self) }
  }

  /// The first value of a `-bin` key.
  package func bytes(_ key: String) -> [UInt8]? { entries.first { $0.key == key }?.value }

  package mutating func add(_ key: String, _ value: String) { add(key, Array(value.utf8)) }

  /// Adds what the wire can carry and leaves out what it can not, because a call must not fail for a header of its own.
  package mutating func add(_ key: String, _ value: [UInt8]) {
    let key = key.lowercased()
    guard Metadata.isLegal(key), key.hasSuffix("-bin") || value.allSatisfy({ $0 >= 0x20 && $0 <= 0x7E }) else { return }
    entries.append(Entry(key: key, value: value))
  }

  /// What came over the wire has been checked there.
  mutating func addReceived(_ key: String, _ value: [UInt8]) { entries.append(Entry(key: key, value: value)) }

  private static func isLegal(_ key: String) -> Bool {
    !key.isEmpty && !key.hasPrefix("grpc-internal") && key != "host" && key != "te" && key != "content-type"
      && key.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        case UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."): true
        default: false
        }
      }
  }
}
