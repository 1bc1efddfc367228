import FlowBPMN
import FlowCore

/// One expression of a model, and where its value is needed.
struct ModelExpression {
  /// The node that evaluates it.
  var node: String
  /// What a finding is about: the node, or a flow.
  var element: String
  var what: String
  var text: String
  var language: String?
  var line: Int
  /// It reads what came from outside of the model: a job's result or a message.
  var readsResult = false
}

/// Every FEEL expression of a process, by what evaluates it.
struct LintExpressions {
  private let definitions: RootIndex
  private(set) var all: [ModelExpression] = []

  init(_ process: Process, in definitions: Definitions) {
    self.definitions = RootIndex(definitions)
    for node in process.allNodes { add(node) }
    addFlows(process.content)
  }

  private mutating func addFlows(_ scope: Scope) {
    for flow in scope.flows {
      guard let condition = flow.condition else { continue }
      all.append(
        ModelExpression(
          node: flow.source, element: flow.id, what: "the condition", text: condition.text, language: condition.language,
          line: condition.line))
    }
    for node in scope.nodes { if let content = node.content { addFlows(content) } }
  }

  private mutating func add(_ node: FlowNode) {
    addZeebe(node)
    addLoop(node)
    for definition in definitions.resolvedDefinitions(of: node) { add(definition, of: node) }
    if case .complexGateway(_, let activation) = node.kind { add(activation, "the activation condition", of: node) }
    if case .subProcess(let subProcess) = node.kind, case .adHoc(let adHoc) = subProcess.kind {
      add(adHoc.completion, "the completion condition", of: node, readsResult: true)
    }
    if case .receiveTask(let task) = node.kind { addKey(task.messageRef, of: node) }
  }

  /// An element's text is an expression as it stands.
  private mutating func add(_ expression: Expression?, _ what: String, of node: FlowNode, readsResult: Bool = false) {
    guard let expression else { return }
    all.append(
      ModelExpression(
        node: node.id, element: node.id, what: what, text: expression.text, language: expression.language,
        line: expression.line, readsResult: readsResult))
  }

  /// An attribute's text is one behind `=`.
  private mutating func add(_ text: String?, _ what: String, of node: FlowNode, line: Int = 0, readsResult: Bool = false) {
    guard let text, text.hasPrefix("=") else { return }
    all.append(
      ModelExpression(
        node: node.id, element: node.id, what: what, text: text, language: nil, line: line > 0 ? line : node.line, readsResult: readsResult)
    )
  }

  private mutating func addZeebe(_ node: FlowNode) {
    guard let zeebe = node.zeebe else { return }
    for mapping in zeebe.inputs { add(mapping.source, "the input '\(mapping.target)'", of: node, line: mapping.line) }
    for mapping in zeebe.outputs { add(mapping.source, "the output '\(mapping.target)'", of: node, line: mapping.line, readsResult: true) }
    add(zeebe.taskDefinition?.type, "the job type", of: node)
    add(zeebe.taskDefinition?.retries, "the retries", of: node)
    add(zeebe.script?.expression, "the script", of: node)
    add(zeebe.calledElement?.processID, "the called process", of: node)
    add(zeebe.calledDecision?.decisionID, "the called decision", of: node)
    for (text, what) in [
      (zeebe.assignment?.assignee, "the assignee"), (zeebe.assignment?.candidateUsers, "the candidate users"),
      (zeebe.assignment?.candidateGroups, "the candidate groups"), (zeebe.schedule?.dueDate, "the due date"),
      (zeebe.schedule?.followUpDate, "the follow-up date"), (zeebe.priority, "the priority"),
      (zeebe.publishMessage?.correlationKey, "the correlation key"), (zeebe.publishMessage?.messageID, "the message id"),
      (zeebe.adHoc?.activeElementsCollection, "the active elements"),
    ] { add(text, what, of: node) }
    add(zeebe.adHoc?.outputElement, "the output element", of: node, readsResult: true)
  }

  private mutating func addLoop(_ node: FlowNode) {
    switch node.loop {
    case nil: break
    case .standard(let loop): add(loop.condition, "the loop condition", of: node, readsResult: true)
    case .multiInstance(let loop):
      add(loop.cardinality, "the loop cardinality", of: node)
      add(loop.completionCondition, "the completion condition", of: node, readsResult: true)
      add(loop.zeebe?.inputCollection, "the input collection", of: node, line: loop.line)
      add(loop.zeebe?.outputElement, "the output element", of: node, line: loop.line, readsResult: true)
    }
  }

  private mutating func add(_ definition: EventDefinition, of node: FlowNode) {
    switch definition {
    case .message(let ref, _): addKey(ref, of: node)
    case .timer(let timer):
      for expression in [timer.date, timer.duration, timer.cycle] {
        add(expression?.text, "the timer", of: node, line: expression?.line ?? 0)
      }
    case .conditional(let conditional): add(conditional.condition, "the condition", of: node)
    case .signal(let ref): add(ref.flatMap { definitions.signal($0)?.name }, "the signal's name", of: node)
    case .error(let ref): add(ref.flatMap { definitions.error($0)?.errorCode }, "the error code", of: node)
    case .escalation(let ref): add(ref.flatMap { definitions.escalation($0)?.escalationCode }, "the escalation code", of: node)
    case .compensate, .link, .cancel, .terminate, .reference: break
    }
  }

  private mutating func addKey(_ reference: String?, of node: FlowNode) {
    guard let message = reference.flatMap({ definitions.message($0) }) else { return }
    add(message.correlationKey, "the correlation key", of: node)
    add(message.name, "the message's name", of: node)
  }
}
