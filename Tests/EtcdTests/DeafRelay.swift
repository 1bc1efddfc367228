import Foundation
import Synchronization

/// A TCP relay in front of one address on loopback that can stop to bring answers; what is asked still gets through.
final class DeafRelay: Sendable {
  struct Failure: Error {
    let what: String
    let code = errno
  }

  let address: String
  private let target: UInt16
  private let listener: Int32
  private let isDeaf = Atomic(false)

  init(to target: String) throws {
    guard let port = target.split(separator: ":").last.flatMap({ UInt16($0) }) else { throw Failure(what: "no port in \(target)") }
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var own = DeafRelay.loopback(0)
    let bound = withUnsafePointer(to: &own) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(listener, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
    }
    guard bound == 0, listen(listener, 16) == 0 else { throw Failure(what: "listen") }
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let named = withUnsafeMutablePointer(to: &own) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(listener, $0, &size) }
    }
    guard named == 0 else { throw Failure(what: "getsockname") }
    (self.listener, self.target) = (listener, port)
    address = "127.0.0.1:\(UInt16(bigEndian: own.sin_port))"
    Thread.detachNewThread { [self] in accept() }
  }

  /// From now on no byte comes back.
  func deafen() { isDeaf.store(true, ordering: .releasing) }

  /// Takes no more connections; those that are there end when one of their ends does.
  func close() { shutdown(listener, Int32(SHUT_RDWR)) }

  private static func loopback(_ port: UInt16) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = INADDR_LOOPBACK.bigEndian
    return address
  }

  private func accept() {
    while true {
      let client = Glibc.accept(listener, nil, nil)
      guard client >= 0 else { break }
      let server = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
      var there = DeafRelay.loopback(target)
      let connected = withUnsafePointer(to: &there) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(server, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
      }
      guard connected == 0 else {
        Glibc.close(client)
        Glibc.close(server)
        continue
      }
      Thread.detachNewThread { [self] in pump(from: client, to: server, isAnswer: false) }
      Thread.detachNewThread { [self] in pump(from: server, to: client, isAnswer: true) }
    }
    Glibc.close(listener)
  }

  private func pump(from source: Int32, to target: Int32, isAnswer: Bool) {
    var buffer = [UInt8](repeating: 0, count: 64 << 10)
    while true {
      let count = read(source, &buffer, buffer.count)
      guard count > 0 else { break }
      if isAnswer, isDeaf.load(ordering: .acquiring) { continue }
      var sent = 0
      while sent < count {
        let more = buffer[sent..<count].withUnsafeBytes { send(target, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
        guard more > 0 else { break }
        sent += more
      }
    }
    shutdown(target, Int32(SHUT_WR))
    // The answering side ends last, when both are at their end.
    if isAnswer {
      Glibc.close(source)
      Glibc.close(target)
    }
  }
}
