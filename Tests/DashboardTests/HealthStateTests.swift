import FlowCore
import FlowHealth
import FlowRPC
import Testing

@testable import healthd

/// Drives the state by hand: time passes only when a test says so.
private struct Bench {
  var state = HealthState(address: "127.0.0.1:5051", at: Moment(wallMs: 1_000_000, steadyMs: 0))
  var ms: Int64 = 0

  var moment: Moment { Moment(wallMs: 1_000_000 + ms, steadyMs: ms) }
  var generation: Int { state.link.generation }

  mutating func step(_ afterMs: Int64 = 0) -> [HealthState.Directive] {
    ms += afterMs
    return state.step(at: moment, jitter: 1)
  }

  mutating func tell(_ deployment: FlowV1.Deployment, position: UInt64 = 1, deleted: Bool = false) -> [HealthState.Directive] {
    state.told(FlowV1.DeploymentEvent(position: position, deployment: deployment, deleted: deleted), generation: generation, at: moment)
  }

  mutating func snapshotDone(position: UInt64 = 1) -> [HealthState.Directive] {
    state.told(FlowV1.DeploymentEvent(position: position, snapshotDone: true), generation: generation, at: moment)
  }

  mutating func probed(_ element: String, _ up: Bool, _ id: String = "calc-00000001") -> [HealthState.Directive] {
    let seen = FlowV1.ElementHealth(
      elementID: element, up: up, sinceMs: moment.wallMs, reason: up ? "" : "HTTP 503", checkedMs: moment.wallMs)
    return state.probed(seen, deployment: id, at: moment)
  }

  mutating func reported(_ result: Result<FlowV1.ReportProbesResponse, Status> = .success(.init())) -> [HealthState.Directive] {
    state.reported(result, generation: generation, at: moment, jitter: 1)
  }

  mutating func ended() -> [HealthState.Directive] { state.ended(generation: generation, at: moment, jitter: 1) }

  /// Connected, with one deployment that has the tasks `a` and `b`.
  static func live(_ deploymentState: FlowV1.DeploymentState = .running) -> Bench {
    var bench = Bench()
    _ = bench.step()
    _ = bench.tell(Bench.deployment(deploymentState))
    _ = bench.snapshotDone()
    _ = bench.reported()
    return bench
  }

  static func deployment(_ state: FlowV1.DeploymentState = .running, _ id: String = "calc-00000001") -> FlowV1.Deployment {
    var deployment = Sample.deployment(id, state, tasks: ["a": true, "b": true])
    deployment.health = []
    return deployment
  }
}

extension [HealthState.Directive] {
  fileprivate var reports: [FlowV1.ReportProbesRequest] {
    compactMap { if case .report(_, let request) = $0 { request } else { nil } }
  }

  fileprivate var targets: [[ProbeTarget]] {
    compactMap { if case .probe(_, let targets, _) = $0 { targets } else { nil } }
  }

  fileprivate var published: [String] {
    compactMap { if case .publish(let entry) = $0 { entry.data } else { nil } }
  }
}

@Suite("Health state: the link") struct LinkTests {
  @Test("it connects at once, and is live when flowd says the first thing")
  func connects() {
    var bench = Bench()

    #expect(bench.step() == [.connect(generation: 1)])
    #expect(!bench.state.link.isLive)
    #expect(bench.snapshotDone().contains(.linkChanged))
    #expect(bench.state.link.isLive)
  }

  @Test("a flowd that is not there is tried quickly for a second, then ever more slowly, up to a bound")
  func backsOff() {
    var bench = Bench()
    _ = bench.step()
    var delays: [Int64] = []

    for index in 0..<18 {
      #expect(bench.ended() == (index == 0 ? [.disconnect, .linkChanged] : [.disconnect]), "only the first failure is news")
      let before = bench.ms
      #expect(bench.step() == [])
      let due = bench.state.dueMs ?? 0
      delays.append(due - before)
      #expect(bench.step(due - before) == [.connect(generation: bench.generation)])
    }

    #expect(delays == Array(repeating: 100, count: 10) + [200, 400, 800, 1600, 3200, 5000, 5000, 5000])
  }

  @Test("while a standby answers the tries stay quick, and that it does not lead is no loss of flowd")
  func standby() {
    var bench = Bench()
    _ = bench.step()
    var delays: [Int64] = []

    for index in 0..<30 {
      let ended = bench.state.ended(generation: bench.generation, isStandby: index % 2 == 0, at: bench.moment, jitter: 1)
      #expect(ended == [.disconnect])
      delays.append((bench.state.dueMs ?? 0) - bench.ms)
      _ = bench.step(delays[index])
    }

    #expect(Set(delays) == [100])
  }

  @Test("a report that a standby refuses ends the link at once")
  func standbyReport() {
    var bench = Bench.live()
    _ = bench.step(HealthState.heartbeatMs)

    #expect(bench.reported(.failure(Status(.unavailable, "", untaken: .standby(leader: nil)))) == [.disconnect, .linkChanged])
  }

  @Test("jitter halves a delay at most")
  func jitters() {
    var bench = Bench()
    _ = bench.step()
    _ = bench.state.ended(generation: 1, at: bench.moment, jitter: 0)

    #expect(bench.state.dueMs == 50)
  }

  @Test("a link that was live and broke is tried soon, and says since when it is lost")
  func reconnects() {
    var bench = Bench.live()
    bench.ms = 60_000

    #expect(bench.ended() == [.disconnect, .linkChanged])
    #expect(bench.state.link.lostSinceMs == 1_060_000)
    #expect(bench.state.link.lastContactMs == 1_000_000)
    #expect(bench.step(200) == [.connect(generation: 2)])
    bench.ms += 5_000
    #expect(bench.state.link.lostSinceMs == 1_060_000)
  }

  @Test("what an earlier connection still tells is not heard")
  func staleGeneration() {
    var bench = Bench.live()
    _ = bench.ended()
    _ = bench.step(200)

    let event = FlowV1.DeploymentEvent(position: 9, deployment: Bench.deployment(.error, "ghost-1"))
    #expect(bench.state.told(event, generation: 1, at: bench.moment) == [])
    #expect(bench.state.ended(generation: 1, at: bench.moment, jitter: 1) == [])
    #expect(bench.state.resolve("ghost-1") == nil)
  }

  @Test("a flowd that accepts and stays silent is given up")
  func silence() {
    var bench = Bench()
    _ = bench.step()

    #expect(bench.step(9_999) == [])
    #expect(bench.step(1) == [.disconnect, .linkChanged])
  }

  @Test("one report that fails is borne, two are a lost link")
  func reportsFail() {
    var bench = Bench.live()
    let failure = Result<FlowV1.ReportProbesResponse, Status>.failure(Status(.deadlineExceeded, "late"))

    _ = bench.step(2_500)
    #expect(bench.reported(failure) == [])
    _ = bench.step(2_500)
    #expect(bench.reported(failure) == [.disconnect, .linkChanged])
  }
}

@Suite("Health state: probes and reports") struct HealthStateTests {
  @Test("the probes a deployment names are made, in a hurry while it starts")
  func targets() {
    var bench = Bench()
    _ = bench.step()

    let directives = bench.tell(Bench.deployment(.starting))

    #expect(directives.targets.map { $0.map(\.key.element) } == [["a", "b"]])
    #expect(directives.contains { if case .probe(_, _, let hurried) = $0 { hurried } else { false } })
    #expect(bench.tell(Bench.deployment(.running)).contains { if case .probe(_, _, false) = $0 { true } else { false } })
  }

  @Test("a stopped deployment is not probed, a broken one often")
  func targetsByState() {
    var slow = Bench.deployment(.error)
    slow.probes = slow.probes.map { target in
      var target = target
      target.periodMs = 0
      return target
    }
    #expect(Targets.of(slow).map(\.periodMs) == [5_000, 5_000])
    slow.state = .running
    #expect(Targets.of(slow).map(\.periodMs) == [30_000, 30_000])

    var bench = Bench.live()
    #expect(bench.tell(Bench.deployment(.stopped)).targets == [[]])
    #expect(bench.state.health(of: "calc-00000001").elements == [])
  }

  @Test("the end of the snapshot is answered with a report that names our address")
  func firstReport() {
    var bench = Bench()
    _ = bench.step()

    let reports = bench.snapshotDone().reports

    #expect(reports.map(\.healthAddress) == ["127.0.0.1:5051"])
    #expect(reports.first?.reports == [])
  }

  @Test("a change is reported at once, the same again is not")
  func changes() {
    var bench = Bench.live()

    let first = bench.probed("a", true)
    #expect(first.reports.map { $0.reports.map { $0.elements.map(\.elementID) } } == [[["a"]]])
    #expect(first.published == [#"{"deployment":"calc-00000001"}"#])
    _ = bench.reported()

    #expect(bench.probed("a", true) == [])
    #expect(bench.probed("a", false).reports.first?.reports.first?.elements.first?.reason == "HTTP 503")
  }

  @Test("what changes while a report is under way is reported behind it")
  func coalesces() {
    var bench = Bench.live()
    #expect(bench.probed("a", true).reports.count == 1)

    #expect(bench.probed("b", true).reports.isEmpty)
    #expect(bench.probed("b", false).reports.isEmpty)

    let next = bench.reported().reports
    #expect(next.count == 1)
    #expect(next.first?.reports.first?.elements.map(\.up) == [true, false])
    #expect(bench.reported().reports.isEmpty)
  }

  @Test("without changes a heartbeat goes out within 3 s")
  func heartbeat() {
    var bench = Bench.live()

    let due = bench.state.dueMs ?? .max
    #expect(due <= 3_000)
    #expect(bench.step(due).reports.count == 1)
    #expect(bench.state.dueMs == nil, "no second one before the first is answered")
  }

  @Test("nothing is reported to a flowd that is away, all of it when it is back")
  func owed() {
    var bench = Bench.live()
    _ = bench.ended()

    #expect(bench.probed("a", false).reports.isEmpty)

    _ = bench.step(200)
    _ = bench.tell(Bench.deployment())
    let directives = bench.snapshotDone(position: 2)
    #expect(directives.reports.first?.reports.first?.elements.map(\.up) == [false])
    #expect(directives.contains(.refresh(["calc-00000001"])), "and it is looked again at once")
  }

  @Test("a deployment that flowd keeps not knowing is dropped")
  func unknown() {
    var bench = Bench.live()
    let unknown = Result<FlowV1.ReportProbesResponse, Status>.success(.init(unknownDeploymentIDs: ["calc-00000001", "never-1"]))
    _ = bench.probed("a", true)
    _ = bench.reported(unknown)
    var directives: [HealthState.Directive] = []

    for _ in 0..<8 {
      directives += bench.step(250)
      directives += bench.reported(unknown)
    }

    #expect(directives.contains(.probe(deployment: "calc-00000001", [], hurried: false)))
    #expect(bench.state.allHealth.isEmpty)
    #expect(bench.probed("a", true) == [], "a late result of it counts no more")
  }

  @Test("one that flowd does not know yet is reported again soon, and not dropped")
  func notYetKnown() {
    var bench = Bench.live()
    let unknown = Result<FlowV1.ReportProbesResponse, Status>.success(.init(unknownDeploymentIDs: ["calc-00000001"]))
    _ = bench.probed("a", true)

    #expect(bench.reported(unknown) == [])
    #expect(bench.step(250).reports.first?.reports.map(\.deploymentID) == ["calc-00000001"])
    _ = bench.reported()
    _ = bench.step(60_000)
    #expect(bench.reported(unknown) == [], "an earlier doubt is forgotten")
    #expect(bench.state.allHealth.map(\.deploymentID) == ["calc-00000001"])
  }

  @Test("deployments that are gone when flowd is back are dropped with the snapshot")
  func goneMeanwhile() {
    var bench = Bench.live()
    _ = bench.tell(Bench.deployment(.running, "old-2"), position: 2)
    _ = bench.ended()
    _ = bench.step(200)

    _ = bench.tell(Bench.deployment(), position: 3)
    let directives = bench.snapshotDone(position: 3)

    #expect(directives.contains(.probe(deployment: "old-2", [], hurried: false)))
    #expect(bench.state.allHealth.map(\.deploymentID) == ["calc-00000001"])
  }

  @Test("a deleted deployment's probes end")
  func deleted() {
    var bench = Bench.live()

    let directives = bench.tell(FlowV1.Deployment(id: "calc-00000001"), position: 5, deleted: true)

    #expect(directives.targets == [[]])
    #expect(directives.published == [#"{"deployment":"calc-00000001"}"#])
  }

  @Test("since when goes on over a restart of healthd")
  func sinceGoesOn() {
    var bench = Bench()
    _ = bench.step()
    var deployment = Bench.deployment()
    deployment.health = [FlowV1.ElementHealth(elementID: "a", up: true, sinceMs: 500)]
    _ = bench.tell(deployment)
    _ = bench.snapshotDone()

    _ = bench.probed("a", true)
    #expect(bench.state.health(of: deployment.id).elements.map(\.sinceMs) == [500])
    bench.ms += 10
    _ = bench.probed("a", false)
    #expect(bench.state.health(of: deployment.id).elements.map(\.sinceMs) == [1_000_010])
  }

  @Test("a deployment shows in the overview when each of its tasks was probed")
  func settled() {
    var bench = Bench.live()
    _ = bench.probed("a", true)
    #expect(bench.state.settledHealth.isEmpty)

    _ = bench.probed("b", false)
    #expect(bench.state.settledHealth.map(\.deploymentID) == ["calc-00000001"])
  }

  @Test("a name is exact, or a part of one id only, case ignored")
  func names() {
    var bench = Bench.live()
    _ = bench.tell(Bench.deployment(.running, "calc-00000002"), position: 2)

    #expect(bench.state.resolve("calc-00000001") == "calc-00000001")
    #expect(bench.state.resolve("0002") == "calc-00000002")
    #expect(bench.state.resolve("CALC") == nil)
    #expect(bench.state.resolve("") == nil)
    #expect(bench.state.resolve("nobody") == nil)
  }

  @Test("the first snapshot resets pages, a store that went back too, a mere return does not")
  func resets() {
    var bench = Bench()
    _ = bench.step()
    #expect(bench.tell(Bench.deployment(), position: 40).published.isEmpty)
    #expect(bench.snapshotDone(position: 40).contains(.reset))

    _ = bench.ended()
    _ = bench.step(200)
    #expect(bench.tell(Bench.deployment(), position: 41).published.isEmpty, "nothing changed")
    #expect(!bench.snapshotDone(position: 41).contains(.reset))

    _ = bench.ended()
    _ = bench.step(200)
    #expect(bench.snapshotDone(position: 3).contains(.reset))
  }

  @Test("instances are published when they change, and only so many are kept")
  func instances() {
    var bench = Bench.live()
    func told(_ instance: FlowV1.Instance) -> [HealthState.Directive] {
      bench.state.told(FlowV1.InstanceEvent(position: 7, instance: instance), generation: 1, at: bench.moment)
    }

    #expect(told(Sample.instance(1)).published == [#"{"instance":"\#(Sample.instance(1).id)"}"#])
    #expect(told(Sample.instance(1)).published.isEmpty)
    for number in 2..<1_000 { _ = told(Sample.instance(number)) }
    #expect(bench.state.recentInstances.count <= 2 * HealthState.instancesMax)
  }
}
