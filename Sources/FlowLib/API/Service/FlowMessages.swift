import FlowBPMN
import FlowCore
import FlowEngine
import FlowHealth
import FlowOrchestrator
import FlowRPC
import FlowRuntime
import FlowServer
import FlowStorage
import FlowView

extension Status {
  init(_ failure: ApplyFailure, _ model: PreparedModel) {
    switch failure {
    case .invalid: self.init(.invalidArgument, model.errorText, hint: "`flowctl validate` shows all findings")
    case .alreadyExists(let id):
      self.init(.alreadyExists, "deployment \(id) already exists with other referenced elements", hint: "delete it, or rename the process")
    case .refused(let refusal): self.init(refusal)
    case .store(let error): self.init(.unavailable, error.description)
    }
  }
}

extension FlowV1.AppliedProcess {
  init(_ applied: AppliedDeployment) {
    self.init()
    deploymentID = applied.id
    processID = applied.processID
    version = UInt32(clamping: applied.version)
    unchanged = applied.isUnchanged
  }
}

extension FlowV1.Finding {
  init(_ finding: Finding) {
    self.init()
    code = finding.code
    severity = finding.severity.rawValue
    line = UInt32(clamping: finding.line)
    element = finding.element ?? ""
    message = finding.message
    hint = finding.hint ?? ""
  }
}

extension FlowV1.DeploymentState {
  init(_ state: DeploymentState) {
    switch state {
    case .starting: self = .starting
    case .running: self = .running
    case .stopping: self = .stopping
    case .stopped: self = .stopped
    case .error: self = .error
    }
  }
}

extension FlowV1.InstanceState {
  init(_ state: InstanceState) {
    switch state {
    case .running: self = .running
    case .completed: self = .completed
    case .error: self = .error
    case .stopped: self = .stopped
    case .canceled: self = .canceled
    }
  }
}

extension InstanceState {
  init?(_ state: FlowV1.InstanceState) {
    switch state {
    case .running: self = .running
    case .completed: self = .completed
    case .error: self = .error
    case .stopped: self = .stopped
    case .canceled: self = .canceled
    case .stateUnspecified, .unrecognized: return nil
    }
  }
}

extension FlowV1.Deployment {
  init(_ status: DeploymentStatus) {
    self.init()
    let deployment = status.deployment
    id = deployment.id
    processID = deployment.processID
    processName = status.process.name ?? ""
    version = UInt32(clamping: deployment.version)
    state = FlowV1.DeploymentState(deployment.state)
    reason = deployment.reason ?? ""
    sinceMs = deployment.since.milliseconds
    appliedMs = deployment.appliedAt.milliseconds
    resourceName = deployment.resourceName
    for (name, value) in status.process.settings.userMetadata.members { userMetadata[name] = value.string ?? value.text }
  }
}

extension FlowV1.ProbeTarget {
  init(_ target: ProbeTarget) {
    self.init()
    elementID = target.key.element
    url = target.url
    method = target.method
    body = target.body.map { String(decoding: $0, as: UTF8.self) } ?? ""
    periodMs = UInt32(clamping: target.periodMs)
    timeoutMs = UInt32(clamping: target.timeoutMs)
  }
}

extension FlowV1.ElementHealth {
  init(_ status: ElementStatus) {
    self.init()
    elementID = status.elementID
    up = status.isUp
    sinceMs = status.since.milliseconds
    reason = status.reason
    checkedMs = status.checkedAt.milliseconds
  }
}

extension ElementStatus {
  init(_ health: FlowV1.ElementHealth) {
    self.init(
      elementID: health.elementID, isUp: health.up, since: Instant(milliseconds: health.sinceMs), reason: health.reason,
      checkedAt: Instant(milliseconds: health.checkedMs))
  }
}

extension FlowV1.Instance {
  package init(_ row: InstanceRow) {
    self.init()
    id = row.id
    deploymentID = row.deployment
    state = FlowV1.InstanceState(row.state)
    createdMs = row.created.milliseconds
    endedMs = row.ended?.milliseconds ?? 0
    endEvent = row.endEvent ?? ""
    result = row.result ?? []
    contentType = row.contentType ?? ""
    for pair in row.metadata { metadata[pair.name] = pair.value }
    errorCode = row.errorCode ?? ""
    errorMessage = row.errorMessage ?? ""
    failedElementID = row.failedElement ?? ""
  }
}

extension FlowV1.ActiveElement {
  init(_ active: Server.LiveInstance.Active) {
    self.init()
    elementID = active.element.id
    elementName = active.element.name ?? ""
    type = active.element.kind.name
    waitsFor = active.waitsFor
    elementInstance = active.activity.map { String($0.raw) } ?? ""
    scope = String(active.scope.raw)
    jobKey = active.job.map(\.text) ?? ""
    userTaskKey = active.userTask.map(\.text) ?? ""
    incidentKey = active.incident.map(\.text) ?? ""
    calledInstanceID = active.called?.text ?? ""
  }
}

extension FlowV1.HistoryEntry {
  init(_ entry: HistoryEntry) {
    self.init()
    timeMs = entry.time.milliseconds
    event = entry.event
    elementID = entry.element
    detail = entry.detail
  }
}

extension FlowV1.InstanceEvent {
  init(_ row: InstanceRow, _ position: Position) {
    self.init()
    self.position = position.raw
    instance = FlowV1.Instance(row)
  }

  init(deleted id: String, _ position: Position) {
    self.init()
    self.position = position.raw
    var gone = FlowV1.Instance()
    gone.id = id
    instance = gone
    deleted = true
  }
}

extension FlowV1.LogLine {
  init(_ key: ServiceKey, _ line: LogLine) {
    self.init()
    service = key.host
    timeMs = line.time.milliseconds
    text = line.text
    isError = line.isError
  }
}

extension ViewChange {
  /// Whether lists show it; history does not.
  var isRowChange: Bool {
    switch self {
    case .instanceCreated, .instanceChanged, .instanceEnded, .instanceDeleted: true
    case .history: false
    }
  }
}

extension ExecutableKind {
  /// The element's name in the BPMN namespace.
  var name: String {
    switch self {
    case .startEvent: "startEvent"
    case .endEvent: "endEvent"
    case .task: "task"
    case .serviceTask: "serviceTask"
    case .exclusiveGateway: "exclusiveGateway"
    case .parallelGateway: "parallelGateway"
    case .subProcess: "subProcess"
    case .boundaryEvent: "boundaryEvent"
    case .job: "serviceTask"
    case .userTask: "userTask"
    case .script: "scriptTask"
    case .catchEvent: "intermediateCatchEvent"
    case .throwEvent: "intermediateThrowEvent"
    case .inclusiveGateway: "inclusiveGateway"
    case .complexGateway: "complexGateway"
    case .eventBasedGateway: "eventBasedGateway"
    case .eventSubProcess: "subProcess"
    case .transaction: "transaction"
    case .adHocSubProcess: "adHocSubProcess"
    case .callActivity: "callActivity"
    }
  }
}
