import FlowCore
import FlowEngine
import FlowScenario

/// An engine that a test writes: what is seen is set by hand, what is asked is written down.
final class FakeEngine: ScenarioEngine {
  var asked: [String] = []
  var steps: [ElementStep] = []
  var active: [ActiveElement] = []
  var openJobs: [OpenJob] = []
  var tasks: [OpenUserTask] = []
  var open: [OpenIncident] = []
  var all: [InstanceSummary] = []
  var variables: [Key: JSON.Object] = [:]
  var replayed: String?
  var isClosed = false
  /// Called with every command's line after it was written down; what it throws is the answer.
  var answer: (FakeEngine, String) throws(Status) -> Void = { _, _ in }

  private func hear(_ line: String) throws(Status) {
    asked.append(line)
    try answer(self, line)
  }

  func deploy(_ files: [ModelFile]) throws(Status) -> [DeployedProcess] {
    try hear("deploy \(files.map(\.name).joined(separator: " "))")
    return files.map { DeployedProcess(id: $0.name.split(separator: ".").first.map(String.init) ?? "", version: 1) }
  }
  func start(_ request: StartRequest) throws(Status) -> Key {
    let key = Key(raw: UInt64(all.count + 1))
    try hear("start \(request.process) \(JSON.object(request.variables).text) v\(request.version ?? 0) at \(request.at)")
    all.append(InstanceSummary(key: key, process: request.process, state: .active))
    variables[key] = request.variables
    return key
  }
  func activate(type: String, count: Int, lockMs: Int64) throws(Status) -> [Key] {
    try hear("activate \(type) \(count) \(lockMs)")
    let given = openJobs.filter { $0.type == type && $0.state == .activatable }.prefix(count).map(\.key)
    for index in openJobs.indices where given.contains(openJobs[index].key) { openJobs[index].state = .locked }
    return given
  }
  func complete(_ job: Key, variables: JSON.Object) throws(Status) {
    try hear("complete \(job.raw) \(JSON.object(variables).text)")
    openJobs.removeAll { $0.key == job }
  }
  func fail(_ job: Key, _ failure: JobFailure) throws(Status) {
    try hear("fail \(job.raw) \(failure.retries ?? -1) \(failure.message) \(failure.backoffMs)")
  }
  func throwError(_ job: Key, _ error: JobError) throws(Status) { try hear("throw \(job.raw) \(error.code) \(error.message)") }
  func updateRetries(_ job: Key, retries: Int) throws(Status) { try hear("retries \(job.raw) \(retries)") }
  func completeUserTask(_ task: Key, variables: JSON.Object) throws(Status) {
    try hear("task \(task.raw) \(JSON.object(variables).text)")
    tasks.removeAll { $0.key == task }
  }
  func publish(_ message: MessagePublication) throws(Status) {
    try hear("publish \(message.name) '\(message.key)' \(message.ttlMs) \(message.messageID ?? "-")")
  }
  func signal(_ name: String, variables: JSON.Object) throws(Status) { try hear("signal \(name)") }
  func advance(to end: Instant) throws(Status) { try hear("advance \(end.rfc3339)") }
  func setVariables(_ variables: JSON.Object, in scope: VariableScope, isLocal: Bool) throws(Status) {
    let place =
      switch scope {
      case .instance(let key): "instance \(key.raw)"
      case .element(let element): "\(element.element) \(element.activity.raw)"
      }
    try hear("set \(JSON.object(variables).text) in \(place) \(isLocal)")
  }
  func evaluateConditions(_ variables: JSON.Object) throws(Status) { try hear("conditions \(JSON.object(variables).text)") }
  func migrate(_ instance: Key, to version: Int?, mapping: [(from: String, to: String)]) throws(Status) {
    try hear("migrate \(instance.raw) \(version ?? 0) \(mapping.map { "\($0.from)>\($0.to)" })")
  }
  func resolve(_ incident: Key) throws(Status) { try hear("resolve \(incident.raw)") }
  func cancel(_ instance: Key) throws(Status) { try hear("cancel \(instance.raw)") }
  func modify(_ instance: Key, activate: [String], terminate: [ActiveElement]) throws(Status) {
    try hear("modify \(instance.raw) \(activate) \(terminate.map { Int($0.activity.raw) })")
  }
  func activateAdHoc(_ scope: ActiveElement, elements: [String]) throws(Status) { try hear("adhoc \(scope.activity.raw) \(elements)") }
  func completeAdHoc(_ scope: ActiveElement) throws(Status) { try hear("adhoc done \(scope.activity.raw)") }

  func elementSteps(from first: Int) -> [ElementStep] { Array(steps.dropFirst(first)) }
  func activeElements() -> [ActiveElement] { active }
  func jobs() -> [OpenJob] { openJobs }
  func userTasks() -> [OpenUserTask] { tasks }
  func incidents() -> [OpenIncident] { open }
  func instances() -> [InstanceSummary] { all }
  func rootVariables(of instance: Key) -> JSON.Object? { variables[instance] }
  func replayProblem() -> String? { replayed }
  func close() { isClosed = true }
}
