import FlowBPMN
import FlowCore
import FlowFEEL

extension Compiler {
  /// Work that a worker polls for, as `zeebe:taskDefinition` says.
  mutating func job(_ node: FlowNode) -> ExecutableKind? {
    guard let definition = node.zeebe?.taskDefinition else { return nil }
    guard let type = value(definition.type, line: node.line, of: node.id, "job type"),
      let retries = value(definition.retries ?? "3", line: node.line, of: node.id, "retries")
    else { return nil }
    return .job(type: type, retries: retries)
  }

  mutating func jobOrNothing(_ node: FlowNode) -> ExecutableKind? {
    if node.zeebe?.taskDefinition != nil { return job(node) }
    if node.rexflow?.service != nil || node.camunda?.connectorID != nil { return serviceTask(node) }
    return notExecutable(node, "\(node.kind.elementName) without a job type")
  }

  /// A worker's job, or else the message that it names is sent by the engine itself.
  mutating func sendTask(_ node: FlowNode, _ task: OperationTask) -> ExecutableKind? {
    let isDoneOutside = node.zeebe?.taskDefinition != nil || node.rexflow?.service != nil || node.camunda?.connectorID != nil
    return isDoneOutside || (task.messageRef ?? "").isEmpty ? jobOrNothing(node) : .throwEvent
  }

  mutating func serviceTask(_ node: FlowNode) -> ExecutableKind? {
    let service = node.rexflow?.service
    guard let host = service?.host ?? node.camunda?.connectorID else {
      if node.zeebe?.taskDefinition != nil { return job(node) }
      return notExecutable(node, "service task without a rexflow service or a job type")
    }
    let port = service?.port ?? 80
    guard (1...65_535).contains(port) else {
      report("service-port", line: node.line, node.id, "port \(port) of service \(host) is not a port", "use 1 to 65535")
      return nil
    }
    var binding = ServiceBinding(host: host, port: port)
    binding.scheme = (service?.protocol ?? "HTTP").lowercased()
    binding.method = (node.rexflow?.call.method ?? "POST").uppercased()
    binding.path = node.rexflow?.call.path ?? "/"
    binding.attemptsMax = max(1, node.rexflow?.call.attemptsMax ?? process.rexflow.attemptsMax)
    binding.isPreexisting = node.rexflow?.preexisting ?? false
    binding.command = service?.command ?? []
    binding.inputs = node.camunda?.inputs ?? []
    binding.outputs = node.camunda?.outputs ?? []
    binding.health = node.rexflow?.health ?? (binding.isPreexisting ? nil : RexflowHealth())
    return .serviceTask(binding)
  }

  mutating func script(_ node: FlowNode, _ task: ScriptTask) -> ExecutableKind? {
    if node.zeebe?.taskDefinition != nil { return job(node) }
    if let script = node.zeebe?.script {
      return feel(script.expression, line: node.line, of: node.id, "script").map { .script($0, result: script.resultVariable) }
    }
    guard let script = task.script, !script.text.allSatisfy(\.isWhitespace) else {
      return notExecutable(node, "script task without a script")
    }
    guard task.scriptFormat.map({ $0.lowercased().contains("feel") }) ?? true else {
      return notExecutable(node, "script task in \(task.scriptFormat ?? "another language")")
    }
    return expression(script, of: node.id, "script").map { .script($0, result: node.id) }
  }

  /// In Zeebe's dialect a user task that is not marked as native is a job, whose workers are people's task lists.
  mutating func userTask(_ node: FlowNode) -> ExecutableKind? {
    if isUserTaskJob(node) { return .job(type: .text(UserTaskDefinition.jobType), retries: .text("1")) }
    var task = UserTaskDefinition()
    let line = node.line
    task.assignee = value(node.zeebe?.assignment?.assignee, line: line, of: node.id, "assignee")
    task.candidateGroups = value(node.zeebe?.assignment?.candidateGroups, line: line, of: node.id, "candidate groups")
    task.candidateUsers = value(node.zeebe?.assignment?.candidateUsers, line: line, of: node.id, "candidate users")
    task.dueDate = value(node.zeebe?.schedule?.dueDate, line: line, of: node.id, "due date")
    task.followUpDate = value(node.zeebe?.schedule?.followUpDate, line: line, of: node.id, "follow-up date")
    task.priority = value(node.zeebe?.priority, line: line, of: node.id, "priority")
    return .userTask(task)
  }

  func isUserTaskJob(_ node: FlowNode) -> Bool {
    guard case .userTask = node.kind else { return false }
    return process.dialects.zeebe && usesVariables && node.zeebe?.isNativeUserTask != true
  }

  /// What a worker is told of a user task beside the model's headers.
  mutating func userTaskHeaders(_ node: FlowNode) -> [WorkedOutHeader] {
    let (assignment, schedule) = (node.zeebe?.assignment, node.zeebe?.schedule)
    let all: [(name: String, text: String?, form: WorkedOutHeader.Form)] = [
      ("assignee", assignment?.assignee, .text), ("candidateGroups", assignment?.candidateGroups, .list),
      ("candidateUsers", assignment?.candidateUsers, .list), ("dueDate", schedule?.dueDate, .date),
      ("followUpDate", schedule?.followUpDate, .date), ("formKey", node.zeebe?.form?.formKey, .text),
    ]
    return all.compactMap { name, text, form in
      value(text, line: node.line, of: node.id, name).map {
        WorkedOutHeader(key: ZeebeProperties.ownHeaders + name, value: $0, form: form)
      }
    }
  }

  /// The global task of this file that a call activity calls, which then is done in its place.
  ///
  /// - Source: BPMN 2.0.2, 13.3.4, call activities.
  func globalTask(calledBy node: FlowNode, _ call: CallActivity) -> FlowNode? {
    guard let called = node.zeebe?.calledElement?.processID ?? call.calledElement,
      case .globalTask(let task)? = definitions.callable(called)
    else { return nil }
    return task.node
  }

  mutating func callActivity(_ node: FlowNode, _ call: CallActivity) -> ExecutableKind? {
    guard let called = node.zeebe?.calledElement?.processID ?? call.calledElement,
      let processID = value(called, line: node.line, of: node.id, "called process")
    else {
      report(
        "called-element", line: node.line, node.id, "call activity \(node.id) does not say which process it calls",
        "zeebe:calledElement processId, or the calledElement attribute")
      return nil
    }
    var definition = CallDefinition(processID: processID)
    definition.propagatesParentVariables = node.zeebe?.calledElement?.propagateAllParentVariables ?? true
    definition.propagatesChildVariables = node.zeebe?.calledElement?.propagateAllChildVariables ?? true
    switch node.zeebe?.calledElement?.bindingType {
    case "deployment": definition.binding = .deployment
    case "versionTag": definition.binding = .versionTag(node.zeebe?.calledElement?.versionTag ?? "")
    case nil, .some: break
    }
    return .callActivity(definition)
  }

  mutating func adHoc(
    _ node: FlowNode, _ subProcess: SubProcess, _ adHoc: AdHoc
  ) -> ExecutableKind? {
    var definition = AdHocDefinition()
    definition.isSequential = adHoc.ordering == .sequential
    definition.cancelsRemaining = adHoc.cancelRemainingInstances
    definition.completion = adHoc.completion.flatMap { expression($0, of: node.id, "completion condition") }
    definition.active = feel(node.zeebe?.adHoc?.activeElementsCollection, line: node.line, of: node.id, "active elements")
    let inside = subProcess.content.nodes
    definition.startable = inside.filter(\.beginsImplicitly).compactMap { index(of: $0.id) }
    return .adHocSubProcess(definition)
  }
}
