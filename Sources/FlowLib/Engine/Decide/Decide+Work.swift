import FlowCore

/// Commands that concern one open job, task, incident or instance.
func decideWithin(_ command: Command, in state: PartitionState, catalog: Catalog, context: DecisionContext) throws(Rejection) -> Decision {
  switch command {
  case .completeJob(let job, let variables):
    let (draft, activity) = try draft(job, "job", state, catalog, context)
    return try draft.completeJob(job, at: activity, variables)
  case .failJob(let job, let retries, let backoffMs, let message, let variables):
    let (draft, activity) = try draft(job, "job", state, catalog, context)
    return try draft.failJob(job, at: activity, retries: retries, backoffMs: backoffMs, message: message, variables)
  case .throwError(let job, let code, let message, let variables):
    let (draft, activity) = try draft(job, "job", state, catalog, context)
    return try draft.throwFromJob(job, at: activity, code: code, message: message, variables)
  case .setJobRetries(let job, let retries):
    let (draft, activity) = try draft(job, "job", state, catalog, context)
    return try draft.setRetries(retries, of: job, at: activity)
  case .setJobTimeout(let job, let timeoutMs):
    let (draft, activity) = try draft(job, "job", state, catalog, context)
    return try draft.setTimeout(timeoutMs, of: job, at: activity)
  case .completeUserTask(let task, let variables):
    let (draft, activity) = try draft(task, "user task", state, catalog, context)
    return try draft.completeUserTask(activity, variables)
  case .changeUserTask(let key, let change):
    let (draft, activity) = try draft(key, "user task", state, catalog, context)
    return try draft.changeUserTask(activity, change)
  case .resolveIncident(let incident):
    let (draft, activity) = try draft(incident, "incident", state, catalog, context)
    return try draft.resolveIncident(of: activity)
  case .setVariables(let instance, let scope, let variables, let isLocal):
    return try Draft.of(instance, in: state, catalog: catalog, context: context).setVariables(variables, in: scope, isLocal: isLocal)
  case .modifyInstance(let instance, let modification):
    return try Draft.of(instance, in: state, catalog: catalog, context: context).modify(modification)
  case .activateInAdHoc(let instance, let activity, let elements):
    return try Draft.of(instance, in: state, catalog: catalog, context: context).activateInAdHoc(activity, elements)
  case .completeAdHoc(let instance, let activity):
    return try Draft.of(instance, in: state, catalog: catalog, context: context).completeAdHoc(activity)
  case .deploy, .startDeployment, .stopDeployment, .deleteDeployment, .observeDeployment, .deploymentTimedOut, .createInstance,
    .jobCompleted, .jobFailed, .gatewayDecided, .failInstance, .endInstance, .retryInstance, .cancelInstance, .deleteInstance, .continue,
    .publishMessage, .broadcastSignal, .evaluateConditions, .migrateInstance, .activateJobs, .goOn:
    preconditionFailure("not within an instance: \(command)")
  }
}

/// The instance that has something open with this key, and where.
private func draft(
  _ key: Key, _ what: String, _ state: PartitionState, _ catalog: Catalog, _ context: DecisionContext
) throws(Rejection) -> (Draft, ActivityID) {
  guard let place = state.lookups.places[key] else { throw Rejection(.notFound, "\(what) \(key.raw) is not open (any more)") }
  return (try Draft.of(place.instance, in: state, catalog: catalog, context: context), place.activity)
}
