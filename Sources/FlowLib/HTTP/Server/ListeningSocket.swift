import Glibc

/// Why a server does not run, with the address and the system's reason.
package struct HTTPServerError: Error, Sendable, Equatable, CustomStringConvertible {
  package enum Code: String, Sendable {
    case address = "can not find the address"
    case bind = "can not listen on"
    case start = "can not start the HTTP server on"
  }

  package let code: Code
  package let address: HTTPAddress
  package let cause: String

  package var description: String { "\(code.rawValue) \(address): \(cause)" }
}

/// Makes the socket ourselves, so that a failure has its true cause and children never inherit it.
enum ListeningSocket {
  static func open(_ address: HTTPAddress) throws(HTTPServerError) -> (descriptor: Int32, bound: HTTPAddress) {
    var hints = addrinfo()
    hints.ai_family = AF_UNSPEC
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV
    var list: UnsafeMutablePointer<addrinfo>?
    let failure = getaddrinfo(address.host, String(address.port), &hints, &list)
    guard failure == 0, let first = list else {
      throw HTTPServerError(code: .address, address: address, cause: String(cString: gai_strerror(failure)))
    }
    defer { freeaddrinfo(list) }
    let descriptor = socket(first.pointee.ai_family, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw failed(address) }
    var on: Int32 = 1
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
    guard bind(descriptor, first.pointee.ai_addr, first.pointee.ai_addrlen) == 0, listen(descriptor, 1024) == 0 else {
      let error = failed(address)
      close(descriptor)
      throw error
    }
    return (descriptor, HTTPAddress(host: address.host, port: port(of: descriptor)))
  }

  private static func failed(_ address: HTTPAddress) -> HTTPServerError {
    HTTPServerError(code: .bind, address: address, cause: String(cString: strerror(errno)))
  }

  /// The port that the system gave when 0 was asked for.
  private static func port(of descriptor: Int32) -> UInt16 {
    var storage = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    return withUnsafeMutablePointer(to: &storage) { storage in
      storage.withMemoryRebound(to: sockaddr.self, capacity: 1) { _ = getsockname(descriptor, $0, &length) }
      // The port lies at the same place in both families.
      return storage.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { UInt16(bigEndian: $0.pointee.sin_port) }
    }
  }
}
