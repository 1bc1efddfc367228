import FlowEngine
import FlowStorage

extension Payload {
  fileprivate var namedBlob: BlobHash? { blob.flatMap { BlobHash($0) } }
}

extension Instance {
  /// Blobs that it can not live without.
  package var namedBlobs: [BlobHash] {
    payloads.entries.values.compactMap(\.payload.namedBlob) + [failure?.report.namedBlob].compactMap { $0 }
  }
}

extension Event {
  /// Blobs without which it can not be applied.
  package var namedBlobs: [BlobHash] {
    var named: [BlobHash] = []
    // For what it visits; what it makes is thrown away.
    _ = mappingPayloads { payload in
      if let hash = payload.namedBlob { named.append(hash) }
      return payload
    }
    return named
  }
}
