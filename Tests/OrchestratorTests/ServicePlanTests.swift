import FlowCore
import FlowHTTP
import Testing

@testable import FlowOrchestrator

@Suite("ServicePlan")
struct ServicePlanTests {
  private func spec(_ host: String, _ command: String = "run", _ deployment: String = "d") -> ServiceSpec {
    ServiceSpec(deployment: deployment, host: host, elements: [], command: [command])
  }

  private func seen(_ host: String, _ phase: ObservedService.Phase, _ command: String = "run") -> ObservedService {
    ObservedService(spec: spec(host, command), phase: phase)
  }

  @Test("what is wanted and not there starts, in the order of the names")
  func starts() {
    #expect(ServicePlan.plan(desired: [spec("b"), spec("a")], observed: [], nowMs: 0) == [.start(spec("a")), .start(spec("b"))])
  }

  @Test("what runs as wanted is left alone, even when its elements changed")
  func leaves() {
    var wanted = spec("a")
    wanted.elements = ["new"]

    #expect(ServicePlan.plan(desired: [wanted], observed: [seen("a", .running)], nowMs: 0) == [])
  }

  @Test("what is not wanted stops, is killed after 5 s and once only, and is forgotten when down")
  func stops() {
    let key = spec("a").key

    #expect(ServicePlan.plan(desired: [], observed: [seen("a", .running)], nowMs: 0) == [.terminate(key)])
    #expect(ServicePlan.plan(desired: [], observed: [seen("a", .stopping(sinceMs: 0, isKilled: false))], nowMs: 4_999) == [])
    #expect(ServicePlan.plan(desired: [], observed: [seen("a", .stopping(sinceMs: 0, isKilled: false))], nowMs: 5_000) == [.kill(key)])
    #expect(ServicePlan.plan(desired: [], observed: [seen("a", .stopping(sinceMs: 0, isKilled: true))], nowMs: 9_000) == [])
    #expect(ServicePlan.plan(desired: [], observed: [seen("a", .down(restartAtMs: 99))], nowMs: 0) == [.forget(key)])
  }

  @Test("what went down starts again at its time, not before")
  func restarts() {
    #expect(ServicePlan.plan(desired: [spec("a")], observed: [seen("a", .down(restartAtMs: 100))], nowMs: 99) == [])
    #expect(ServicePlan.plan(desired: [spec("a")], observed: [seen("a", .down(restartAtMs: 100))], nowMs: 100) == [.start(spec("a"))])
  }

  @Test("a new command stops the old one first, and does not wait for its back-off")
  func replaces() {
    let wanted = spec("a", "new")

    #expect(ServicePlan.plan(desired: [wanted], observed: [seen("a", .running)], nowMs: 0) == [.terminate(wanted.key)])
    #expect(ServicePlan.plan(desired: [wanted], observed: [seen("a", .down(restartAtMs: 9_999))], nowMs: 0) == [.start(wanted)])
  }

  @Test("a service that is wanted again while it stops is not started beside itself")
  func wantedWhileStopping() {
    let stopping = seen("a", .stopping(sinceMs: 0, isKilled: false))

    #expect(ServicePlan.plan(desired: [spec("a")], observed: [stopping], nowMs: 100) == [])
  }

  @Test("stops come before starts")
  func order() {
    let actions = ServicePlan.plan(desired: [spec("a")], observed: [seen("z", .running)], nowMs: 0)

    #expect(actions == [.terminate(spec("z").key), .start(spec("a"))])
  }

  @Test("the next look is at the soonest restart or kill")
  func next() {
    #expect(ServicePlan.nextMs([seen("a", .running), seen("b", .stopping(sinceMs: 0, isKilled: true))]) == nil)
    #expect(ServicePlan.nextMs([seen("a", .down(restartAtMs: 7_000)), seen("b", .stopping(sinceMs: 1_000, isKilled: false))]) == 6_000)
  }

  @Test("back-off doubles from 100 ms to 30 s, and begins anew after a minute up")
  func backoff() {
    var backoff = RestartBackoff()

    #expect((0..<10).map { _ in backoff.ended(afterMs: 10) } == [100, 200, 400, 800, 1_600, 3_200, 6_400, 12_800, 25_600, 30_000])
    #expect(backoff.ended(afterMs: 59_999) == 30_000)
    #expect(backoff.ended(afterMs: 60_000) == 100)
  }

  @Test("tasks with one host share a service; two commands for one host are an error")
  func merges() throws {
    let one = ServiceSpec(deployment: "d", host: "calc", elements: ["t1"], command: ["run"])
    let two = ServiceSpec(deployment: "d", host: "calc", elements: ["t2", "t1"], command: ["run"])
    let other = ServiceSpec(deployment: "d", host: "calc", elements: ["t3"], command: ["walk"])

    #expect(try ServiceSpec.merged([one, two]) == [ServiceSpec(deployment: "d", host: "calc", elements: ["t1", "t2"], command: ["run"])])
    #expect(throws: OrchestratorError.self) { try ServiceSpec.merged([one, other]) }
    for command in [[], [""], ["a\u{0}b"]] {
      #expect(throws: OrchestratorError.self) {
        try ServiceSpec.merged([ServiceSpec(deployment: "d", host: "h", elements: [], command: command)])
      }
    }
  }

  @Test(
    "commands are allowed only while every address is loopback",
    arguments: [
      (["127.0.0.1:1", "[::1]:2", "localhost:3"], true), (["127.0.0.1:1", "0.0.0.0:2"], false), (["[::]:1"], false),
      (["10.0.0.1:1"], false),
    ])
  func policy(addresses: [String], allowed: Bool) {
    #expect(OrchestratorPolicy.allowsCommands(listeningOn: addresses.compactMap { HTTPAddress($0) }) == allowed)
  }
}
