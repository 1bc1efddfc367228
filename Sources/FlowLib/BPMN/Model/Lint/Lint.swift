import FlowCore

/// Looks for what can be deployed and yet hardly does what was meant: all findings, in the order of their lines.
///
/// What validation tells is not told again. Expressions are not looked at; nobody here reads them.
package func lint(_ definitions: Definitions) -> [Finding] {
  var findings = unusedRoots(definitions)
  let roots = RootIndex(definitions)
  for process in definitions.candidates {
    let index = ProcessIndex(process, of: definitions, roots)
    findings.append(contentsOf: unusedData(index))
    for level in index.levels {
      let graph = LintGraph(level)
      for rule in graphRules { findings.append(contentsOf: rule(graph, index)) }
    }
  }
  return Array(findings.sorted { ($0.line, $0.code, $0.element ?? "") < ($1.line, $1.code, $1.element ?? "") }.prefix(Limits.findings))
}

private let graphRules: [@Sendable (LintGraph, ProcessIndex) -> [Finding]] = [
  deadEnds, idleBoundaries, gatewayPairs, endlessLoops, flowShapes, missingNames,
]
