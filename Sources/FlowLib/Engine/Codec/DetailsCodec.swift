import FlowCore

// Stored forms that events and records share.

extension ByteWriter {
  mutating func variables(_ variables: [Variable]) {
    list(variables) {
      $0.string($1.name)
      $0.payload($1.value)
    }
  }

  mutating func wait(_ wait: Wait) {
    varint(wait.key.raw)
    varint(wait.element.raw)
    varint(wait.definition)
    waitKind(wait.kind)
  }

  mutating func waitKind(_ kind: Wait.Kind) {
    switch kind {
    case .timer(let due, let cycle):
      byte(1)
      time(due)
      optional(cycle) { $0.cycle($1) }
    case .message(let name, let key):
      byte(2)
      string(name)
      string(key)
    case .signal(let name):
      byte(3)
      string(name)
    case .condition(let held):
      byte(4)
      bool(held)
    }
  }

  mutating func cycle(_ cycle: TimerCycle) {
    string(cycle.text)
    optional(cycle.left) { $0.varint($1) }
  }

  mutating func job(_ job: WorkerJob) {
    varint(job.key.raw)
    string(job.type)
    signed(Int64(job.retries))
    optional(job.lock) { $0.lock($1) }
    optional(job.backoffUntil) { $0.time($1) }
    optional(job.errorMessage) { $0.string($1) }
    // One byte of three answers; listeners and headers came later.
    byte((job.isHeld ? 1 : 0) | (job.listener == nil ? 0 : 2) | (job.headers.isEmpty ? 0 : 4))
    if let listener = job.listener {
      bool(listener.isEnd)
      varint(listener.index)
    }
    guard !job.headers.isEmpty else { return }
    list(job.headers) {
      $0.string($1.key)
      $0.string($1.value)
    }
  }

  mutating func lock(_ lock: WorkerJob.Lock) {
    string(lock.worker)
    time(lock.until)
  }

  mutating func incident(_ incident: Incident) {
    varint(incident.key.raw)
    byte(incident.type.rawValue)
    string(incident.message)
    time(incident.at)
  }

  mutating func loop(_ loop: LoopState) {
    optional(loop.total) { $0.varint($1) }
    varint(loop.placed)
    varint(loop.begun)
    varint(loop.completed)
    varint(loop.terminated)
    list(loop.outputs.keys.sorted()) {
      $0.varint($1)
      $0.optional(loop.outputs[$1]) { $0.payload($1) }
    }
  }

  mutating func userTask(_ task: UserTaskState) {
    varint(task.key.raw)
    optional(task.assignee) { $0.string($1) }
    list(task.candidateGroups) { $0.string($1) }
    list(task.candidateUsers) { $0.string($1) }
    optional(task.dueDate) { $0.string($1) }
    optional(task.followUpDate) { $0.string($1) }
    signed(Int64(task.priority))
  }

  mutating func compensation(_ compensation: Compensation) {
    varint(compensation.activity.raw)
    varint(compensation.element.raw)
    variables(compensation.variables)
    list(compensation.inner) { $0.compensation($1) }
  }

  mutating func parent(_ parent: ParentLink) {
    id(parent.instance)
    varint(parent.activity.raw)
  }

  mutating func details(_ details: Details) {
    variables(details.variables.keys.sorted().compactMap { name in details.variables[name].map { Variable(name, $0) } })
    list(details.waits) { $0.wait($1) }
    optional(details.job) { $0.job($1) }
    optional(details.incident) { $0.incident($1) }
    optional(details.loop) { $0.loop($1) }
    optional(details.iteration) { $0.varint($1) }
    optional(details.call) { $0.id($1.id) }
    optional(details.userTask) { $0.userTask($1) }
    list(details.compensations) { $0.compensation($1) }
    optional(details.thrower) { $0.varint($1.raw) }
    byte(details.phase.rawValue)
    list(details.seen) { $0.seen($1) }
    list(details.counts.keys.sorted()) { $0.count($1, details.counts[$1] ?? 0) }
  }

  mutating func seen(_ seen: SeenDefinition) {
    varint(seen.element.raw)
    varint(seen.definition)
  }

  mutating func count(_ element: ElementIndex, _ count: Int) {
    varint(element.raw)
    varint(count)
  }

  mutating func message(_ message: BufferedMessage) {
    varint(message.key.raw)
    string(message.name)
    string(message.correlationKey)
    optional(message.messageID) { $0.string($1) }
    variables(message.variables)
    time(message.deadline)
    list(message.takenBy) { $0.string($1) }
  }

  mutating func migration(_ migration: Migration) {
    varint(migration.target.raw)
    list(migration.elements) {
      $0.varint($1.from.raw)
      $0.varint($1.to.raw)
    }
    list(migration.flows) {
      $0.varint($1.from.raw)
      $0.varint($1.to.raw)
    }
  }

  mutating func place(_ place: StartPlace) {
    varint(place.element.raw)
    string(place.correlationKey)
  }

  mutating func seen(_ seen: SeenTriggers) {
    list(seen.definitions) { $0.varint($1) }
    variables(seen.variables)
  }

  mutating func startTimer(_ timer: StartTimer) {
    time(timer.due)
    optional(timer.cycle) { $0.cycle($1) }
  }

  mutating func delivery(_ delivery: Delivery) {
    switch delivery {
    case .correlate(let message):
      byte(1)
      varint(message.raw)
    case .start(let deployment, let element, let variables):
      byte(2)
      varint(deployment.raw)
      varint(element.raw)
      self.variables(variables)
    case .call(let parent, let deployment, let id, let variables):
      byte(3)
      self.parent(parent)
      varint(deployment.raw)
      self.id(id)
      self.variables(variables)
    case .ended(let parent, let child, let outcome):
      byte(4)
      self.parent(parent)
      id(child)
      self.outcome(outcome)
    case .cancel(let id):
      byte(5)
      self.id(id)
    case .signal(let name, let variables, let after, let before):
      byte(6)
      string(name)
      self.variables(variables)
      optional(after) { $0.varint($1.raw) }
      optional(before) { $0.varint($1.raw) }
    case .trigger(let deployment, let place, let definition, let variables):
      byte(8)
      varint(deployment.raw)
      self.place(place)
      varint(definition)
      self.variables(variables)
    case .publish(let publish):
      byte(9)
      self.publish(publish)
    }
  }

  private mutating func publish(_ publish: PublishMessage) {
    string(publish.name)
    string(publish.correlationKey)
    signed(publish.timeToLiveMs)
    optional(publish.messageID) { $0.string($1) }
    variables(publish.variables)
  }

  private mutating func outcome(_ outcome: CallOutcome) {
    switch outcome {
    case .completed(let variables):
      byte(1)
      self.variables(variables)
    case .error(let code, let message, let variables):
      byte(2)
      string(code)
      string(message)
      self.variables(variables)
    case .escalation(let code, let variables):
      byte(3)
      string(code)
      self.variables(variables)
    case .canceled: byte(4)
    }
  }
}

extension ByteReader {
  mutating func migrated() throws(ByteCodingError) -> Migration {
    Migration(
      target: try key(),
      elements: try list { (reader) throws(ByteCodingError) in Migration.Element(from: try reader.element(), to: try reader.element()) },
      flows: try list { (reader) throws(ByteCodingError) in
        Migration.Flow(from: FlowIndex(try reader.int()), to: FlowIndex(try reader.int()))
      })
  }

  mutating func place() throws(ByteCodingError) -> StartPlace { StartPlace(element: try element(), correlationKey: try string()) }

  mutating func seenTriggers() throws(ByteCodingError) -> SeenTriggers {
    SeenTriggers(definitions: try list { (reader) throws(ByteCodingError) in try reader.int() }, variables: try variables())
  }

  mutating func variables() throws(ByteCodingError) -> [Variable] {
    try list { (reader) throws(ByteCodingError) in Variable(try reader.string(), try reader.payload()) }
  }

  mutating func optionalString() throws(ByteCodingError) -> String? {
    try optional { (reader) throws(ByteCodingError) in try reader.string() }
  }

  mutating func strings() throws(ByteCodingError) -> [String] { try list { (reader) throws(ByteCodingError) in try reader.string() } }

  mutating func optionalTime() throws(ByteCodingError) -> Instant? {
    try optional { (reader) throws(ByteCodingError) in try reader.time() }
  }

  mutating func optionalKey() throws(ByteCodingError) -> Key? {
    try optional { (reader) throws(ByteCodingError) in try reader.key() }
  }

  mutating func signedInt() throws(ByteCodingError) -> Int {
    guard let value = Int(exactly: try signed()) else { throw fail("number out of range") }
    return value
  }

  mutating func wait() throws(ByteCodingError) -> Wait {
    Wait(key: try key(), element: try element(), definition: try int(), kind: try waitKind())
  }

  mutating func waitKind() throws(ByteCodingError) -> Wait.Kind {
    switch try byte() {
    case 1: return .timer(due: try time(), cycle: try optional { (reader) throws(ByteCodingError) in try reader.cycle() })
    case 2: return .message(name: try string(), correlationKey: try string())
    case 3: return .signal(name: try string())
    case 4: return .condition(held: try bool())
    default: throw fail("unknown kind of wait")
    }
  }

  mutating func cycle() throws(ByteCodingError) -> TimerCycle {
    TimerCycle(text: try string(), left: try optional { (reader) throws(ByteCodingError) in try reader.int() })
  }

  mutating func job() throws(ByteCodingError) -> WorkerJob {
    let (key, type, retries) = (try key(), try string(), try signedInt())
    let lock = try optional { (reader) throws(ByteCodingError) in try reader.lock() }
    let (backoffUntil, errorMessage, answers) = (try optionalTime(), try optionalString(), try byte())
    guard answers < 8 else { throw fail("unknown kind of job") }
    let listener = answers & 2 == 0 ? nil : ListenerPlace(isEnd: try bool(), index: try int())
    var headers: [JobHeader] = []
    if answers & 4 != 0 {
      headers = try list { (reader) throws(ByteCodingError) in JobHeader(key: try reader.string(), value: try reader.string()) }
    }
    var job = WorkerJob(key: key, type: type, retries: retries, listener: listener, headers: headers)
    (job.lock, job.backoffUntil, job.errorMessage, job.isHeld) = (lock, backoffUntil, errorMessage, answers & 1 == 1)
    return job
  }

  mutating func lock() throws(ByteCodingError) -> WorkerJob.Lock { WorkerJob.Lock(worker: try string(), until: try time()) }

  mutating func incident() throws(ByteCodingError) -> Incident {
    let key = try key()
    guard let type = IncidentType(rawValue: try byte()) else { throw fail("unknown type of incident") }
    return Incident(key: key, type: type, message: try string(), at: try time())
  }

  mutating func loop() throws(ByteCodingError) -> LoopState {
    var loop = LoopState(total: try optional { (reader) throws(ByteCodingError) in try reader.int() })
    (loop.placed, loop.begun, loop.completed, loop.terminated) = (try int(), try int(), try int(), try int())
    let outputs = try list { (reader) throws(ByteCodingError) in (try reader.int(), try reader.optionalPayload()) }
    for (iteration, output) in outputs { loop.outputs[iteration] = output }
    return loop
  }

  mutating func userTask() throws(ByteCodingError) -> UserTaskState {
    var task = UserTaskState(key: try key())
    task.assignee = try optionalString()
    task.candidateGroups = try strings()
    task.candidateUsers = try strings()
    task.dueDate = try optionalString()
    task.followUpDate = try optionalString()
    task.priority = try signedInt()
    return task
  }

  /// - Parameter depth: how deep it may nest, since a reader's stack must not depend on its input.
  mutating func compensation(depth: Int = Limits.scopeDepth + 1) throws(ByteCodingError) -> Compensation {
    guard depth > 0 else { throw fail("compensations nest too deep") }
    return Compensation(
      activity: try activity(), element: try element(), variables: try variables(),
      inner: try list { (reader) throws(ByteCodingError) in try reader.compensation(depth: depth - 1) })
  }

  mutating func parent() throws(ByteCodingError) -> ParentLink { ParentLink(instance: try instanceID(), activity: try activity()) }

  mutating func phase() throws(ByteCodingError) -> Phase {
    guard let phase = Phase(rawValue: try byte()) else { throw fail("unknown phase") }
    return phase
  }

  mutating func seen() throws(ByteCodingError) -> SeenDefinition { SeenDefinition(element: try element(), definition: try int()) }

  mutating func details() throws(ByteCodingError) -> Details {
    var details = Details()
    for variable in try variables() { details.variables[variable.name] = variable.value }
    details.waits = try list { (reader) throws(ByteCodingError) in try reader.wait() }
    details.job = try optional { (reader) throws(ByteCodingError) in try reader.job() }
    details.incident = try optional { (reader) throws(ByteCodingError) in try reader.incident() }
    details.loop = try optional { (reader) throws(ByteCodingError) in try reader.loop() }
    details.iteration = try optional { (reader) throws(ByteCodingError) in try reader.int() }
    details.call = try optional { (reader) throws(ByteCodingError) in CalledInstance(id: try reader.instanceID()) }
    details.userTask = try optional { (reader) throws(ByteCodingError) in try reader.userTask() }
    details.compensations = try list { (reader) throws(ByteCodingError) in try reader.compensation() }
    details.thrower = try optional { (reader) throws(ByteCodingError) in try reader.activity() }
    details.phase = try phase()
    details.seen = try list { (reader) throws(ByteCodingError) in try reader.seen() }
    for (element, count) in try list({ (reader) throws(ByteCodingError) in (try reader.element(), try reader.int()) }) {
      details.counts[element] = count
    }
    return details
  }

  mutating func message() throws(ByteCodingError) -> BufferedMessage {
    var message = BufferedMessage(
      key: try key(), name: try string(), correlationKey: try string(), messageID: try optionalString(), variables: try variables(),
      deadline: try time())
    message.takenBy = try strings()
    return message
  }

  mutating func startTimer() throws(ByteCodingError) -> StartTimer {
    StartTimer(due: try time(), cycle: try optional { (reader) throws(ByteCodingError) in try reader.cycle() })
  }

  mutating func delivery() throws(ByteCodingError) -> Delivery {
    switch try byte() {
    case 1: return .correlate(message: try key())
    case 2: return .start(deployment: try key(), element: try element(), variables: try variables())
    case 3: return .call(try parent(), deployment: try key(), id: try instanceID(), variables: try variables())
    case 4: return .ended(try parent(), child: try instanceID(), try outcome())
    case 5: return .cancel(try instanceID())
    case 6: return .signal(name: try string(), variables: try variables(), after: try optionalKey(), before: try optionalKey())
    case 8:
      return .trigger(deployment: try key(), try place(), definition: try int(), variables: try variables())
    case 9: return .publish(try publish())
    default: throw fail("unknown delivery")
    }
  }

  private mutating func publish() throws(ByteCodingError) -> PublishMessage {
    PublishMessage(
      name: try string(), correlationKey: try string(), timeToLiveMs: try signed(),
      messageID: try optional { (reader) throws(ByteCodingError) in try reader.string() }, variables: try variables())
  }

  private mutating func outcome() throws(ByteCodingError) -> CallOutcome {
    switch try byte() {
    case 1: return .completed(try variables())
    case 2: return .error(code: try string(), message: try string(), try variables())
    case 3: return .escalation(code: try string(), try variables())
    case 4: return .canceled
    default: throw fail("unknown outcome")
    }
  }
}
