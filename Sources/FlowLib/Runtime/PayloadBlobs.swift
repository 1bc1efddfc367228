import FlowCore
import FlowEngine
import FlowStorage

/// Keeps large bodies out of the journal: they are written and synced as blobs before the batch that names them.
struct PayloadBlobs {
  let store: any Store

  func keepApart(_ event: Event) throws(StoreError) -> Event {
    try event.mappingPayloads { (payload) throws(StoreError) in
      guard payload.blob == nil, payload.bytes.count > Limits.inlinePayloadBytes else { return payload }
      var apart = payload
      apart.blob = try store.putBlob(payload.bytes, urgency: .owed).bytes
      return apart
    }
  }

  /// Fetches what was kept apart.
  func bringBack(_ payload: Payload) throws(StoreError) -> Payload {
    guard let digest = payload.blob else { return payload }
    guard let hash = BlobHash(digest), let bytes = try store.blob(hash) else {
      throw .corrupt("a payload of \(digest.count) bytes' name is missing")
    }
    var whole = payload
    whole.bytes = bytes
    return whole
  }
}
