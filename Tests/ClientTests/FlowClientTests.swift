import FlowClient
import FlowCore
import FlowRPC
import Foundation
import Testing

@Suite("the blocking client")
struct FlowClientTests {
  @Test("each call of the original reaches its method with its fields")
  func originalCalls() throws {
    let daemon = try FakeDaemon { $0.envelopes["delete"] = .init(status: -1, message: "no", data: "") }
    let client = try daemon.client()

    _ = try client.psQuery(.instance, ids: ["a"], metadata: [.init(key: "user", value: "x")])
    _ = try client.stopWorkflow(.deployment, ids: ["d"], force: true)
    _ = try client.runWorkflow(.init(workflowID: "calc", args: ["1", "-5"], startEventID: "s"))
    let deleted = try client.deleteWorkflow(.instance, ids: [])

    #expect(
      daemon.asked == [
        #"ps: INSTANCE ["a"] false ["user=x"]"#, #"stop: DEPLOYMENT ["d"] true"#, #"run: calc ["1", "-5"] s"#, "delete: INSTANCE []",
      ])
    #expect(deleted.failed && deleted.message == "no")
  }

  @Test("a server that is not there is UNAVAILABLE, and the hint names the options")
  func unreachable() throws {
    let client = try FlowClient(FlowEndpoint(host: "127.0.0.1", port: 1, timeoutMs: 2000))

    let error = #expect(throws: Status.self) { try client.psQuery(.instance, ids: []) }

    #expect(error?.code == .unavailable)
    #expect(error?.hint == "start flowd, or name its address with --flowd-host and --flowd-port")
  }

  @Test("a watch ends when it is told so, and when its time is over")
  func watch() throws {
    let events = [FlowV1.DeploymentEvent(position: 1), .init(position: 2), .init(position: 3)]
    let client = try FakeDaemonHolder { $0.deploymentEvents = events }

    var seen: [UInt64] = []
    try client.client.watchDeployments(timeoutMs: 5000) { event in
      seen.append(event.position)
      return event.position < 2
    }
    #expect(seen == [1, 2])

    let error = #expect(throws: Status.self) { try client.client.watchDeployments(timeoutMs: 100) { _ in true } }
    #expect(error?.code == .deadlineExceeded)
  }

  @Test("streams that end are read to their end")
  func streams() throws {
    let holder = try FakeDaemonHolder { $0.chunks = [.init(data: [1, 2]), .init(data: [3], stateHash: "h", position: 9)] }

    var bytes: [UInt8] = []
    var hash = ""
    try holder.client.backup { chunk in
      bytes += chunk.data
      hash = chunk.stateHash
      return true
    }

    #expect(bytes == [1, 2, 3] && hash == "h")
  }

  @Test("calls say the authority flowd:9001 whatever the address is")
  func authority() throws {
    let listener = try Listener()
    let client = try FlowClient(FlowEndpoint(host: "127.0.0.1", port: listener.port, timeoutMs: 3000))
    let seen = listener.receive(until: "/FlowDaemon/PSQuery")

    #expect(throws: Status.self) { try client.psQuery(.instance, ids: []) }

    #expect(seen.value.contains("flowd:9001"))
  }

  /// Keeps a fake daemon as long as its client.
  private struct FakeDaemonHolder {
    let daemon: FakeDaemon
    let client: FlowClient

    init(_ change: (inout FakeDaemon.Answers) -> Void) throws {
      daemon = try FakeDaemon(change)
      client = try daemon.client()
    }
  }
}
