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
  findings.append(contentsOf: notThere(globals, of: process))
  return findings
}

private let knownOrchestrators = ["docker", "istio", "kubernetes", "process"]

private func noName(_ process: Process) -> Finding {
  Finding(
    .error, "no-deployment-name", line: process.line, element: process.id,
    "no letter or digit of ASCII is left of the process id '\(process.rexflow.id ?? process.id)', so the deployment has no name",
    hint: "give the process an id with letters a to z")
}

/// Properties of the original that have no effect, or would have another one.
private func notThere(_ globals: RexflowGlobals, of process: Process) -> [Finding] {
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
