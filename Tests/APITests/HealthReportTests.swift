import FlowCore
import FlowEngine
import FlowServer
import FlowStorage
import Testing

@Suite("reports of a healthd whose clock is wrong")
struct HealthReportTests {
  private let hour: Int64 = 3_600_000

  private func up(_ at: Instant) -> [ElementStatus] {
    [ElementStatus(elementID: "sum", isUp: true, since: at, reason: "", checkedAt: at)]
  }

  @Test("a fresh report counts, however wrong its time", arguments: [-3_600_000, 0, 3_600_000] as [Int64])
  func fresh(skew: Int64) throws {
    let clock = ShiftedClock()
    let bench = try NodeBench(MemoryStore(), clock: clock)
    let id = try bench.applyProbed()
    // Nothing answers the probe, so that only the report can bring it up.
    #expect(bench.server.board[id]?.deployment.state == .starting)
    clock.advance(ms: 10)

    #expect(bench.server.reported([(deployment: id, elements: up(clock.now + skew))], from: "healthd:1") == [])

    #expect(NodeBench.until { bench.server.board[id]?.deployment.state == .running })
    bench.stop()
  }

  @Test("an old check that is told again counts for nothing, however far ahead its time", arguments: [-3_600_000, 3_600_000] as [Int64])
  func stale(skew: Int64) throws {
    let clock = ShiftedClock()
    let bench = try NodeBench(MemoryStore(), clock: clock)
    let id = try bench.applyProbed()
    clock.advance(ms: 10)
    let old = up(clock.now + skew)
    _ = bench.server.reported([(deployment: id, elements: old)], from: "healthd:1")
    #expect(NodeBench.until { bench.server.board[id]?.deployment.state == .running })
    let key = try bench.server.board.named(id).deployment.key
    _ = try bench.server.ask(.stopDeployment(key, force: false)).get()
    #expect(NodeBench.until { bench.server.board[id]?.deployment.state == .stopped })
    clock.advance(ms: 10)
    _ = try bench.server.ask(.startDeployment(key)).get()
    #expect(bench.server.board[id]?.deployment.state == .starting)
    // So long that flowd probes itself meanwhile, and sees the service down.
    clock.advance(ms: 11_000)
    #expect(NodeBench.until { bench.server.health(of: id).first?.isUp == false })

    _ = bench.server.reported([(deployment: id, elements: old)], from: "healthd:1")
    // An observation that it makes stands before this look.
    _ = bench.server.stateHash
    #expect(bench.server.board[id]?.deployment.state == .starting)

    _ = bench.server.reported([(deployment: id, elements: up(clock.now + skew + 1))], from: "healthd:1")
    #expect(NodeBench.until { bench.server.board[id]?.deployment.state == .running })
    bench.stop()
  }
}
