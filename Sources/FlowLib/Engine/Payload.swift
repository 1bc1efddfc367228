import FlowCore

/// A body on its way: bytes as a service sent them, parsed only when an expression reads them.
package struct Payload: Sendable, Equatable {
  package var bytes: [UInt8]
  package var contentType: String
  /// Digest under which the store keeps the bytes apart from the journal; nil when they are small enough to be in it.
  package var blob: [UInt8]?

  package init(bytes: [UInt8], contentType: String, blob: [UInt8]? = nil) {
    self.bytes = bytes
    self.contentType = contentType
    self.blob = blob
  }

  package init(json: JSON) {
    self.init(bytes: json.bytes, contentType: "application/json")
  }

  package static let emptyObject = Payload(json: .object([:]))

  /// The document, or nil when the bytes are not JSON.
  package var json: JSON? {
    do throws(JSONError) { return try JSON(parsing: bytes) } catch { return nil }
  }
}
