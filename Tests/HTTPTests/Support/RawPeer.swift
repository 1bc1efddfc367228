import FlowThreads
import Glibc
import Synchronization

@testable import FlowHTTP

/// A TCP server that does with a connection what a test wants: hang, drop, trickle.
final class RawPeer: Sendable {
  let port: UInt16
  private let listener: Int32
  private let open = Mutex<[Int32]>([])
  private let accepted = Monitor(0)

  /// - Parameter serve: runs on a thread of its own for each connection, with its number from 1.
  init(_ serve: @escaping @Sendable (_ connection: Int32, _ number: Int) -> Void) throws {
    signal(SIGPIPE, SIG_IGN)
    let (descriptor, bound) = try ListeningSocket.open(HTTPAddress(host: "127.0.0.1", port: 0))
    listener = descriptor
    port = bound.port
    let accepted = accepted
    _ = try WorkerThread {
      while true {
        let connection = accept(descriptor, nil, nil)
        guard connection >= 0 else { return }
        let number = accepted.change { count in
          count += 1
          return count
        }
        _ = try? WorkerThread {
          serve(connection, number)
          close(connection)
        }
      }
    }
  }

  deinit {
    shutdown(listener, Int32(SHUT_RDWR))
    close(listener)
  }

  var connections: Int { accepted.withLock { $0 } }
  var url: String { "http://127.0.0.1:\(port)" }

  static func write(_ text: String, to connection: Int32) -> Bool {
    text.withCString { Glibc.write(connection, $0, strlen($0)) } == text.utf8.count
  }

  /// Reads until the blank line after the header section.
  @discardableResult
  static func readHead(_ connection: Int32) -> String {
    var text = ""
    var buffer = [UInt8](repeating: 0, count: 4096)
    while !text.contains("\r\n\r\n") {
      let count = read(connection, &buffer, buffer.count)
      guard count > 0 else { return text }
      text += String(decoding: buffer[..<count], as: UTF8.self)
    }
    return text
  }

  /// Sleeps until the other side closes, so that a "hanging" peer ends with its client.
  static func hang(_ connection: Int32) {
    var buffer = [UInt8](repeating: 0, count: 4096)
    while read(connection, &buffer, buffer.count) > 0 {}
  }
}

/// A client socket, to say what no well-behaved client says.
func rawExchange(_ port: UInt16, _ text: String) -> String {
  let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
  defer { close(descriptor) }
  var address = sockaddr_in()
  address.sin_family = sa_family_t(AF_INET)
  address.sin_port = port.bigEndian
  address.sin_addr.s_addr = inet_addr("127.0.0.1")
  let connected = withUnsafePointer(to: &address) {
    $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
  }
  guard connected == 0, RawPeer.write(text, to: descriptor) else { return "" }
  var answer: [UInt8] = []
  var buffer = [UInt8](repeating: 0, count: 4096)
  while true {
    let count = read(descriptor, &buffer, buffer.count)
    guard count > 0 else { return String(decoding: answer, as: UTF8.self) }
    answer += buffer[..<count]
  }
}

/// A server on a free loopback port with these routes.
func loopback(_ change: (inout HTTPServer.Options) -> Void = { _ in }, _ routes: (inout Router) -> Void) throws -> HTTPServer {
  signal(SIGPIPE, SIG_IGN)
  var router = Router()
  routes(&router)
  var options = HTTPServer.Options(address: HTTPAddress(host: "127.0.0.1", port: 0))
  change(&options)
  return try HTTPServer(options, handler: router.handler)
}

extension HTTPServer {
  var url: String { "http://\(address)" }
}
