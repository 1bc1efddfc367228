/// The process's `rexflow_global_properties` fit together.
func globalProperties(_ index: ProcessIndex) -> [Finding] {
  let process = index.process
  let globals = process.rexflow
  guard process.dialects.rexflow else { return process.deploymentID == nil ? [noName(process)] : [] }
  var findings: [Finding] = []
  func report(_ severity: Finding.Severity, _ code: String, _ message: String, _ hint: String) {
    findings.append(Finding(severity, code, line: globals.line, element: process.id, message, hint: hint))
  }
  if process.deploymentID == nil { findings.append(noName(process)) }
  if globals.namespace != nil, !globals.namespaceShared {
    report(
      .error, "namespace-not-shared", "namespace is given without namespace_shared, but a deployment has a namespace of its own",
      "add namespace_shared: true, or remove namespace")
  }
  if !knownOrchestrators.contains(globals.orchestrator) {
    report(
      .error, "unknown-orchestrator", "nobody knows the orchestrator '\(globals.orchestrator)'",
      "known: \(knownOrchestrators.joined(separator: ", "))")
  } else if globals.isOlderDialect, globals.orchestrator != "istio" {
    report(
      .warning, "older-orchestrator",
      "orchestrator: \(globals.orchestrator) of the older dialect has no effect; flowd's own setting says where services run",
      "remove it")
  }
  findings.append(contentsOf: Runnable.globals(globals, of: process))
  return findings
}

private let knownOrchestrators = ["docker", "istio", "kubernetes", "process"]

private func noName(_ process: Process) -> Finding {
  Finding(
    .error, "no-deployment-name", line: process.line, element: process.id,
    "no letter or digit of ASCII is left of the process id '\(process.rexflow.id ?? process.id)', so the deployment has no name",
    hint: "give the process an id with letters a to z")
}
