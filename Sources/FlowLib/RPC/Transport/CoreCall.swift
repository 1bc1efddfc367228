import CFlowGRPC
import FlowCore
import Glibc

/// A call of the core, server's or client's, and what can be read from it.
package class CoreCall: CoreOwner, @unchecked Sendable {
  // Safety: the C struct is written by the core between the start of a batch and its event; subclasses read it after the event.
  let handle: OpaquePointer
  let queue: CompletionQueue

  init(_ handle: OpaquePointer, _ queue: CompletionQueue) {
    self.handle = handle
    self.queue = queue
    super.init()
    flow_grpc_call_set_owner(handle, Unmanaged<CoreOwner>.passUnretained(self).toOpaque())
  }

  deinit { flow_grpc_call_destroy(handle) }

  func start(_ batch: (OpaquePointer) -> Int32) -> Bool { queue.start(self) { batch(handle) } }

  /// The message that came, nil when none did.
  func takeMessage() -> [UInt8]? {
    guard flow_grpc_call_has_message(handle) == 1 else { return nil }
    let size = flow_grpc_call_message_size(handle)
    return [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
      flow_grpc_call_take_message(handle, buffer.baseAddress, size)
      count = size
    }
  }

  func received(trailers: Bool) -> Metadata {
    let which: Int32 = trailers ? 1 : 0
    var metadata = Metadata()
    for index in 0..<flow_grpc_call_metadata_count(handle, which) {
      let pair = flow_grpc_call_metadata_at(handle, which, index)
      let key = UnsafeRawBufferPointer(start: pair.key, count: pair.key_size)
      let value = UnsafeRawBufferPointer(start: pair.value, count: pair.value_size)
      metadata.addReceived(String(decoding: key, as: UTF8.self), [UInt8](value))
    }
    return metadata
  }

  /// `127.0.0.1:40312`, `[::1]:40312`, `unix:/run/flow.sock`.
  var peerAddress: String {
    guard let peer = flow_grpc_call_peer(handle) else { return "" }
    defer { free(peer) }
    let text = String(cString: peer)
    for scheme in ["ipv4:", "ipv6:"] where text.hasPrefix(scheme) {
      return text.dropFirst(scheme.count).split(separator: "%5B", omittingEmptySubsequences: false).joined(separator: "[")
        .split(separator: "%5D", omittingEmptySubsequences: false).joined(separator: "]")
    }
    return text
  }

  func cancel(_ code: StatusCode, _ reason: String) { flow_grpc_call_cancel(handle, Int32(code.rawValue), reason) }
}

extension Metadata {
  /// The form in which metadata goes to C: sizes, key, value for each entry.
  var packed: [UInt8] {
    var bytes: [UInt8] = []
    for entry in entries {
      for size in [entry.key.utf8.count, entry.value.count] {
        for shift in [0, 8, 16, 24] { bytes.append(UInt8(truncatingIfNeeded: size >> shift)) }
      }
      bytes.append(contentsOf: entry.key.utf8)
      bytes.append(contentsOf: entry.value)
    }
    return bytes
  }
}

extension Status {
  /// Beside the message, so that a client of ours can tell hint from message.
  static let hintKey = "flow-hint-bin"

  /// On the refusal of a server that does not lead: `host:port` of the one that does, or `none`. Such a call was not begun.
  static let leaderKey = "flow-leader"
  private static let nobody = "none"

  /// Lends the status in C's form.
  func withCore<R>(trailers: Metadata, _ body: (UnsafePointer<flow_grpc_status>) -> R) -> R {
    var trailers = trailers
    var text = message
    if let hint {
      text += Status.suffix(hint)
      trailers.add(Status.hintKey, hint)
    }
    if case .standby(let leader)? = untaken { trailers.add(Status.leaderKey, leader ?? Status.nobody) }
    let packed = trailers.packed
    var bytes = Array(text.utf8)
    if bytes.count > Limits.statusMessageBytes {
      bytes = Array(String(decoding: bytes.prefix(Limits.statusMessageBytes), as: UTF8.self).utf8) + Array(" …".utf8)
    }
    return bytes.withUnsafeBytes { message in
      packed.withUnsafeBufferPointer { packed in
        var status = flow_grpc_status(
          code: Int32(code.rawValue), message: message.baseAddress?.assumingMemoryBound(to: CChar.self), message_size: message.count,
          trailers: packed.baseAddress, trailers_size: packed.count)
        return body(&status)
      }
    }
  }

  private static func suffix(_ hint: String) -> String { " (try: \(hint))" }

  /// What a client got: hint and message taken apart again.
  init(code: Int, message: String, trailers: Metadata) {
    self.init(StatusCode(rawValue: code) ?? .unknown, message)
    if self.code == .unavailable, let leader = trailers[Status.leaderKey] {
      untaken = .standby(leader: LeaderSearch.isAddress(leader) ? leader : nil)
    }
    guard let hint = trailers[Status.hintKey], message.hasSuffix(Status.suffix(hint)) else { return }
    self.hint = hint
    self.message = String(message.dropLast(Status.suffix(hint).count))
  }
}
