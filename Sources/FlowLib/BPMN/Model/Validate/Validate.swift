import FlowCore

/// Checks a model as a whole: all findings, in the order of their lines. A model without errors can be deployed.
///
/// What annotations themselves have wrong was told by the reader; conditions are texts here, the compiler parses them.
package func validate(_ definitions: Definitions) -> [Finding] {
  var findings = processCount(definitions)
  let roots = RootIndex(definitions)
  for process in definitions.candidates {
    let index = ProcessIndex(process, of: definitions, roots)
    for rule in rules { findings.append(contentsOf: rule(index)) }
    checkNodes(of: index, into: &findings)
  }
  let sorted = findings.sorted { ($0.line, $0.code, $0.element ?? "") < ($1.line, $1.code, $1.element ?? "") }
  // What is said about the file's own elements comes once for each process.
  let unequal = sorted.indices.filter { $0 == 0 || sorted[$0] != sorted[$0 - 1] }.map { sorted[$0] }
  return Array(unequal.prefix(Limits.findings))
}

/// One rule a file; these look at a process as a whole.
private let rules: [@Sendable (ProcessIndex) -> [Finding]] = [
  identifiers, references, startEvents, startTriggers, connections, conditionPlaces, boundaryEvents, eventSubProcesses, links, compensation,
  derivedNames, globalProperties, processListeners, dataReferences, subProcessDepth, straightLoops, unknownElements,
]

/// These look at one node on its level.
private typealias NodeRule = @Sendable (FlowNode, ProcessIndex.Level, ProcessIndex) -> [Finding]

private let eventRules: [NodeRule] = [
  rootReferences, startFlows, endEvents, eventPlaces, eventNames, messages, timers, transactions, taskTypes,
]

private let activityRules: [NodeRule] = [
  rootReferences, messages, taskTypes, serviceTasks, userTasks, callActivities, adHocSubProcesses, instantiatingTasks, loops, quantities,
]

private let gatewayRules: [NodeRule] = [gatewayConditions, inclusiveGateways, eventBasedGateways, parallelGateways]

private let anyNodeRules: [NodeRule] = [mappings, listeners, closureParameters, notExecutable]

/// A node is large, and handing it on is for free: so nodes are outside, rules inside.
private func checkNodes(of index: ProcessIndex, into findings: inout [Finding]) {
  for level in index.levels {
    for node in level.scope.nodes {
      let own = node.kind.isEvent ? eventRules : node.kind.isGateway ? gatewayRules : activityRules
      for rule in own { findings.append(contentsOf: rule(node, level, index)) }
      for rule in anyNodeRules { findings.append(contentsOf: rule(node, level, index)) }
    }
  }
}

extension Definitions {
  /// The processes that `apply` would deploy: those marked executable, or all where none is marked.
  package var candidates: [Process] {
    let marked = processes.filter { $0.isExecutable == true }
    return marked.isEmpty ? processes : marked
  }

  /// The one process that can be deployed, if there is exactly one.
  package var deployable: Process? { candidates.count == 1 ? candidates.first : nil }
}

extension [Finding] {
  package var hasErrors: Bool { contains { $0.severity == .error } }
}
