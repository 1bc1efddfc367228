import FlowTestKit
import Testing

/// Seeds that found a bug. What they do changes with the generator; what they found has a test of its own, named here.
@Suite("seeds that found something")
struct FoundTests {
  @Test(
    "a world that once broke a law keeps it now",
    arguments: [
      // Records of checkpoint steps that were not answered came back after a crash (PartitionTests).
      4, 11, 108, 315,
      // A second incident at one activity; a STOPPED instance's timers (WaitsTests).
      13, 452, 552,
      // Answered requests that recovery took in another order (AnsweredRequestsTests).
      260, 1_248,
      // A deleted STOPPED instance kept flowd from starting (PartitionTests).
      1_342,
      // What a message had begun was forgotten by recovery (RecoveredLookupsTests).
      1_510, 3_714,
      // Loops after modification and incidents; buffered messages (ModificationTests, scenarios loop-incident,
      // message-two-buffered, compensation-modify).
      1_169, 4_425, 7_806, 1_216, 2_215, 2_612, 6_320, 10_213,
    ] as [UInt64])
  func sound(_ seed: UInt64) {
    #expect(simulate(seed: seed).violation == nil)
  }
}
