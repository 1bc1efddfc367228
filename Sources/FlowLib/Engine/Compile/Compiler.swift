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

private struct Compiler {
  private let process: Process
  private let definitions: Definitions
  private let table: ElementTable
  private let nodes: [String: FlowNode]
  private let flows: [String: SequenceFlow]
  private let nodeNumbers: [String: Int]
  private let flowNumbers: [String: Int]
  /// Ids of boundary events by the activity that they are attached to.
  private let boundaries: [String: [String]]
  private var findings: [Finding] = []

  init(_ process: Process, _ definitions: Definitions, _ table: ElementTable) {
    self.process = process
    self.definitions = definitions
    self.table = table
    nodes = Dictionary(process.allNodes.map { ($0.id, $0) }) { first, _ in first }
    flows = Dictionary(process.content.allFlows.map { ($0.id, $0) }) { first, _ in first }
    boundaries = Dictionary(grouping: process.allNodes.filter { $0.attachedTo != nil }) { $0.attachedTo ?? "" }.mapValues { $0.map(\.id) }
    nodeNumbers = Dictionary(zip(table.nodes, 0...)) { first, _ in first }
    flowNumbers = Dictionary(zip(table.flows, 0...)) { first, _ in first }
  }

  mutating func run() -> (process: ExecutableProcess?, findings: [Finding]) {
    var elements: [ExecutableElement] = []
    for id in table.nodes {
      guard let node = nodes[id] else { return missing(id) }
      if let element = element(node) { elements.append(element) }
    }
    var executableFlows: [ExecutableFlow] = []
    for id in table.flows {
      guard let flow = flows[id] else { return missing(id) }
      if let executable = executable(flow) { executableFlows.append(executable) }
    }
    let starts = process.content.nodes.filter(\.isNoneStart).compactMap { index(of: $0.id) }
    if starts.isEmpty {
      report("no-start-event", line: process.line, process.id, "process \(process.id) has no start event", "add a start event")
    }
    guard findings.isEmpty else { return (nil, findings) }
    let compiled = ExecutableProcess(
      deploymentID: process.deploymentID ?? process.id, processID: process.id, name: process.name, elements: elements,
      flows: executableFlows, startEvents: starts, settings: settings)
    return (compiled, [])
  }

  private func missing(_ id: String) -> (process: ExecutableProcess?, findings: [Finding]) {
    (nil, [Finding(.error, "element-table", element: id, "the stored element table names \(id), which the model does not have")])
  }

  private mutating func report(_ code: String, line: Int, _ element: String, _ message: String, _ hint: String) {
    findings.append(Finding(.error, code, line: line, element: element, message, hint: hint))
  }

  private func index(of id: String) -> ElementIndex? { nodeNumbers[id].map { ElementIndex($0) } }
  private func flowIndexes(_ ids: [String]) -> [FlowIndex] { ids.compactMap { flowNumbers[$0] }.map { FlowIndex($0) } }

  private var settings: ProcessSettings {
    var settings = ProcessSettings()
    settings.isRecoverable = process.rexflow.recoverable || process.rexflow.transport == .kafka
    settings.usesClosureTransport = process.rexflow.useClosureTransport
    settings.deploymentTimeoutMs = Int64(clamping: process.rexflow.deploymentTimeoutSeconds) &* 1000
    settings.userMetadata = process.rexflow.userOpaqueMetadata
    return settings
  }

  // MARK: flow nodes

  private mutating func element(_ node: FlowNode) -> ExecutableElement? {
    guard let kind = kind(of: node) else { return nil }
    return ExecutableElement(
      id: node.id, name: node.name, derivedName: node.derivedName ?? node.id,
      scope: node.parent == process.id ? nil : index(of: node.parent), kind: kind, incoming: flowIndexes(node.incoming),
      outgoing: flowIndexes(node.outgoing), boundaryEvents: boundaries[node.id, default: []].compactMap { index(of: $0) }.sorted())
  }

  private mutating func kind(of node: FlowNode) -> ExecutableKind? {
    switch node.kind {
    case .startEvent: return .startEvent(isYAML: node.rexflow?.call.serialization.uppercased() == "YAML")
    case .endEvent(let definitions): return endEvent(node, definitions)
    case .task, .manualTask: return .task
    case .serviceTask: return serviceTask(node)
    case .exclusiveGateway(let defaultFlow): return exclusiveGateway(node, defaultFlow: defaultFlow)
    case .parallelGateway: return .parallelGateway
    case .subProcess(let subProcess): return subProcessKind(node, subProcess)
    case .boundaryEvent(let boundary): return boundaryEvent(node, boundary)
    case .intermediateCatchEvent, .intermediateThrowEvent, .implicitThrowEvent, .sendTask, .receiveTask, .userTask, .scriptTask,
      .businessRuleTask, .callActivity, .inclusiveGateway, .complexGateway, .eventBasedGateway, .choreographyTask, .callChoreography,
      .subChoreography:
      return notExecutable(node, node.kind.elementName)
    }
  }

  private mutating func notExecutable(_ node: FlowNode, _ what: String) -> ExecutableKind? {
    report(
      "not-executable", line: node.line, node.id, "\(what) \(node.id) can not run in this version",
      "`flowctl help elements` lists what runs")
    return nil
  }

  private mutating func endEvent(_ node: FlowNode, _ definitions: [EventDefinition]) -> ExecutableKind? {
    switch definitions.first {
    case nil: return .endEvent(.none)
    case .terminate where definitions.count == 1: return .endEvent(.terminate)
    case .error(let ref) where definitions.count == 1: return .endEvent(.error(code: errorCode(ref) ?? ref ?? "ERROR"))
    case .some(let definition): return notExecutable(node, "\(definition.elementName) of end event")
    }
  }

  private func errorCode(_ ref: String?) -> String? { ref.flatMap { definitions.error($0)?.errorCode } }

  private mutating func boundaryEvent(_ node: FlowNode, _ boundary: BoundaryEvent) -> ExecutableKind? {
    guard boundary.definitions.count == 1, case .error(let ref) = boundary.definitions[0] else {
      return notExecutable(node, "\(boundary.definitions.first?.elementName ?? "boundary event without definition") of boundary event")
    }
    return .errorBoundaryEvent(errorCode: errorCode(ref))
  }

  private mutating func subProcessKind(_ node: FlowNode, _ subProcess: SubProcess) -> ExecutableKind? {
    guard case .embedded = subProcess.kind else { return notExecutable(node, node.kind.elementName) }
    let starts = subProcess.content.nodes.filter(\.isNoneStart)
    guard starts.count == 1, let start = index(of: starts[0].id) else {
      report(
        "subprocess-start", line: node.line, node.id, "subprocess \(node.id) has \(starts.count) start events",
        "an embedded subprocess begins with exactly one start event")
      return nil
    }
    return .subProcess(start: start)
  }

  private mutating func exclusiveGateway(_ node: FlowNode, defaultFlow: String?) -> ExecutableKind {
    let unconditioned = node.outgoing.filter { flows[$0]?.condition == nil }
    let chosen = defaultFlow ?? (unconditioned.count == 1 && node.outgoing.count > 1 ? unconditioned[0] : nil)
    return .exclusiveGateway(defaultFlow: chosen.flatMap { flowNumbers[$0] }.map { FlowIndex($0) })
  }

  private mutating func serviceTask(_ node: FlowNode) -> ExecutableKind? {
    let service = node.rexflow?.service
    guard let host = service?.host ?? node.camunda?.connectorID else {
      return notExecutable(node, "service task without a rexflow service")
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

  // MARK: sequence flows

  private mutating func executable(_ flow: SequenceFlow) -> ExecutableFlow? {
    guard let source = index(of: flow.source), let target = index(of: flow.target) else {
      report("dangling-flow", line: flow.line, flow.id, "sequence flow \(flow.id) leads nowhere", "connect both its ends")
      return nil
    }
    return ExecutableFlow(id: flow.id, source: source, target: target, condition: condition(of: flow))
  }

  private mutating func condition(of flow: SequenceFlow) -> CompiledExpression? {
    guard let expression = flow.condition else { return nil }
    do throws(ExpressionError) {
      return usesPython(expression)
        ? try CompiledExpression(python: expression.text) : try CompiledExpression(feel: expression.text)
    } catch {
      report(
        "expression", line: expression.line, flow.id, "condition of \(flow.id): \(error.message)",
        error.hint ?? "`flowctl feel` evaluates expressions by hand")
      return nil
    }
  }

  private func usesPython(_ expression: FlowBPMN.Expression) -> Bool {
    if expression.text.drop(while: { $0.isWhitespace }).hasPrefix("python:") { return true }
    guard let language = expression.language?.lowercased() else { return process.rexflow.conditionLanguage == .python }
    return language.contains("python") || (!language.contains("feel") && process.rexflow.conditionLanguage == .python)
  }
}

extension FlowNode {
  fileprivate var isNoneStart: Bool {
    guard case .startEvent(let start) = kind else { return false }
    return start.definitions.isEmpty
  }

  fileprivate var attachedTo: String? {
    guard case .boundaryEvent(let boundary) = kind else { return nil }
    return boundary.attachedTo
  }
}
