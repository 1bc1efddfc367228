import FlowCore
import FlowEngine
import FlowRuntime
import FlowStorage

// The doors for workers and for who looks after what is open.

extension Server {
  /// Gives jobs to a worker, now or when one comes.
  ///
  /// - Parameter reply: called once, on any thread.
  /// - Returns: what `stopWaiting` takes, where the call waits.
  package func activateJobs(
    _ request: JobRequest, reply: @escaping @Sendable (Result<GivenJobs, Refusal>) -> Void
  ) -> Int? {
    guard request.waitMs > 0 else {
      Server.ask(partition, for: request, reply)
      return nil
    }
    return jobWaiters.wait(request) { [self] result in
      reply(
        result.map { given in
          given.jobs.isEmpty ? GivenJobs(jobs: [], position: position) : given
        })
    }
  }

  /// Who waited for jobs has gone away.
  package func stopWaiting(_ call: Int) { jobWaiters.cancel(call) }

  /// Calls that wait for a job.
  package var waitingForJobs: Int { jobWaiters.count }

  static func ask(_ partition: Partition, for request: JobRequest, _ reply: @escaping @Sendable (Result<GivenJobs, Refusal>) -> Void) {
    partition.send(
      .commandThenLook(
        .activateJobs(request.activate),
        look: { answer, state, catalog in
          guard case .jobs(let keys) = answer else { preconditionFailure("jobs were activated without keys") }
          var (jobs, surplus, bytes): ([OpenJob], [OpenJob], Int) = ([], [], 0)
          for job in keys.compactMap({ key in state.spot(key, catalog).flatMap { OpenJob($0, variables: request.variables) } }) {
            bytes += job.byteCount
            // One is always given, however large.
            if bytes <= Limits.pageBytes || jobs.isEmpty { jobs.append(job) } else { surplus.append(job) }
          }
          let (given, rest) = (jobs, surplus)
          return { position in
            reply(.success(GivenJobs(jobs: given, position: position)))
            letGo(rest, to: partition)
          }
        }, refused: { reply(.failure($0)) }), lane: .completions)
  }

  /// The locks of jobs end now, so that others get them.
  static func letGo(_ jobs: [OpenJob], to partition: Partition) {
    for job in jobs { partition.send(.setJobTimeout(job.key, timeoutMs: 0), lane: .completions) }
  }

  /// Sends a command that ends or changes what is open; the answer comes when it is durable.
  package func work(_ command: Command, reply: @escaping @Sendable (Result<Answered, Refusal>) -> Void) {
    partition.send(command, lane: .completions, reply: reply)
  }

  /// Sends a message or a signal.
  package func tell(_ command: Command, reply: @escaping @Sendable (Result<Answered, Refusal>) -> Void) {
    partition.send(command, lane: .creates, reply: reply)
  }

  // MARK: what is open

  package func jobs(type: String?, of instance: InstanceID?, after: Key, limit: Int) throws(Status) -> OpenPage<OpenJob> {
    try open(
      of: instance, after: after, limit: limit,
      isMeant: { spot in spot.details.job.map { $0.key == spot.key && (type == nil || $0.type == type) } ?? false }
    ) { OpenJob($0) }
  }

  package func userTasks(assignee: String?, of instance: InstanceID?, after: Key, limit: Int) throws(Status) -> OpenPage<OpenUserTask> {
    try open(
      of: instance, after: after, limit: limit,
      isMeant: { spot in spot.details.userTask.map { $0.key == spot.key && (assignee == nil || $0.assignee == assignee) } ?? false }
    ) { spot in spot.details.userTask.map { OpenUserTask(task: $0, place: spot.place) } }
  }

  package func incidents(of instance: InstanceID?, after: Key, limit: Int) throws(Status) -> OpenPage<OpenIncident> {
    try open(of: instance, after: after, limit: limit, isMeant: { $0.details.incident?.key == $0.key }) { spot in
      spot.details.incident.map { OpenIncident(incident: $0, place: spot.place, job: spot.details.job?.key) }
    }
  }

  private func open<Row: Sendable>(
    of instance: InstanceID?, after: Key, limit: Int, isMeant: @escaping @Sendable (OpenSpot) -> Bool,
    row: @escaping @Sendable (OpenSpot) -> Row?
  ) throws(Status) -> OpenPage<Row> {
    let looked = partition.look { state, catalog in
      state.open(of: instance?.key, after: after, limit: limit, catalog, isMeant: isMeant, row: row)
    }
    guard let looked else { throw Server.stopped }
    return OpenPage(rows: looked.value.rows, position: looked.position, hasMore: looked.value.hasMore)
  }

  static let stopped = Status(.unavailable, "flowd is stopping", hint: "try again later")

  /// Says that the reason of an incident is gone; its job gets retries first, where some are given.
  package func resolve(_ incident: Key, retries: Int) throws(Status) -> Position {
    do throws(Refusal) {
      if retries > 0, let job = partition.look({ state, catalog in state.spot(incident, catalog)?.details.job?.key })?.value {
        _ = try partition.ask(.setJobRetries(job, retries), lane: .completions)
      }
      return try partition.ask(.resolveIncident(incident), lane: .completions).position
    } catch {
      throw Status(error)
    }
  }

  // MARK: inside of one instance

  package struct ScopeVariable: Sendable {
    package let variable: Variable
    package let scope: ActivityID
    package let elementID: String?
  }

  /// What a scope of a live instance sees, inner names before outer ones, in the order of the names.
  ///
  /// - Parameter after: nil begins with the first name.
  package func variables(
    of id: InstanceID, from scope: ActivityID, isLocal: Bool, after name: String?, limit: Int
  ) throws(Status) -> OpenPage<ScopeVariable> {
    let looked = partition.look { state, catalog -> Result<(rows: [ScopeVariable], hasMore: Bool), Status> in
      guard let instance = state.instances[id.key], instance.id == id, let process = catalog[instance.deployment] else {
        return .failure(Server.notLive(id))
      }
      guard scope == .process || instance.activities[scope] != nil else { return .failure(Server.noElement(String(scope.raw), id)) }
      var seen: [ScopeVariable] = []
      for variable in instance.visibleVariables(from: scope) where name.map({ variable.name > $0 }) ?? true {
        guard let owner = instance.owner(of: variable.name, from: scope), !isLocal || owner == scope else { continue }
        if seen.count == limit { return .success((seen, true)) }
        seen.append(
          ScopeVariable(variable: variable, scope: owner, elementID: instance.activities[owner].map { process[$0.element].id }))
      }
      return .success((seen, false))
    }
    guard let looked else { throw Server.stopped }
    let page = try looked.value.get()
    return OpenPage(rows: page.rows, position: looked.position, hasMore: page.hasMore)
  }

  /// Why nothing can be said of an instance that does not live.
  package func gone(_ id: InstanceID) -> Status { Server.notLive(id) }

  static func notLive(_ id: InstanceID) -> Status {
    Status(.notFound, "\(id.text) does not live (any more)", hint: "`flowctl ps \(id.text)` shows how it ended")
  }

  static func noElement(_ name: String, _ id: InstanceID) -> Status {
    Status(.notFound, "\(id.text) has no active element '\(name)'", hint: "`flowctl ps \(id.text)` shows those that it has")
  }

  /// Every reason why an instance can not be migrated; none when it can.
  package func reasonsAgainstMigration(
    of id: InstanceID, to target: Key, _ mapping: [(from: String, to: String)]
  ) throws(Status) -> (reasons: [String], position: Position) {
    let looked = partition.look { state, catalog -> Result<[String], Rejection> in
      Result { () throws(Rejection) in try state.reasonsAgainstMigration(of: id.key, to: target, mapping, catalog: catalog) }
    }
    guard let looked else { throw Server.stopped }
    do throws(Rejection) { return (try looked.value.get(), looked.position) } catch { throw Status(Refusal.rejected(error)) }
  }

  /// Active elements by what a caller calls them: an element instance, or an element id.
  package func activities(_ name: String, of id: InstanceID) throws(Status) -> [ActivityID] {
    let looked = partition.look { state, catalog -> Result<[ActivityID], Status> in
      guard let instance = state.instances[id.key], instance.id == id, let process = catalog[instance.deployment] else {
        return .failure(Server.notLive(id))
      }
      if let number = UInt64(name), instance.activities[ActivityID(number)] != nil { return .success([ActivityID(number)]) }
      let found = instance.activitiesInOrder.filter { process[$0.element].id == name }.map(\.id)
      return found.isEmpty ? .failure(Server.noElement(name, id)) : .success(found)
    }
    guard let looked else { throw Server.stopped }
    return try looked.value.get()
  }

  /// The one active element of that name.
  package func activity(_ name: String, of id: InstanceID) throws(Status) -> ActivityID {
    let found = try activities(name, of: id)
    guard found.count == 1 else {
      let numbers = found.prefix(5).map { String($0.raw) }.joined(separator: ", ")
      throw Status(.invalidArgument, "'\(name)' is active \(found.count) times: \(numbers)", hint: "name one by its element instance")
    }
    return found[0]
  }
}
