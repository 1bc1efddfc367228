import FlowBPMN
import FlowCore
import FlowFEEL

/// Makes a validated process ready to run.
///
/// - Parameters:
///   - table: the numbers written at apply; nil at apply itself, when they are given.
/// - Returns: the process, or nil and what is wrong with it.
package func compile(
  _ process: Process, in definitions: Definitions, table: ElementTable? = nil
) -> (process: ExecutableProcess?, findings: [Finding]) {
  var compiler = Compiler(process, definitions, table ?? ElementTable(of: process))
  return compiler.run()
}

struct Compiler {
  let process: Process
  let definitions: Definitions
  private let table: ElementTable
  let nodes: [String: FlowNode]
  let flows: [String: SequenceFlow]
  private let nodeNumbers: [String: Int]
  private let flowNumbers: [String: Int]
  /// Variables by the ids of the data that they stand for.
  let dataNames: [String: String]
  /// Ids of boundary events by the activity that they are attached to.
  private let boundaries: [String: [String]]
  var findings: [Finding] = []

  init(_ process: Process, _ definitions: Definitions, _ table: ElementTable) {
    self.process = process
    self.definitions = definitions
    self.table = table
    nodes = Dictionary(process.allNodes.map { ($0.id, $0) }) { first, _ in first }
    flows = Dictionary(process.content.allFlows.map { ($0.id, $0) }) { first, _ in first }
    boundaries = Dictionary(grouping: process.allNodes.filter { $0.attachedTo != nil }) { $0.attachedTo ?? "" }.mapValues { $0.map(\.id) }
    dataNames = Compiler.dataNames(of: process, definitions)
    nodeNumbers = Dictionary(zip(table.nodes, 0...)) { first, _ in first }
    flowNumbers = Dictionary(zip(table.flows, 0...)) { first, _ in first }
  }

  mutating func run() -> (process: ExecutableProcess?, findings: [Finding]) {
    var elements: [ExecutableElement] = []
    reportNotYet()
    for id in table.nodes {
      guard let node = nodes[id] else { return missing(id) }
      if let element = element(node) { elements.append(element) }
    }
    var executableFlows: [ExecutableFlow] = []
    for id in table.flows {
      guard let flow = flows[id] else { return missing(id) }
      if let executable = executable(flow) { executableFlows.append(executable) }
    }
    let starts = process.content.nodes.filter { $0.isStart && $0.eventDefinitions.isEmpty }.compactMap { index(of: $0.id) }
    let waiting = waitingStarts
    let implicit = starts.isEmpty && waiting.isEmpty ? implicitStarts(of: process.content) : []
    if starts.isEmpty, waiting.isEmpty, implicit.isEmpty {
      report("no-start-event", line: process.line, process.id, "process \(process.id) has no start event", "add a start event")
    }
    let correlations = correlations()
    guard findings.isEmpty else { return (nil, findings) }
    let scopes = self.scopes
    var settings = settings
    settings.placesTokens = scopes[nil] != nil || elements.contains { $0.placesTokens }
    let compiled = ExecutableProcess(
      deploymentID: process.deploymentID ?? process.id, processID: process.id, name: process.name, elements: elements,
      flows: executableFlows, startEvents: starts, implicitStarts: implicit, waitingStarts: waiting, scopes: scopes, settings: settings,
      correlations: correlations)
    return (compiled, [])
  }

  /// What each level holds that begins by events.
  private var scopes: [ElementIndex?: ExecutableScope] {
    var scopes: [ElementIndex?: ExecutableScope] = [:]
    for node in process.allNodes {
      guard case .subProcess(let inner) = node.kind, case .event = inner.kind, let element = index(of: node.id) else { continue }
      scopes[parent(of: node), default: ExecutableScope()].eventSubProcesses.append(element)
    }
    return scopes
  }

  func parent(of node: FlowNode) -> ElementIndex? { node.parent == process.id ? nil : index(of: node.parent) }

  private func missing(_ id: String) -> (process: ExecutableProcess?, findings: [Finding]) {
    (nil, [Finding(.error, "element-table", element: id, "the stored element table names \(id), which the model does not have")])
  }

  mutating func report(_ code: String, line: Int, _ element: String, _ message: String, _ hint: String) {
    findings.append(Finding(.error, code, line: line, element: element, message, hint: hint))
  }

  func index(of id: String) -> ElementIndex? { nodeNumbers[id].map { ElementIndex($0) } }
  func flowIndexes(_ ids: [String]) -> [FlowIndex] { ids.compactMap { flowNumbers[$0] }.map { FlowIndex($0) } }

  private var settings: ProcessSettings {
    var settings = ProcessSettings()
    settings.isRecoverable = process.rexflow.recoverable || process.rexflow.transport == .kafka
    settings.usesClosureTransport = process.rexflow.useClosureTransport
    settings.deploymentTimeoutMs = Int64(clamping: process.rexflow.deploymentTimeoutSeconds) &* 1000
    settings.userMetadata = process.rexflow.userOpaqueMetadata
    settings.usesVariables = usesVariables
    settings.needsVariables = !process.dialects.rexflow && process.dialects.zeebe
    settings.versionTag = process.zeebe?.versionTag
    return settings
  }

  /// A process of both dialects follows the original's.
  var usesVariables: Bool { !process.dialects.rexflow && (process.dialects.zeebe || !process.dialects.camunda) }

  // MARK: flow nodes

  private mutating func element(_ node: FlowNode) -> ExecutableElement? {
    guard let kind = kind(of: node), let more = extras(of: node) else { return nil }
    return ExecutableElement(
      id: node.id, name: node.name, derivedName: node.derivedName ?? node.id, scope: parent(of: node), kind: kind,
      incoming: flowIndexes(node.incoming), outgoing: flowIndexes(node.outgoing),
      boundaryEvents: boundaries[node.id, default: []].compactMap { index(of: $0) }.sorted(), more: more)
  }

  private mutating func kind(of node: FlowNode) -> ExecutableKind? {
    switch node.kind {
    case .startEvent: .startEvent(isYAML: node.rexflow?.call.serialization.uppercased() == "YAML")
    case .endEvent(let definitions): endEvent(node, definitions)
    case .task, .manualTask: .task
    case .serviceTask: serviceTask(node)
    case .sendTask(let task): sendTask(node, task)
    case .businessRuleTask: jobOrNothing(node)
    case .scriptTask(let task): script(node, task)
    case .userTask: userTask(node)
    case .receiveTask: .catchEvent
    case .callActivity(let call): globalTask(calledBy: node, call).map { kind(of: $0) } ?? callActivity(node, call)
    case .exclusiveGateway: exclusiveGateway(node)
    case .parallelGateway: .parallelGateway
    case .inclusiveGateway: .inclusiveGateway
    case .complexGateway(_, let activation): complexGateway(node, activation)
    case .eventBasedGateway(let gateway): .eventBasedGateway(isParallel: gateway.kind == .parallel)
    case .subProcess(let subProcess): subProcessKind(node, subProcess)
    case .boundaryEvent: .boundaryEvent
    case .intermediateCatchEvent: .catchEvent
    case .intermediateThrowEvent(let definitions), .implicitThrowEvent(let definitions): throwEvent(node, definitions)
    case .choreographyTask, .callChoreography, .subChoreography: notExecutable(node, node.kind.elementName)
    }
  }

  mutating func notExecutable(_ node: FlowNode, _ what: String) -> ExecutableKind? {
    report(
      "not-executable", line: node.line, node.id, "\(what) \(node.id) can not run in this version",
      "`flowctl help elements` lists what runs")
    return nil
  }

  private mutating func subProcessKind(_ node: FlowNode, _ subProcess: SubProcess) -> ExecutableKind? {
    if case .adHoc(let definition) = subProcess.kind {
      return adHoc(node, subProcess, definition)
    }
    var starts = subProcess.content.nodes.filter(\.isStart)
    if case .event = subProcess.kind {} else { starts = starts.filter { $0.eventDefinitions.isEmpty } }
    let begun = starts.compactMap { index(of: $0.id) } + otherStarts(of: subProcess).prefix(starts.isEmpty ? 1 : 0)
    guard begun.count == 1, let start = begun.first else {
      report(
        "subprocess-start", line: node.line, node.id, "subprocess \(node.id) has \(starts.count) start events",
        "a subprocess begins with exactly one start event")
      return nil
    }
    switch subProcess.kind {
    case .embedded, .adHoc: return .subProcess(start: start)
    case .event: return .eventSubProcess(start: start)
    case .transaction: return .transaction(start: start)
    }
  }

  private mutating func exclusiveGateway(_ node: FlowNode) -> ExecutableKind {
    let unconditioned = node.outgoing.filter { flows[$0]?.condition == nil }
    let chosen = node.defaultFlow ?? (unconditioned.count == 1 && node.outgoing.count > 1 ? unconditioned[0] : nil)
    return .exclusiveGateway(defaultFlow: flow(chosen))
  }

  private mutating func complexGateway(_ node: FlowNode, _ activation: FlowBPMN.Expression?) -> ExecutableKind? {
    guard node.incoming.count <= Limits.complexFlows else {
      report(
        "complex-flows", line: node.line, node.id, "\(node.id) has \(node.incoming.count) incoming flows",
        "a complex gateway has \(Limits.complexFlows) at most; join some of them before it")
      return nil
    }
    return .complexGateway(activation: activation.flatMap { expression($0, of: node.id, "activation condition") })
  }

  func flow(_ id: String?) -> FlowIndex? { id.flatMap { flowNumbers[$0] }.map { FlowIndex($0) } }

  // MARK: sequence flows

  private mutating func executable(_ flow: SequenceFlow) -> ExecutableFlow? {
    guard let source = index(of: flow.source), let target = index(of: flow.target) else {
      report("dangling-flow", line: flow.line, flow.id, "sequence flow \(flow.id) leads nowhere", "connect both its ends")
      return nil
    }
    return ExecutableFlow(id: flow.id, source: source, target: target, condition: condition(of: flow))
  }

  private mutating func condition(of flow: SequenceFlow) -> CompiledExpression? {
    flow.condition.flatMap { expression($0, of: flow.id, "condition") }
  }

  func usesPython(_ expression: FlowBPMN.Expression) -> Bool {
    if expression.text.drop(while: { $0.isWhitespace }).hasPrefix("python:") { return true }
    guard let language = expression.language?.lowercased() else { return process.rexflow.conditionLanguage == .python }
    return language.contains("python") || (!language.contains("feel") && process.rexflow.conditionLanguage == .python)
  }
}

extension FlowNode {
  var isStart: Bool {
    guard case .startEvent = kind else { return false }
    return true
  }

  var attachedTo: String? {
    guard case .boundaryEvent(let boundary) = kind else { return nil }
    return boundary.attachedTo
  }
}

extension ExecutableElement {
  /// Whether something in the process may begin with it that no token came to.
  fileprivate var placesTokens: Bool {
    switch kind {
    case .boundaryEvent:
      return more.events.contains { event in
        if case .error = event { return false }
        return true
      }
    case .throwEvent, .eventSubProcess, .adHocSubProcess, .catchEvent, .eventBasedGateway, .callActivity: return true
    case .startEvent, .endEvent, .task, .serviceTask, .job, .userTask, .script, .exclusiveGateway, .parallelGateway, .inclusiveGateway,
      .complexGateway, .subProcess, .transaction:
      return more.loop != nil
    }
  }
}
