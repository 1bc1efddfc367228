import FlowCore

/// What the outside still owes. A function of the state, so that recovering and running are one code path.
package enum Obligation: Sendable, Equatable {
  indirect case callService(ServiceJob)
  indirect case decide(GatewayDecision)
  case `continue`(Continuation)
  /// Tell when this stay of a deployment has lasted too long.
  case deadline(deployment: Key, since: Instant, at: Instant)
}

/// One call of a service, with all that it needs.
package struct ServiceJob: Sendable, Equatable {
  package let job: Key
  package let instance: InstanceID
  package let deployment: Key
  package let deploymentID: String
  package let elementID: String
  package let binding: ServiceBinding
  /// What the service gets.
  package let body: Payload
  /// What fills `{name}` in the path.
  package let context: Payload
}

/// Asks a decision service which way an exclusive gateway goes.
package struct GatewayDecision: Sendable, Equatable {
  package struct Condition: Sendable, Equatable {
    package let flow: FlowIndex
    /// FEEL, as the model has it.
    package let text: String
  }

  package let job: Key
  package let instance: InstanceID
  package let deploymentID: String
  package let elementID: String
  /// In the order in which they are asked, until one is true; never empty.
  package let conditions: [Condition]
  package let body: Payload
}

/// What is owed to one instance.
package func obligations(ofInstance key: Key, in state: PartitionState, catalog: Catalog) -> [Obligation] {
  state.instances.look(at: key) { obligations(of: $0, catalog) } ?? []
}

private func obligations(of instance: Instance, _ catalog: Catalog) -> [Obligation] {
  guard let process = catalog[instance.deployment] else { return [] }
  var owed: [Obligation] = []
  if instance.state == .running, !instance.pending.isEmpty { owed.append(.continue(.instance(instance.id.key))) }
  guard process.callsServices else { return owed }
  for (_, activity) in instance.activities {
    guard let job = activity.job, instance.details[activity.id]?.incident == nil,
      let obligation = obligation(job, of: activity, in: instance, process)
    else { continue }
    owed.append(obligation)
  }
  return owed
}

private func obligation(_ job: Key, of activity: Activity, in instance: Instance, _ process: ExecutableProcess) -> Obligation? {
  let element = process[activity.element]
  let usesVariables = process.settings.usesVariables
  let payload = usesVariables ? Payload(variables: instance.visibleVariables(from: activity.id)) : instance.payloads[activity.payload]
  switch element.kind {
  case .serviceTask(let binding):
    return .callService(
      ServiceJob(
        job: job, instance: instance.id, deployment: instance.deployment, deploymentID: process.deploymentID, elementID: element.id,
        binding: binding, body: requestBody(for: payload, of: binding, settings: process.settings), context: payload))
  case .exclusiveGateway(let defaultFlow):
    let conditions = process.conditions(of: element, defaultFlow: defaultFlow)
    return .decide(
      GatewayDecision(
        job: job, instance: instance.id, deploymentID: process.deploymentID, elementID: element.id, conditions: conditions, body: payload))
  case .startEvent, .endEvent, .task, .job, .userTask, .script, .catchEvent, .throwEvent, .parallelGateway, .inclusiveGateway,
    .complexGateway, .eventBasedGateway, .subProcess, .eventSubProcess, .transaction, .adHocSubProcess, .callActivity, .boundaryEvent:
    return nil
  }
}

/// What is owed to one deployment.
package func obligations(ofDeployment key: Key, in state: PartitionState, catalog: Catalog) -> [Obligation] {
  guard let deployment = state.deployments[key] else { return [] }
  if deployment.isBeingDeleted { return [.continue(.deletion(key))] }
  switch deployment.state {
  case .starting, .stopping:
    let timeout = catalog[key]?.settings.deploymentTimeoutMs ?? ProcessSettings().deploymentTimeoutMs
    return [.deadline(deployment: key, since: deployment.since, at: deployment.since + timeout)]
  case .running, .stopped, .error: return []
  }
}

/// All that is owed: what recovery starts with. The union of what is asked for by touch is the same.
package func obligations(of state: PartitionState, catalog: Catalog) -> [Obligation] {
  state.deployments.keys.sorted().flatMap { obligations(ofDeployment: $0, in: state, catalog: catalog) }
    + state.instances.keys.sorted().flatMap { obligations(ofInstance: $0, in: state, catalog: catalog) }
}

extension ExecutableProcess {
  /// Whether anything has to be started or probed before it can run.
  package var needsServices: Bool { elements.contains { $0.isProbed || $0.startsService } }
}

extension ExecutableElement {
  var isDecision: Bool { if case .exclusiveGateway = kind { true } else { false } }

  package var service: ServiceBinding? {
    guard case .serviceTask(let binding) = kind else { return nil }
    return binding
  }

  package var isProbed: Bool { service?.health != nil }
  package var startsService: Bool { service.map { !$0.command.isEmpty && !$0.isPreexisting } ?? false }
}
