import FlowCore

/// Checks a model as a whole: all findings, in the order of their lines. A model without errors can be deployed.
///
/// What annotations themselves have wrong was told by the reader; conditions are texts here, the compiler parses them.
package func validate(_ definitions: Definitions) -> [Finding] {
  var findings = processCount(definitions)
  for process in definitions.candidates {
    let index = ProcessIndex(process, of: definitions)
    for rule in rules { findings.append(contentsOf: rule(index)) }
  }
  let sorted = findings.sorted { ($0.line, $0.code, $0.element ?? "") < ($1.line, $1.code, $1.element ?? "") }
  return Array(sorted.prefix(Limits.findings))
}

/// One rule a file; each looks at one process.
private let rules: [@Sendable (ProcessIndex) -> [Finding]] = [
  identifiers, references, startEvents, endEvents, connections, gatewayConditions, conditionPlaces, parallelGateways, boundaryEvents,
  timers, derivedNames, serviceTasks, globalProperties, closureParameters, notExecutable, subProcessDepth,
]

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
