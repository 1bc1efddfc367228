import FlowCore

/// A body on its way: bytes as a service sent them, parsed only when an expression reads them.
package struct Payload: Sendable, Equatable {
  package var bytes: [UInt8]
  package var contentType: String
  /// Digest under which the store keeps the bytes apart from the journal; nil when they are small enough to be in it.
  package var blob: [UInt8]?

  package init(bytes: [UInt8], contentType: String, blob: [UInt8]? = nil) {
    self.bytes = bytes
    // Nearly all are JSON; a name of the program's own costs nothing to keep and to copy.
    self.contentType = contentType == Payload.jsonType ? Payload.jsonType : contentType
    self.blob = blob
  }

  package init(json: JSON) {
    self.init(bytes: json.bytes, contentType: Payload.jsonType)
  }

  private static var jsonType: String { "application/json" }

  package static let emptyObject = Payload(json: .object([:]))

  /// The document, or nil when the bytes are not JSON.
  package var json: JSON? {
    do throws(JSONError) { return try JSON(parsing: bytes) } catch { return nil }
  }
}
