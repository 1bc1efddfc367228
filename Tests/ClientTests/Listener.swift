import Foundation

/// A socket that shows what a client sends.
final class Listener: @unchecked Sendable {
  // Safety: the descriptor is set once.
  private let descriptor: Int32
  let port: Int

  init() throws {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    self.descriptor = descriptor
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let result = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { raw in
        bind(descriptor, raw, size) | listen(descriptor, 4) | getsockname(descriptor, raw, &size)
      }
    }
    guard result == 0 else { throw POSIXError(.EADDRNOTAVAIL) }
    port = Int(UInt16(bigEndian: address.sin_port))
  }

  deinit { close(descriptor) }

  final class Seen: @unchecked Sendable {
    // Safety: written before the semaphore is signalled, read after.
    fileprivate var bytes: [UInt8] = []
    fileprivate let done = DispatchSemaphore(value: 0)

    var value: String {
      done.wait()
      return String(decoding: bytes, as: UTF8.self)
    }
  }

  /// Greets as an HTTP/2 server, collects until the text came, then hangs up.
  func receive(until text: String) -> Seen {
    let seen = Seen()
    let thread = Thread { [descriptor] in
      let client = accept(descriptor, nil, nil)
      let settings: [UInt8] = [0, 0, 0, 4, 0, 0, 0, 0, 0]
      _ = settings.withUnsafeBytes { write(client, $0.baseAddress, $0.count) }
      var chunk = [UInt8](repeating: 0, count: 4096)
      while !String(decoding: seen.bytes, as: UTF8.self).contains(text) {
        let count = read(client, &chunk, chunk.count)
        guard count > 0 else { break }
        seen.bytes += chunk[..<count]
      }
      close(client)
      seen.done.signal()
    }
    thread.start()
    return seen
  }
}
