import FlowBPMN
import FlowCommandLine
import FlowCore
import FlowFEEL

/// Expressions that can not be read, and variables that nothing writes before they are read.
///
/// Where data comes from outside, a job's result, a message or a called process, nobody can know what is in it: what such
/// results are read for by their own node is left out, and the rest is a note.
enum LintVariables {
  static func findings(in definitions: Definitions) -> [Finding] {
    definitions.candidates.flatMap { process -> [Finding] in
      // In the original's dialect the payload travels with the token, and only services know it.
      process.dialects.rexflow ? [] : findings(process, definitions)
    }
  }

  private static func findings(_ process: Process, _ definitions: Definitions) -> [Finding] {
    var findings: [Finding] = []
    var writers = VariableWriters(process)
    var told: Set<String> = []
    for expression in LintExpressions(process, in: definitions).all {
      guard let names = names(of: expression, definitions, &findings), !expression.readsResult else { continue }
      for name in names where !writers.known.contains(name) && !told.contains(name) {
        guard let problem = writers.problem(name, readBy: expression.node) else { continue }
        told.insert(name)
        findings.append(undefined(name, expression, problem))
      }
    }
    return findings
  }

  private static func undefined(_ name: String, _ expression: ModelExpression, _ problem: String) -> Finding {
    Finding(
      LintCode.undefinedVariable.severity, LintCode.undefinedVariable.rawValue, line: expression.line, element: expression.element,
      "\(expression.what) of '\(expression.element)' reads '\(name)', \(problem)",
      hint: "begin instances with it, map it in, or check how it is spelt")
  }

  /// nil when the text is in a language that nobody here reads, or can not be read at all.
  private static func names(of expression: ModelExpression, _ definitions: Definitions, _ findings: inout [Finding]) -> [String]? {
    guard isFEEL(expression, definitions) else { return nil }
    do throws(ExpressionError) {
      let compiled = try CompiledExpression(feel: expression.text)
      findings += compiled.unknownFunctions.map { unknown($0, expression) }
      return compiled.names
    } catch {
      findings.append(
        Finding(
          LintCode.expression.severity, LintCode.expression.rawValue, line: expression.line, element: expression.element,
          "\(expression.what) of '\(expression.element)' is no FEEL expression: \(error.message)",
          hint: error.hint ?? "`flowctl feel` evaluates expressions by hand"))
      return nil
    }
  }

  private static func unknown(_ function: String, _ expression: ModelExpression) -> Finding {
    Finding(
      LintCode.unknownFunction.severity, LintCode.unknownFunction.rawValue, line: expression.line, element: expression.element,
      "\(expression.what) of '\(expression.element)' calls '\(function)', which FEEL does not have",
      hint: Suggestion.hint(for: function, among: Builtin.allCases.map(\.rawValue)) ?? "`flowctl feel` evaluates expressions by hand")
  }

  private static func isFEEL(_ expression: ModelExpression, _ definitions: Definitions) -> Bool {
    let text = expression.text
    if text.hasPrefix("=") { return true }
    if text.isEmpty || text.contains("${") || text.contains("#{") || text.hasPrefix("python:") { return false }
    guard let language = (expression.language ?? definitions.expressionLanguage)?.lowercased() else { return true }
    return language.contains("feel")
  }
}

/// Which node writes which variable, and what runs behind it.
private struct VariableWriters {
  /// What is there in every instance: data, and what the engine itself sets.
  private(set) var known: Set<String> = [
    "loopCounter", "numberOfInstances", "numberOfActiveInstances", "numberOfCompletedInstances", "numberOfTerminatedInstances",
    "nrOfInstances", "nrOfActiveInstances", "nrOfCompletedInstances", "item", "partial", "activationCount",
  ]
  private var writers: [String: [String]] = [:]
  /// Nodes that bring what nobody here can know: results of jobs and calls, messages, signals.
  private var sources: [String] = []
  /// Nodes that a token may come to from a node, across levels.
  private var next: [String: [String]] = [:]
  private var reached: [String: Set<String>] = [:]
  /// Nodes that are still looked at; past them every variable counts as written.
  private var steps = Limits.lintSteps

  init(_ process: Process) {
    addData(process.content)
    add(process.content, owner: nil)
    for node in process.allNodes {
      for name in node.writtenVariables { writers[name, default: []].append(node.id) }
      if node.bringsData { sources.append(node.id) }
      known.formUnion(node.dataNames)
    }
  }

  /// Why nobody can know the value; nil when something may have written it.
  mutating func problem(_ name: String, readBy node: String) -> String? {
    guard let writing = writers[name] else {
      let nobody = "which nothing in the process writes"
      for source in sources where leads(source, to: node) { return nobody + ", unless the result of '\(source)' has it" }
      return nobody
    }
    for writer in writing where writer == node || leads(writer, to: node) { return nil }
    guard steps > 0 else { return nil }
    return "which is written only by '\(writing.sorted().joined(separator: "', '"))', and never before"
  }

  private mutating func addData(_ scope: Scope) {
    for object in scope.dataObjects { known.formUnion([object.id, object.variable]) }
    for reference in scope.dataReferences { known.formUnion([reference.id, reference.name ?? reference.id]) }
    for property in scope.properties { known.formUnion([property.id, property.variable]) }
    for input in scope.ioSpecification?.inputs ?? [] { known.formUnion([input.id, input.variable]) }
    for node in scope.nodes { if let content = node.content { addData(content) } }
  }

  private mutating func add(_ scope: Scope, owner: String?) {
    for flow in scope.flows { next[flow.source, default: []].append(flow.target) }
    var links: [String: String] = [:]
    for node in scope.nodes { if case .intermediateCatchEvent = node.kind, let name = node.linked { links[name] = node.id } }
    for node in scope.nodes {
      if case .boundaryEvent(let boundary) = node.kind { next[boundary.attachedTo, default: []].append(node.id) }
      if case .intermediateThrowEvent = node.kind, let target = node.linked.flatMap({ links[$0] }) {
        next[node.id, default: []].append(target)
      }
      if let owner {
        next[owner, default: []].append(node.id)
        next[node.id, default: []].append(owner)
      }
      if let content = node.content { add(content, owner: node.id) }
    }
    for association in scope.artifacts.associations { next[association.source, default: []].append(association.target) }
    // Event subprocesses begin whenever their event comes.
    let anytime = scope.nodes.filter { if case .subProcess(let inner) = $0.kind, case .event = inner.kind { true } else { false } }.map(
      \.id)
    if !anytime.isEmpty { for node in scope.nodes { next[node.id, default: []].append(contentsOf: anytime) } }
  }

  private mutating func leads(_ start: String, to end: String) -> Bool {
    if let known = reached[start] { return known.contains(end) }
    var found: Set<String> = []
    var open = next[start] ?? []
    while let node = open.popLast(), steps > 0 {
      guard found.insert(node).inserted else { continue }
      steps -= 1 + (next[node]?.count ?? 0)
      open.append(contentsOf: next[node] ?? [])
    }
    reached[start] = found
    return found.contains(end)
  }
}

extension FlowNode {
  fileprivate var linked: String? {
    for definition in eventDefinitions { if case .link(let link) = definition { return link.name } }
    return nil
  }

  /// Names that the node is known to write: mappings, results, items of loops.
  fileprivate var writtenVariables: [String] {
    var names: [String?] = []
    if let zeebe {
      names += (zeebe.inputs + zeebe.outputs).map { $0.target.split(separator: ".").first.map(String.init) }
      names += [zeebe.script?.resultVariable, zeebe.calledDecision?.resultVariable, zeebe.adHoc?.outputCollection]
    }
    if case .multiInstance(let loop) = loop {
      names += [
        loop.zeebe?.inputElement, loop.zeebe?.outputCollection, loop.camunda?.elementVariable, loop.inputDataItem?.variable,
        loop.outputDataItem?.variable,
      ]
    }
    if let camunda {
      names += [camunda.task?.resultVariable, camunda.caught?.errorCodeVariable, camunda.caught?.errorMessageVariable]
      names += (camunda.call?.outputs ?? []).map(\.target) + (camunda.inputs + camunda.outputs).map(\.name)
    }
    for association in data?.outputAssociations ?? [] { names += association.assignments.map { $0.to.text } }
    return names.compactMap { $0 }.filter { !$0.isEmpty }
  }

  /// Its data goes into the process without being mapped.
  fileprivate var bringsData: Bool {
    if let zeebe, !zeebe.outputs.isEmpty { return false }
    switch kind {
    case .serviceTask, .sendTask, .userTask: return true
    case .businessRuleTask, .scriptTask: return zeebe?.taskDefinition != nil
    case .callActivity: return zeebe?.calledElement?.propagateAllChildVariables ?? true
    case .receiveTask: return true
    case .startEvent, .intermediateCatchEvent, .boundaryEvent:
      return eventDefinitions.contains { definition in
        switch definition {
        case .message, .signal, .error, .escalation, .reference: true
        case .timer, .compensate, .conditional, .link, .cancel, .terminate: false
        }
      }
    case .endEvent, .intermediateThrowEvent, .implicitThrowEvent, .task, .manualTask, .subProcess, .exclusiveGateway, .inclusiveGateway,
      .parallelGateway, .complexGateway, .eventBasedGateway, .choreographyTask, .callChoreography, .subChoreography:
      return false
    }
  }

  fileprivate var dataNames: [String] {
    guard let data else { return [] }
    let specification = data.specification
    return ((specification?.inputs ?? []) + (specification?.outputs ?? []) + data.properties).flatMap { [$0.id, $0.variable] }
  }
}
