import FlowBPMN
import FlowCore
import FlowTestKit
import Testing

@testable import FlowEngine

/// Recovery reads records of several times, and then what the journal has beside them.
@Suite("what recovery finds in another order")
struct RecoveredLookupsTests {
  private let request = RequestName(id: "again", deployment: nil)

  private func entry(_ key: UInt64, _ name: RequestName) -> AnsweredRequests.Entry {
    AnsweredRequests.Entry(
      key: Key(raw: key), name: name, instance: InstanceID(key: Key(raw: key + 100), entropy: 1), at: Instant(milliseconds: Int64(key)))
  }

  @Test("answered requests are evicted by their age, in whatever order they were read")
  func evicted() {
    var requests = AnsweredRequests()
    for key in [3, 1, 2] as [UInt64] { requests.insert(entry(key, RequestName(id: "\(key)", deployment: nil))) }

    requests.evict(through: Key(raw: 2))

    #expect(requests.entries.map(\.key.raw) == [3])
  }

  @Test("an answer that is still on the disk does not hide the next one for the same request", arguments: [[1, 2], [2, 1]])
  func sameName(_ order: [UInt64]) {
    var requests = AnsweredRequests()
    for key in order { requests.insert(entry(key, request)) }
    #expect(requests[request]?.key == Key(raw: 2))

    requests.evict(through: Key(raw: 1))

    #expect(requests[request]?.key == Key(raw: 2))
    #expect(requests.count == 1)
  }

  @Test("a message that is over does not take the next one's id with it", arguments: [[1, 2], [2, 1]])
  func messageID(_ order: [UInt64]) {
    let topic = Topic(name: "news", correlationKey: "k")
    var buffer = MessageBuffer()
    for key in order {
      buffer.insert(
        BufferedMessage(
          key: Key(raw: key), name: "news", correlationKey: "k", messageID: "id", variables: [], deadline: Instant(milliseconds: 9)))
    }

    _ = buffer.remove(Key(raw: 1))

    #expect(buffer.has("id", of: topic))
  }

  @Test("the end of an instance does not hide the next one that a message began", arguments: [false, true])
  func started(nextIsRead: Bool) throws {
    var bench = EngineBench()
    let deployment = try bench.deploy(
      ProcessBuilder().variables().start().node("wait", .userTask(UserTask())).end().flow("start -> wait -> end"))
    let (first, second) = (try bench.create(deployment), try bench.create(deployment))
    var lookups = Lookups()
    let both = [first, second].compactMap { key in
      bench.state.instances[key].map { instance in
        var instance = instance
        instance.startKey = "k"
        return instance
      }
    }
    #expect(both.count == 2)

    for instance in nextIsRead ? both.reversed() : both { lookups.add(instance) }
    lookups.remove(both[0])

    #expect(lookups.started[.init(deployment: deployment, correlationKey: "k")] == second)
  }
}
