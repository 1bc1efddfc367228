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

  @Test("a batch of a later format is refused with both numbers")
  func laterFormat() {
    #expect(throws: ByteCodingError("journal batch of format 9, this version reads 1", at: 1)) { try EventCodec.decode([9]) }
  }
}
