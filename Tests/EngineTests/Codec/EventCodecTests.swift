import FlowCore
import FlowTestKit
import Testing

@testable import FlowEngine

@Suite struct EventCodecTests {
  /// A journal with most kinds of events in it.
  private func journal() throws -> [[UInt8]] {
    var bench = EngineBench()
    let process = try bench.deploy(
      ProcessBuilder().settings { $0.recoverable = true }.start().parallel("fork").service("a").service("b").parallel("join").end()
        .end("error").errorBoundary("catch", on: "b").flow("start -> fork -> a -> join -> end").flow("fork -> b -> join")
        .flow("catch -> error"))
    let first = try bench.create(process, ["n": 1], requestID: "r")
    try bench.fail("a")
    try bench.run(.retryInstance(first))
    try bench.complete("a", "x")
    try bench.complete("b", "y")
    _ = try bench.create(process)
    try bench.fail("b")
    try bench.run(.stopDeployment(process, force: true))
    try bench.run(.observeDeployment(process, .allDown))
    try bench.run(.deleteDeployment(process))
    return bench.journal
  }

  @Test("every cut of a batch is refused, never taken for a whole one with other events")
  func truncated() throws {
    for bytes in try journal() {
      let whole = try EventCodec.decode(bytes).events.count
      for end in bytes.indices {
        do throws(ByteCodingError) {
          let part = try EventCodec.decode(Array(bytes[..<end]))
          #expect(part.events.count < max(whole, 1))
        } catch {
          #expect(error.offset <= end)
        }
      }
    }
  }

  @Test("flipped bytes are decoded or refused, never a crash")
  func mutated() throws {
    var random = SplitMix(state: 42)
    let batches = try journal()
    for _ in 0..<5_000 {
      var bytes = batches[Int.random(in: batches.indices, using: &random)]
      guard !bytes.isEmpty else { continue }
      for _ in 0...Int.random(in: 0..<4, using: &random) {
        bytes[Int.random(in: bytes.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
      }
      do throws(ByteCodingError) { _ = try EventCodec.decode(bytes) } catch { #expect(!error.what.isEmpty) }
    }
  }

  @Test("a remembered answer is read as older releases wrote it, without a deployment, and as it is written now")
  func requestForms() throws {
    let (key, id) = (Key(raw: 7), InstanceID(key: Key(raw: 6), entropy: 5))
    for name in [RequestName(id: "r", deployment: nil), RequestName(id: "r", deployment: Key(raw: 300))] {
      var batch = EventBatchWriter(now: Instant(milliseconds: 1))
      batch.append(EncodedEvents([.requestAnswered(key: key, name, id, at: Instant(milliseconds: 9))]))
      let event = try EventCodec.decode(batch.bytes).events.first
      guard case .requestAnswered(key, let found, id, _)? = event else { throw ByteCodingError("another event", at: 0) }
      #expect(found == name)
      let record = StateRecord.request(AnsweredRequests.Entry(key: key, name: name, instance: id, at: Instant(milliseconds: 9)))
      guard case .request(let entry) = try RecordCodec.decode(RecordCodec.encode(record)) else {
        throw ByteCodingError("another form", at: 0)
      }
      #expect(entry.name == name && entry.instance == id)
    }
    // Kind 64 of version 1, as it lies in journals of older releases.
    let old: [UInt8] = [1, 2, 64, 1, 7, 1, UInt8(ascii: "r"), 6, 5, 0, 0, 0, 0, 0, 0, 0, 18]
    guard case .requestAnswered(key, let name, id, _)? = try EventCodec.decode(old).events.first else {
      throw ByteCodingError("another form", at: 0)
    }
    #expect(name == RequestName(id: "r", deployment: nil))
  }

  @Test("a batch of a later format is refused with both numbers")
  func laterFormat() {
    #expect(throws: ByteCodingError("journal batch of format 9, this version reads 1", at: 1)) { try EventCodec.decode([9]) }
  }
}
