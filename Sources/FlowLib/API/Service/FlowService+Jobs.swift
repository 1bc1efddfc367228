import FlowCore
import FlowEngine
import FlowRPC
import FlowRuntime
import FlowServer
import FlowStorage

// What workers call.

extension FlowService {
  private static let jobTimeoutMs: Int64 = 300_000

  package func activateJobs(_ call: UnaryCall<FlowV1.ActivateJobsRequest, FlowV1.ActivateJobsResponse>) {
    let request: JobRequest
    do throws(Status) { request = try FlowService.wanted(call.request) } catch { return call.fail(error) }
    let waiting = server.activateJobs(request) { result in
      switch result {
      case .success(let given):
        var response = FlowV1.ActivateJobsResponse()
        response.jobs = given.jobs.map { FlowV1.Job($0) }
        response.position = given.position.raw
        call.respond(response)
      case .failure(let refusal): call.fail(Status(refusal))
      }
    }
    if let waiting { call.context.onCancel { [server] in server.stopWaiting(waiting) } }
  }

  private static func wanted(_ request: FlowV1.ActivateJobsRequest) throws(Status) -> JobRequest {
    guard !request.type.isEmpty else { throw Status(.invalidArgument, "type is empty", hint: "the type that the model gives its jobs") }
    guard 1...Limits.pageRows ~= Int(request.maxJobs) else {
      throw Status(.invalidArgument, "max_jobs is \(request.maxJobs), and has to be from 1 to \(Limits.pageRows)")
    }
    guard 0...Limits.jobTimeoutMs ~= request.timeoutMs else {
      throw Status(.invalidArgument, "timeout_ms is \(request.timeoutMs), and has to be from 0 to \(Limits.jobTimeoutMs)")
    }
    guard request.requestTimeoutMs >= 0 else {
      throw Status(.invalidArgument, "request_timeout_ms is \(request.requestTimeoutMs), below 0", hint: "0 answers at once")
    }
    let activate = ActivateJobs(
      type: request.type, worker: request.worker, count: Int(request.maxJobs),
      timeoutMs: request.timeoutMs == 0 ? jobTimeoutMs : request.timeoutMs)
    return JobRequest(
      activate, variables: request.fetchVariables.isEmpty ? nil : request.fetchVariables,
      waitMs: min(request.requestTimeoutMs, Limits.jobWaitMs))
  }

  package func listJobs(_ call: UnaryCall<FlowV1.ListJobsRequest, FlowV1.ListJobsResponse>) {
    later(call) { request throws(Status) in
      let page = try server.jobs(
        type: request.type.isEmpty ? nil : request.type, of: try Naming.instance(request.instanceID),
        after: try Naming.after(request.pageToken), limit: Naming.limit(request.pageSize))
      let told = answer(page, FlowV1.Job.init(_:), token: \.key)
      return FlowV1.ListJobsResponse(jobs: told.rows, nextPageToken: told.next, position: page.position.raw)
    }
  }

  package func completeJob(_ call: UnaryCall<FlowV1.CompleteJobRequest, FlowV1.CompleteJobResponse>) {
    work(call, variables: call.request.variables, FlowV1.CompleteJobResponse.init(position:)) { request, variables throws(Status) in
      .completeJob(try Naming.key(request.key), variables)
    }
  }

  package func failJob(_ call: UnaryCall<FlowV1.FailJobRequest, FlowV1.FailJobResponse>) {
    work(call, variables: call.request.variables, FlowV1.FailJobResponse.init(position:)) { request, variables throws(Status) in
      guard 0...Limits.jobTimeoutMs ~= request.backoffMs else {
        throw Status(.invalidArgument, "backoff_ms is \(request.backoffMs), and has to be from 0 to \(Limits.jobTimeoutMs)")
      }
      return .failJob(
        try Naming.key(request.key), retries: Int(request.retries), backoffMs: request.backoffMs, message: request.message, variables)
    }
  }

  package func throwError(_ call: UnaryCall<FlowV1.ThrowErrorRequest, FlowV1.ThrowErrorResponse>) {
    work(call, variables: call.request.variables, FlowV1.ThrowErrorResponse.init(position:)) { request, variables throws(Status) in
      .throwError(
        job: try Naming.key(request.key), code: request.code, message: String(request.message.prefix(Limits.failureText)), variables)
    }
  }

  package func updateJobRetries(_ call: UnaryCall<FlowV1.UpdateJobRetriesRequest, FlowV1.UpdateJobRetriesResponse>) {
    work(call, variables: [], FlowV1.UpdateJobRetriesResponse.init(position:)) { request, _ throws(Status) in
      .setJobRetries(try Naming.key(request.key), Int(request.retries))
    }
  }

  package func updateJobTimeout(_ call: UnaryCall<FlowV1.UpdateJobTimeoutRequest, FlowV1.UpdateJobTimeoutResponse>) {
    work(call, variables: [], FlowV1.UpdateJobTimeoutResponse.init(position:)) { request, _ throws(Status) in
      guard 0...Limits.jobTimeoutMs ~= request.timeoutMs else {
        throw Status(.invalidArgument, "timeout_ms is \(request.timeoutMs), and has to be from 0 to \(Limits.jobTimeoutMs)")
      }
      return .setJobTimeout(try Naming.key(request.key), timeoutMs: request.timeoutMs)
    }
  }

  // MARK: for all commands

  /// Sends a command, and answers with the position when it is durable. Variables that are large are read on another thread.
  func work<Request, Response>(
    _ call: UnaryCall<Request, Response>, variables bytes: [UInt8], _ response: @escaping @Sendable (UInt64) -> Response,
    _ command: @escaping @Sendable (Request, [Variable]) throws(Status) -> Command
  ) {
    guard bytes.count <= Limits.variablesAtOnceBytes else {
      let isTaken = server.control.async { workNow(call, bytes, response, command) }
      return isTaken ? () : call.fail(FlowService.busy)
    }
    workNow(call, bytes, response, command)
  }

  private func workNow<Request, Response>(
    _ call: UnaryCall<Request, Response>, _ bytes: [UInt8], _ response: @escaping @Sendable (UInt64) -> Response,
    _ command: (Request, [Variable]) throws(Status) -> Command
  ) {
    do throws(Status) {
      server.work(try command(call.request, try Naming.variables(bytes))) { result in
        switch result {
        case .success(let answered): call.respond(response(answered.position.raw))
        case .failure(let refusal): call.fail(Status(refusal))
        }
      }
    } catch {
      call.fail(error)
    }
  }

  /// What is told of a page, and the token of the next; "" when all was told.
  func answer<Row, Told: ProtoMessage>(
    _ page: OpenPage<Row>, _ tell: (Row) -> Told, token: (Told) -> String
  ) -> (rows: [Told], next: String) {
    let (rows, isCut) = fitting(page.rows.map(tell))
    return (rows, page.hasMore || isCut ? rows.last.map(token) ?? "" : "")
  }

  /// As many rows as one answer takes; one is always told.
  func fitting<Row: ProtoMessage>(_ rows: [Row]) -> (rows: [Row], isCut: Bool) {
    var bytes = 0
    for (index, row) in rows.enumerated() {
      bytes += row.wireSize
      if bytes > Limits.pageBytes, index > 0 { return (Array(rows[..<index]), true) }
    }
    return (rows, false)
  }
}

/// How callers name things.
enum Naming {
  static func key(_ text: String) throws(Status) -> Key {
    guard let raw = UInt64(text) else {
      throw Status(.invalidArgument, "'\(String(text.prefix(40)))' is not a key", hint: "keys are decimal numbers, as lists tell them")
    }
    return Key(raw: raw)
  }

  /// - Returns: nil when none is named.
  static func instance(_ text: String) throws(Status) -> InstanceID? {
    guard !text.isEmpty else { return nil }
    guard let id = InstanceID(text) else {
      throw Status(.invalidArgument, "'\(String(text.prefix(60)))' is not the id of an instance", hint: "`flowctl ps` lists them")
    }
    return id
  }

  static func oneInstance(_ text: String) throws(Status) -> InstanceID {
    guard let id = try instance(text) else { throw Status(.invalidArgument, "instance_id is empty", hint: "`flowctl ps` lists instances") }
    return id
  }

  static func after(_ token: String) throws(Status) -> Key {
    guard !token.isEmpty else { return Key(raw: 0) }
    guard let raw = UInt64(token) else { throw FlowService.foreignToken }
    return Key(raw: raw)
  }

  static func limit(_ pageSize: UInt32) -> Int { pageSize == 0 ? 100 : min(Int(pageSize), Limits.pageRows) }

  /// - Parameter bytes: a JSON object, or nothing.
  static func variables(_ bytes: [UInt8]) throws(Status) -> [Variable] {
    guard !bytes.isEmpty else { return [] }
    guard bytes.count <= Limits.payloadBytes else {
      throw Status(.resourceExhausted, "variables of \(bytes.count) bytes are over the limit of \(Limits.payloadBytes)")
    }
    let json: JSON
    do throws(JSONError) { json = try JSON(parsing: bytes) } catch {
      throw Status(.invalidArgument, "variables are not JSON: \(error)", hint: "an object, such as {\"paid\": true}")
    }
    guard case .object(let object) = json else {
      throw Status(.invalidArgument, "variables are not a JSON object", hint: "an object, such as {\"paid\": true}")
    }
    return object.members.map { Variable($0.name, $0.value) }
  }
}

extension Key {
  var text: String { String(raw) }
}

extension FlowV1.Job {
  init(_ job: OpenJob) {
    self.init()
    key = job.key.text
    type = job.type
    instanceID = job.place.instance.text
    deploymentID = job.place.process.deploymentID
    processID = job.place.process.processID
    elementID = job.place.element.id
    elementInstance = String(job.place.activity.raw)
    state = FlowV1.JobState(job.state)
    retries = Int32(clamping: job.retries)
    worker = job.worker ?? ""
    deadlineMs = job.deadline?.milliseconds ?? 0
    for header in job.headers { headers[header.key] = header.value }
    variables = job.variables?.bytes ?? []
    errorMessage = job.errorMessage ?? ""
  }
}

extension FlowV1.JobState {
  init(_ state: OpenJob.State) {
    switch state {
    case .activatable: self = .activatable
    case .activated: self = .activated
    case .backingOff: self = .backingOff
    case .failed: self = .failed
    }
  }
}
