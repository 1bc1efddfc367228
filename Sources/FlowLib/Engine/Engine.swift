import FlowCore

/// Decides what `command` does to `state`. Pure: the same arguments give the same events on every machine.
///
/// - Returns: the events to journal and apply, and the answer for the caller. No events when a request is repeated.
/// - Throws: `Rejection` when the command can not be carried out; nothing has changed then.
package func decide(
  _ command: Command, in state: PartitionState, catalog: Catalog, context: DecisionContext
) throws(Rejection) -> Decision {
  switch command {
  case .deploy(let deploy): try decideDeploy(deploy, in: state, catalog: catalog, context: context)
  case .startDeployment(let key): try decideStart(of: key, in: state, catalog: catalog, context: context)
  case .stopDeployment(let key, let force): try decideStop(of: key, force: force, in: state, context: context)
  case .deleteDeployment(let key): try decideDelete(of: key, in: state, context: context)
  case .observeDeployment(let key, let seen): decideObservation(seen, of: key, in: state, context: context)
  case .deploymentTimedOut(let key, let since): decideTimeout(of: key, since: since, in: state, context: context)
  case .createInstance(let create): try decideCreate(create, in: state, catalog: catalog, context: context)
  case .jobCompleted(let job, let instance, let response): try draft(instance, state, catalog, context).jobCompleted(job, response)
  case .jobFailed(let job, let instance, let failure): try draft(instance, state, catalog, context).jobFailed(job, failure)
  case .gatewayDecided(let job, let instance, let flow): try draft(instance, state, catalog, context).gatewayDecided(job, flow)
  case .failInstance(let key, let failure): try draft(key, state, catalog, context).failedFromOutside(failure)
  case .endInstance(let key, let result): try draft(key, state, catalog, context).endedFromOutside(result)
  case .retryInstance(let key): try draft(key, state, catalog, context).retry()
  case .cancelInstance(let key): try draft(key, state, catalog, context).cancel()
  case .deleteInstance(let id): try decideDeleteInstance(id, in: state)
  case .continue(.instance(let key)): decideContinue(key, in: state, catalog: catalog, context: context)
  case .continue(.deletion(let key)): decideDeletionStep(of: key, in: state, context: context)
  case .publishMessage(let publish): try decidePublish(publish, in: state, context: context)
  case .broadcastSignal(let name, let variables): try decideBroadcast(name, variables, in: state, catalog: catalog)
  case .evaluateConditions(let variables): try decideConditions(variables, in: state, catalog: catalog, context: context)
  case .migrateInstance(let key, let target, let mapping): try draft(key, state, catalog, context).migrate(to: target, mapping)
  case .activateJobs(let request): try decideActivation(request, in: state, catalog: catalog, context: context)
  case .goOn: decideNext(in: state, catalog: catalog, context: context)
  case .completeJob, .failJob, .throwError, .setJobRetries, .setJobTimeout, .completeUserTask, .changeUserTask, .resolveIncident,
    .setVariables, .modifyInstance, .activateInAdHoc, .completeAdHoc:
    try decideWithin(command, in: state, catalog: catalog, context: context)
  }
}

/// A function of its own: a closure would copy the whole state.
private func draft(_ key: Key, _ state: PartitionState, _ catalog: Catalog, _ context: DecisionContext) throws(Rejection) -> Draft {
  try Draft.of(key, in: state, catalog: catalog, context: context)
}

private func decideCreate(
  _ create: CreateInstance, in state: PartitionState, catalog: Catalog, context: DecisionContext
) throws(Rejection) -> Decision {
  if let known = state.answer(to: create) { return Decision(events: [], answer: .instance(known)) }
  guard let deployment = state.deployments[create.deployment], let process = catalog[create.deployment] else {
    throw Rejection(.notFound, "deployment is not there (any more)")
  }
  guard deployment.state == .running else {
    throw Rejection(.wrongState, "\(deployment.id) is not RUNNING but \(deployment.state.name)")
  }
  guard create.payload.bytes.count <= Limits.payloadBytes else {
    throw Rejection(.exhausted, "payload of \(create.payload.bytes.count) bytes is over the limit of \(Limits.payloadBytes)")
  }
  var places = try elements(create, of: process)
  if places.isEmpty, create.startEventID == nil { places = process.implicitStarts }
  let start = places.isEmpty ? try startEvent(create.startEventID, of: process) : nil
  let variables = try firstVariables(create.payload, of: process)
  let id = InstanceID(key: state.nextKey, entropy: context.entropy.0)
  let created = InstanceCreated(
    id: id, deployment: create.deployment, start: start, payload: variables == nil ? create.payload : .emptyObject,
    metadata: create.metadata, isStopped: create.isStopped, at: context.now)
  var draft = Draft(
    creating: created, of: process, nextKey: state.nextKey.next, directory: Directory(state: state, catalog: catalog), context: context)
  draft.begin(variables: variables ?? [])
  let reasons = places.compactMap { draft.whyNotPlaced($0) }
  guard reasons.isEmpty else { throw Rejection(.invalid, reasons.joined(separator: "; ")) }
  for place in places { draft.place(place, []) }
  if !create.isStopped { draft.run() }
  if let name = create.requestName { draft.remember(name, in: state) }
  return Decision(events: draft.events, answer: .instance(id))
}

/// Of a process with variables, the members of the body; nil for one whose bodies travel with the token, and for a body that has no
/// members where nothing of the model says that it must.
private func firstVariables(_ payload: Payload, of process: ExecutableProcess) throws(Rejection) -> [Variable]? {
  guard process.settings.usesVariables else { return nil }
  guard let variables = payload.asVariables else {
    guard process.settings.needsVariables else { return nil }
    throw Rejection(.invalid, "variables of \(process.deploymentID) have to be a JSON object")
  }
  return variables
}

private func elements(_ create: CreateInstance, of process: ExecutableProcess) throws(Rejection) -> [ElementIndex] {
  var found: [ElementIndex] = []
  for id in create.elements {
    guard let element = process.element(id: id) else { throw Rejection(.invalid, "\(process.deploymentID) has no element '\(id)'") }
    found.append(element)
  }
  return found
}

private func startEvent(_ id: String?, of process: ExecutableProcess) throws(Rejection) -> ElementIndex {
  if id == nil, process.startEvents.count == 1 { return process.startEvents[0] }
  let ids = process.startEvents.map { process[$0].id }
  guard !ids.isEmpty else { throw Rejection(.invalid, "\(process.deploymentID) begins by events only, none of which is asked for") }
  guard let id else {
    throw Rejection(.invalid, "\(process.deploymentID) has several start events, choose one of: \(ids.joined(separator: ", "))")
  }
  guard let index = ids.firstIndex(of: id) else {
    throw Rejection(.invalid, "\(process.deploymentID) has no start event '\(id)', choose one of: \(ids.joined(separator: ", "))")
  }
  return process.startEvents[index]
}

private func decideContinue(_ key: Key, in state: PartitionState, catalog: Catalog, context: DecisionContext) -> Decision {
  guard let instance = state.instances[key], instance.state == .running, let process = catalog[instance.deployment] else {
    return Decision(events: [], answer: .done)
  }
  var draft = Draft(
    instance, of: process, nextKey: state.nextKey, directory: Directory(state: state, catalog: catalog), context: context)
  // What was cut off may have set some.
  draft.hasNewVariables = true
  draft.run()
  return Decision(events: draft.events, answer: .done)
}

/// Only what readers keep is left of a finished instance; a live one must be canceled first.
private func decideDeleteInstance(_ id: InstanceID, in state: PartitionState) throws(Rejection) -> Decision {
  if let instance = state.instances[id.key], instance.state != .stopped {
    throw Rejection(.wrongState, "\(instance.id.text) is \(instance.state.name), only STOPPED, ERROR or COMPLETED instances can be deleted")
  }
  return Decision(events: [.instance(id.key, .deleted(id))], answer: .done)
}
