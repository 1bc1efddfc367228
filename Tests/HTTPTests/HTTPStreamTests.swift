import FlowCore
import FlowThreads
import Glibc
import Testing

@testable import FlowHTTP

@Suite("HTTPStream")
struct HTTPStreamTests {
  /// A server whose `/events` hands its stream to the test.
  private final class Events: Sendable {
    let streams = Monitor<[HTTPStream]>([])
    let closed = Monitor(0)
    let server: HTTPServer

    init(keepAliveMs: Int64 = 15_000) throws {
      let (streams, closed) = (streams, closed)
      server = try loopback({ $0.keepAliveMs = keepAliveMs }) { router in
        router.on("GET", "/events") { _, reply in
          let stream = reply.events { closed.change { $0 += 1 } }
          streams.change { $0.append(stream) }
        }
      }
    }

    func stream() -> HTTPStream? { streams.wait(untilMs: soon()) { $0.first } }
  }

  /// Opens a connection and reads what comes.
  private final class Reader {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var text = ""

    init(_ port: UInt16) {
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      address.sin_port = port.bigEndian
      address.sin_addr.s_addr = inet_addr("127.0.0.1")
      _ = withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
      }
      _ = RawPeer.write("GET /events HTTP/1.1\r\nHost: x\r\n\r\n", to: descriptor)
    }

    func readUntil(_ wanted: String) -> Bool {
      var buffer = [UInt8](repeating: 0, count: 4096)
      while !text.contains(wanted) {
        let count = read(descriptor, &buffer, buffer.count)
        guard count > 0 else { return false }
        text += String(decoding: buffer[..<count], as: UTF8.self)
      }
      return true
    }
  }

  @Test("events reach a client as they are sent, and closing ends the answer")
  func sends() throws {
    let events = try Events()
    let reader = Reader(events.server.address.port)
    let stream = try #require(events.stream())

    stream.send(event: "state", id: "1", data: "one\ntwo")
    #expect(reader.readUntil("id: 1\nevent: state\ndata: one\ndata: two\n\n"))
    stream.send(data: "three")
    #expect(reader.readUntil("data: three\n\n"))
    stream.close()
    #expect(reader.readUntil("0\r\n\r\n"))

    #expect(reader.text.contains("Content-Type: text/event-stream"))
    #expect(events.closed.wait(untilMs: soon()) { $0 == 1 ? true : nil } == true)
    #expect(stream.send(data: "four") == false)
    close(reader.descriptor)
  }

  @Test("a client that went away is noticed by the keep-alive")
  func clientGone() throws {
    let events = try Events(keepAliveMs: 20)
    let reader = Reader(events.server.address.port)
    let stream = try #require(events.stream())
    stream.send(data: "hello")
    #expect(reader.readUntil("data: hello"))
    #expect(reader.readUntil(":\n\n"))

    close(reader.descriptor)

    #expect(events.closed.wait(untilMs: soon()) { $0 == 1 ? true : nil } == true)
    #expect(!stream.isOpen)
  }

  @Test("a client that does not read loses its stream, and the memory stays bounded")
  func slowClient() throws {
    let events = try Events()
    let reader = Reader(events.server.address.port)
    let stream = try #require(events.stream())
    let chunk = [UInt8](repeating: 65, count: 64 << 10)

    var sent = 0
    while stream.send(chunk), sent < 10_000 { sent += 1 }

    #expect(sent < 10_000)
    #expect(!stream.isOpen)
    close(reader.descriptor)
  }

  @Test("all streams can be ended while the server goes on")
  func endsAll() throws {
    let events = try Events()
    let reader = Reader(events.server.address.port)
    let stream = try #require(events.stream())
    stream.send(data: "last")

    events.server.endStreams()

    #expect(reader.readUntil("data: last\n\n") && reader.readUntil("0\r\n\r\n"))
    #expect(!stream.isOpen)
    close(reader.descriptor)
    let another = Reader(events.server.address.port)
    #expect(events.streams.wait(untilMs: soon()) { $0.count == 2 ? true : nil } == true)
    close(another.descriptor)
  }

  @Test("stopping the server closes its streams")
  func stops() throws {
    let events = try Events()
    let reader = Reader(events.server.address.port)
    _ = try #require(events.stream())

    events.server.stop()

    #expect(reader.readUntil("0\r\n\r\n"))
    #expect(events.closed.withLock { $0 } == 1)
    close(reader.descriptor)
  }
}
