/// What this version runs: the one table to extend when the engine learns something.
enum Runnable {
  /// Why a node can not run yet, and what to try; nil when it runs.
  struct Missing {
    var what: String
    var hint: String
    init(_ what: String, _ hint: String) {
      self.what = what
      self.hint = hint
    }
  }

  static func missing(_ node: FlowNode, _ index: ProcessIndex) -> Missing? {
    switch node.kind {
    case .startEvent(let start): return startEvent(start.definitions)
    case .endEvent(let definitions): return endEvent(definitions)
    case .boundaryEvent(let boundary): return boundaryEvent(boundary, index)
    case .serviceTask: return serviceTask(node)
    case .task, .manualTask, .exclusiveGateway, .parallelGateway: return nil
    case .subProcess(let subProcess): return self.subProcess(subProcess.kind)
    case .intermediateCatchEvent(let event):
      return events(event.definitions, "an intermediate catch event")
        ?? Missing("a catch event without definition never fires", "remove it")
    case .intermediateThrowEvent(let definitions), .implicitThrowEvent(let definitions): return throwing(definitions)
    case .userTask: return Missing("user tasks do not run yet", "replace it by a service task")
    case .sendTask, .businessRuleTask: return Missing("this kind of task does not run yet", "replace it by a service task")
    case .scriptTask: return Missing("script tasks do not run yet", "replace it by a service task")
    case .receiveTask: return Missing("messages do not run yet", "start a second process instead of waiting for a message")
    case .callActivity: return Missing("call activities do not run yet", "copy the called process into an embedded subprocess")
    case .inclusiveGateway, .complexGateway, .eventBasedGateway:
      return Missing("this kind of gateway does not run yet", "use exclusive and parallel gateways")
    case .choreographyTask, .callChoreography, .subChoreography:
      return Missing("choreographies are drawings and do not run", "model a process")
    }
  }

  private static func startEvent(_ definitions: [EventDefinition]) -> Missing? {
    guard let first = definitions.first else { return nil }
    return Missing("\(first.elementName) on a start event does not run yet", "use a start event without definition and flowctl run")
  }

  private static func endEvent(_ definitions: [EventDefinition]) -> Missing? {
    switch definitions.first {
    case nil: return nil
    case .terminate, .error:
      return definitions.count == 1 ? nil : Missing("several event definitions do not run yet", "keep one")
    case .message, .timer, .escalation, .signal, .compensate, .conditional, .link, .cancel, .reference:
      return events(definitions, "an end event")
    }
  }

  private static func boundaryEvent(_ boundary: BoundaryEvent, _ index: ProcessIndex) -> Missing? {
    guard boundary.definitions.count == 1, case .error = boundary.definitions[0] else {
      return events(boundary.definitions, "a boundary event")
        ?? Missing("a boundary event without event definition never fires", "give it an error event definition")
    }
    guard let host = index.nodeByID[boundary.attachedTo] else { return nil }
    switch host.kind {
    case .serviceTask, .subProcess: return nil
    case .startEvent, .endEvent, .intermediateCatchEvent, .intermediateThrowEvent, .implicitThrowEvent, .boundaryEvent, .task,
      .manualTask, .sendTask, .receiveTask, .userTask, .scriptTask, .businessRuleTask, .callActivity, .exclusiveGateway,
      .inclusiveGateway, .parallelGateway, .complexGateway, .eventBasedGateway, .choreographyTask, .callChoreography, .subChoreography:
      return Missing("errors are caught on service tasks and embedded subprocesses only", "move it there")
    }
  }

  private static func serviceTask(_ node: FlowNode) -> Missing? {
    if node.rexflow?.service?.asynchronous == true {
      return Missing("asynchronous services do not run yet", "let the service answer in its response and remove asynchronous")
    }
    // An annotation without host has a finding of its own.
    if node.rexflow?.service?.host != nil || node.camunda?.connectorID != nil || node.rexflow != nil { return nil }
    let why =
      node.zeebe?.taskDefinition.map { "job workers (type '\($0.type)') do not run yet" } ?? "nothing says which service does the work"
    return Missing(why, "attach a text annotation rexflow: with service: {host: name, port: 80}")
  }

  private static func subProcess(_ kind: SubProcess.Kind) -> Missing? {
    switch kind {
    case .embedded: return nil
    case .event: return Missing("event subprocesses do not run yet", "use an error boundary event")
    case .transaction: return Missing("transactions do not run yet", "use an embedded subprocess")
    case .adHoc: return Missing("ad-hoc subprocesses do not run yet", "connect its activities in an embedded subprocess")
    }
  }

  private static func throwing(_ definitions: [EventDefinition]) -> Missing {
    events(definitions, "an intermediate throw event") ?? Missing("intermediate throw events do not run yet", "remove it")
  }

  /// nil without any definition.
  private static func events(_ definitions: [EventDefinition], _ place: String) -> Missing? {
    guard let first = definitions.first else { return nil }
    return Missing("\(first.elementName) on \(place) does not run yet", "let a service task wait or send instead")
  }

  /// What is wrong with any kind of node.
  static func missingProperties(_ node: FlowNode) -> [Missing] {
    var missing: [Missing] = []
    if node.loop != nil {
      missing.append(Missing("loops and multiple instances of an activity do not run yet", "model a loop with gateways"))
    }
    if node.isForCompensation { missing.append(Missing("compensation does not run yet", "model it with gateways")) }
    if let zeebe = node.zeebe {
      if !zeebe.inputs.isEmpty || !zeebe.outputs.isEmpty {
        missing.append(Missing("zeebe:ioMapping does not run yet", "use camunda:inputOutput with use_closure_transport: true"))
      }
      if !zeebe.executionListeners.isEmpty || !zeebe.taskListeners.isEmpty {
        missing.append(Missing("listeners do not run yet", "model a service task"))
      }
    }
    if node.rexflow?.kafkaTopic != nil || node.rexflow?.topic != nil {
      missing.append(Missing("Kafka topics are not there yet", "remove the topic; instances can be started by flowctl run"))
    }
    return missing
  }

  static func globals(_ globals: RexflowGlobals, of process: Process) -> [Finding] {
    var findings: [Finding] = []
    if globals.transport == .kafka || process.content.flows.contains(where: { $0.transport == .kafka }) {
      findings.append(
        Finding(
          .warning, "durable-already", line: globals.line, element: process.id,
          "transport: kafka has no effect: every hop is durable here already", hint: "remove it"))
    }
    if globals.notificationKafkaTopic != nil {
      findings.append(
        Finding(
          .warning, "no-notifications", line: globals.line, element: process.id,
          "notification_kafka_topic has no effect yet: nothing is published", hint: "watch instances by flowctl ps --watch"))
    }
    if globals.passthroughTarget != nil {
      findings.append(
        Finding(
          .error, "not-executable", line: globals.line, element: process.id,
          "passthrough_target is not there yet, so calls would go to other services than meant",
          hint: "remove it, or name the services' hosts in the annotations"))
    }
    return findings
  }

  static func conditionalFlow(_ flow: SequenceFlow, from source: FlowNode) -> Finding {
    Finding(
      .error, "not-executable", line: flow.line, element: flow.id,
      "sequence flow '\(flow.id)' has a condition and leaves \(source.title): conditional flows out of activities do not run yet",
      hint: "put an exclusive gateway behind the activity")
  }
}
