import FlowCore
import FlowFEEL

// Jobs that workers take, complete, fail or throw errors for: the work of service, send, script, business rule tasks and message events.

extension Draft {
  mutating func makeJob(
    _ id: ActivityID, _ type: CompiledValue, _ retries: CompiledValue, for listener: ListenerPlace? = nil, _ headers: [JobHeader] = []
  )
    throws(StepProblem)
  {
    let type = try text(type, in: id, "job type")
    let count: Int64? =
      switch try evaluate(retries, in: id, else: .extractValueError) {
      case .number(let number): number.int64
      case .string(let text): Int64(text)
      case .null, .boolean, .list, .context, .date, .time, .dateTime, .daysTime, .yearsMonths, .range, .function: nil
      }
    guard let count, let number = Int(exactly: count) else {
      throw StepProblem(.extractValueError, "\(retries.named("retries")) are not a whole number")
    }
    emit(.activity(id, .jobMade(WorkerJob(key: newKey(), type: type, retries: number, listener: listener, headers: headers))))
  }

  /// After an error that nobody caught was looked into: the same work once more.
  mutating func makeJobAgain(_ id: ActivityID) {
    guard let activity = instance.activities[id] else { return }
    let element = process[activity.element]
    attempt(id, .activating) { (draft) throws(StepProblem) in
      try draft.work(id, element)
    }
  }

  /// The activity whose work this is.
  private func worked(_ job: Key, _ id: ActivityID) throws(Rejection) -> Activity {
    guard let activity = instance.activities[id], instance.details[id]?.job?.key == job else { throw notOpen(job) }
    return activity
  }

  /// The same, unless it waits for an incident to be resolved.
  private func workedWithoutIncident(_ job: Key, _ id: ActivityID) throws(Rejection) -> Activity {
    let activity = try worked(job, id)
    if instance.details[id]?.incident != nil {
      throw Rejection(.wrongState, "job \(job.raw) has an incident, which has to be resolved first")
    }
    return activity
  }

  consuming func completeJob(_ job: Key, at id: ActivityID, _ variables: [Variable]) throws(Rejection) -> Decision {
    _ = try workedWithoutIncident(job, id)
    let listener = instance.details[id]?.job?.listener
    emit(.activity(id, .jobGone))
    if let listener { listened(listener, of: id, variables) } else { complete(id, variables) }
    run()
    return decided()
  }

  consuming func failJob(
    _ job: Key, at id: ActivityID, retries: Int, backoffMs: Int64, message: String, _ variables: [Variable]
  ) throws(Rejection) -> Decision {
    _ = try worked(job, id)
    set(variables, localIn: id)
    let text = String(message.prefix(Limits.failureText))
    let until = retries > 0 && backoffMs > 0 ? context.now + backoffMs : nil
    emit(.activity(id, .jobFailed(retries: max(0, retries), backoffUntil: until, message: text)))
    if retries <= 0, instance.details[id]?.incident == nil {
      let type: IncidentType = instance.details[id]?.job?.listener == nil ? .jobNoRetries : .listenerNoRetries
      raise(StepProblem(type, text.isEmpty ? "No more retries left." : text), at: id, .active)
    }
    run()
    return decided()
  }

  /// A business error, which an event of the model is to catch.
  consuming func throwFromJob(
    _ job: Key, at id: ActivityID, code: String, message: String, _ variables: [Variable]
  ) throws(Rejection) -> Decision {
    let activity = try workedWithoutIncident(job, id)
    guard instance.details[id]?.job?.listener == nil else {
      throw Rejection(.wrongState, "job \(job.raw) is a listener's, which can complete or fail and throws no error")
    }
    emit(.activity(id, .jobGone))
    let failure = failure(code, message, at: activity.element, input: instance.payloads[activity.payload])
    throwError(failure, at: id, variables)
    run()
    return decided()
  }

  /// A lock has run out or a back-off is over.
  consuming func freeJob(_ job: Key, at id: ActivityID) throws(Rejection) -> Decision {
    _ = try worked(job, id)
    emit(.activity(id, .jobFreed))
    return decided()
  }

  consuming func setRetries(_ retries: Int, of job: Key, at id: ActivityID) throws(Rejection) -> Decision {
    _ = try worked(job, id)
    guard retries > 0 else { throw Rejection(.invalid, "retries have to be above 0, and \(retries) is not") }
    emit(.activity(id, .retriesSet(retries)))
    return decided()
  }

  consuming func setTimeout(_ timeoutMs: Int64, of job: Key, at id: ActivityID) throws(Rejection) -> Decision {
    _ = try worked(job, id)
    guard instance.details[id]?.job?.lock != nil else { throw Rejection(.wrongState, "nobody works on job \(job.raw)") }
    emit(.activity(id, .jobTimeoutSet(context.now + timeoutMs)))
    return decided()
  }
}

/// What a worker gets.
package struct ActivatedJob: Sendable {
  package let key: Key
  package let type: String
  package let instance: InstanceID
  package let deployment: Key
  package let element: ElementIndex
  package let activity: ActivityID
  package let retries: Int
  package let lock: WorkerJob.Lock?
  package let isActivatable: Bool
  package let headers: [JobHeader]
  package let variables: [Variable]
}

/// Gives out up to so many jobs of a type, oldest first, in one batch.
func decideActivation(_ request: ActivateJobs, in state: PartitionState, catalog: Catalog, context: DecisionContext) throws(Rejection)
  -> Decision
{
  guard request.count > 0, request.timeoutMs > 0, !request.type.isEmpty else {
    throw Rejection(.invalid, "jobs are activated by type, with a count and a time-out above 0")
  }
  let lock = WorkerJob.Lock(worker: request.worker, until: context.now + request.timeoutMs)
  var events: [Event] = []
  var given: [Key] = []
  for place in state.lookups.jobs[request.type]?.first(min(request.count, Limits.pageRows)) ?? [] {
    events.append(.instance(place.instance, .activity(place.activity, .jobTaken(lock))))
    given.append(place.wait)
  }
  return Decision(events: events, answer: .jobs(given))
}

extension PartitionState {
  /// All that a worker needs to know of an open job.
  package func job(_ key: Key, catalog: Catalog, variables names: [String]? = nil) -> ActivatedJob? {
    guard let place = lookups.places[key], let instance = instances[place.instance], let process = catalog[instance.deployment],
      let activity = instance.activities[place.activity], let job = instance.details[place.activity]?.job, job.key == key
    else { return nil }
    let seen = instance.visibleVariables(from: activity.id)
    return ActivatedJob(
      key: key, type: job.type, instance: instance.id, deployment: instance.deployment, element: activity.element, activity: activity.id,
      retries: job.retries, lock: job.lock, isActivatable: job.isActivatable, headers: process[activity.element].more.headers + job.headers,
      variables: names.map { names in seen.filter { names.contains($0.name) } } ?? seen)
  }
}
