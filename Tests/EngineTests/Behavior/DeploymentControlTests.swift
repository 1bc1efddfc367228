import FlowCore
import FlowTestKit
import Testing

@testable import FlowEngine

@Suite struct DeploymentControlTests {
  private let waiting = ProcessBuilder().start().service("a").end().flow("start -> a -> end")

  @Test("a deployment with a running instance is stopped only by force")
  func stopGuard() throws {
    var bench = EngineBench()
    let key = try bench.deploy(waiting)
    _ = try bench.create(key)

    #expect(throws: Rejection.self) { try bench.run(.stopDeployment(key, force: false)) }
    try bench.run(.stopDeployment(key, force: true))

    #expect(bench.state.deployments[key]?.state == .stopping)
  }

  @Test("a running deployment can not be deleted; a stopped one takes its live instances with it")
  func deleteGuard() throws {
    var bench = EngineBench()
    let key = try bench.deploy(waiting)
    let instance = try bench.create(key)
    #expect(throws: Rejection.self) { try bench.run(.deleteDeployment(key)) }

    try bench.run(.stopDeployment(key, force: true))
    try bench.run(.observeDeployment(key, .allDown))
    try bench.run(.deleteDeployment(key))

    #expect(bench.outcome(instance)?.state == .canceled)
    #expect(bench.state.deployments.isEmpty)
  }

  @Test("no instance is started of a deployment that does not run")
  func notRunning() throws {
    var bench = EngineBench()
    let key = try bench.deploy(waiting)
    try bench.run(.stopDeployment(key, force: false))

    #expect(throws: Rejection(.wrongState, "process-00000000 is not RUNNING but STOPPING")) { try bench.create(key) }
  }

  @Test("a stay in STARTING that lasts too long is an error, and a later one is not mistaken for it")
  func timeout() throws {
    var bench = EngineBench()
    let key = try bench.deploy(waiting)
    try bench.run(.stopDeployment(key, force: false))
    let since = try #require(bench.state.deployments[key]?.since)
    try bench.run(.observeDeployment(key, .allDown))
    bench.now = bench.now + 10
    try bench.run(.startDeployment(key))

    try bench.run(.deploymentTimedOut(key, since: since))
    #expect(bench.state.deployments[key]?.state == .starting)
    try bench.run(.deploymentTimedOut(key, since: bench.now))
    #expect(bench.state.deployments[key]?.state == .error)
    try bench.run(.observeDeployment(key, .allUp))
    #expect(bench.state.deployments[key]?.state == .running)
  }

  @Test("the same deployment can not be deployed twice")
  func twice() throws {
    var bench = EngineBench()
    _ = try bench.deploy(waiting)
    #expect(throws: Rejection.self) { try bench.deploy(waiting) }
  }

  @Test("every state can be left only as its table says")
  func table() {
    let allowed: [DeploymentState: [DeploymentState]] = [
      .starting: [.running, .error, .stopping], .running: [.stopping], .stopping: [.stopped, .error], .stopped: [.starting, .running],
      .error: [.running, .stopping],
    ]
    for from in DeploymentState.allCases {
      for to in DeploymentState.allCases { #expect(from.canBecome(to) == (allowed[from] ?? []).contains(to), "\(from) → \(to)") }
    }
  }
}
