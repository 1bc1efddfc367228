import FlowCore
import FlowRPC
import Synchronization
import Testing

/// A server of byte handlers on a free port and a channel to it.
struct Loopback {
  let server: RPCServer
  let channel: RPCChannel

  init(_ handlers: [RPCHandler], callsLimit: Int = Limits.callsInFlight) throws {
    try self.init(services: [RPCService(name: "test.Test", file: nil, handlers: handlers)], callsLimit: callsLimit)
  }

  init(services: [RPCService], callsLimit: Int = Limits.callsInFlight) throws {
    server = try RPCServer(services: services, listeners: [.init("127.0.0.1:0")], callsLimit: callsLimit)
    try server.start()
    channel = try RPCChannel("127.0.0.1:\(server.boundPorts[0])")
  }

  func call(_ path: String, _ bytes: [UInt8], _ options: CallOptions = CallOptions(timeoutMs: 20_000)) throws -> Reply<[UInt8]> {
    let result = Awaited<Result<Reply<[UInt8]>, Status>>()
    channel.start(path: path, bytes, options: options) { result.set($0) }
    return try result.get().get()
  }

  func status(_ path: String, _ bytes: [UInt8], _ options: CallOptions = CallOptions(timeoutMs: 20_000)) throws -> Status {
    do {
      _ = try call(path, bytes, options)
      return Status(.ok, "")
    } catch let status as Status {
      return status
    }
  }

  func stop() {
    channel.close()
    server.shutdown(graceMs: 5_000)
  }
}

/// A value that another thread brings; a test fails when it does not come in 30 s.
final class Awaited<Value: Sendable>: Sendable {
  private let value = Mutex<Value?>(nil)

  func set(_ new: Value) { value.withLock { $0 = $0 ?? new } }

  func get() throws -> Value {
    let until = ContinuousClock.now + .seconds(30)
    while ContinuousClock.now < until {
      if let value = value.withLock({ $0 }) { return value }
      pause()
    }
    throw Status(.deadlineExceeded, "the test waited in vain")
  }
}

/// Waits until a condition holds; a test fails when it does not in 30 s.
func wait(until condition: () -> Bool) throws {
  let until = ContinuousClock.now + .seconds(30)
  while !condition() {
    guard ContinuousClock.now < until else { throw Status(.deadlineExceeded, "the test waited in vain") }
    pause()
  }
}
