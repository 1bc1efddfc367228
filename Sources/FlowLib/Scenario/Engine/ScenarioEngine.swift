import FlowCore
import FlowEngine

/// What a scenario drives: one engine with a virtual clock, empty at first, used by one thread.
///
/// Every call returns when the engine rests: nothing more happens without time or input. A refusal is a `Status` with the code that the
/// gRPC surface would answer; nothing has changed then.
package protocol ScenarioEngine: AnyObject {
  // MARK: Commands

  /// All files in one command: all are deployed, or none.
  ///
  /// - Returns: the processes in the order of files and document, also those that were deployed before unchanged.
  func deploy(_ files: [ModelFile]) throws(Status) -> [DeployedProcess]
  func start(_ request: StartRequest) throws(Status) -> Key
  /// Locks up to so many jobs for a worker, in the engine's order.
  ///
  /// - Returns: the jobs that the worker has now.
  func activate(type: String, count: Int, lockMs: Int64) throws(Status) -> [Key]
  /// Also a job that nobody locked: a scenario that wants a certain one of several names it by key.
  func complete(_ job: Key, variables: JSON.Object) throws(Status)
  func fail(_ job: Key, _ failure: JobFailure) throws(Status)
  func throwError(_ job: Key, _ error: JobError) throws(Status)
  func updateRetries(_ job: Key, retries: Int) throws(Status)
  /// The key comes from `userTasks()`.
  func completeUserTask(_ task: Key, variables: JSON.Object) throws(Status)
  func publish(_ message: MessagePublication) throws(Status)
  func signal(_ name: String, variables: JSON.Object) throws(Status)
  /// Moves the clock to `end`. Timers, locks, back-offs and messages that come due before it fire in order of due time, each with the
  /// clock at its time and the engine at rest before the next.
  ///
  /// - Throws: RESOURCE_EXHAUSTED past `Limits.scenarioTimers` of them.
  func advance(to end: Instant) throws(Status)
  func setVariables(_ variables: JSON.Object, in scope: VariableScope, isLocal: Bool) throws(Status)
  /// Starts the processes whose conditional start events hold over these variables.
  func evaluateConditions(_ variables: JSON.Object) throws(Status)
  func resolve(_ incident: Key) throws(Status)
  func cancel(_ instance: Key) throws(Status)
  /// The instance goes on in another version of its process, elements with other ids as `mapping` says (from, to).
  ///
  /// - Parameter version: nil for the latest.
  func migrate(_ instance: Key, to version: Int?, mapping: [(from: String, to: String)]) throws(Status)
  /// In one command: ends what is active, and begins elements with the scopes around them that are not active.
  func modify(_ instance: Key, activate: [String], terminate: [ActiveElement]) throws(Status)
  func activateAdHoc(_ scope: ActiveElement, elements: [String]) throws(Status)
  func completeAdHoc(_ scope: ActiveElement) throws(Status)

  // MARK: What is seen

  /// What elements did since the engine began, from number `first` on, in the order of the journal.
  func elementSteps(from first: Int) -> [ElementStep]
  /// Every element that is active now, in the order of entry; bodies of loops and subprocesses too, not the processes themselves.
  func activeElements() -> [ActiveElement]
  /// Every open job, in the order of creation.
  func jobs() -> [OpenJob]
  /// Every open user task of the native kind, in the order of creation.
  func userTasks() -> [OpenUserTask]
  func incidents() -> [OpenIncident]
  /// Every instance that ever was, in the order of start.
  func instances() -> [InstanceSummary]
  /// The variables of an instance's root scope, also when it has ended; nil when there is no such instance.
  func rootVariables(of instance: Key) -> JSON.Object?

  /// Replays the whole journal from nothing and compares.
  ///
  /// - Returns: what differs; nil when the replayed state is the state.
  func replayProblem() -> String?
  /// Ends its threads. Called once, last.
  func close()
}

/// Makes an empty engine whose clock stands at a time.
package typealias ScenarioEngineFactory = @Sendable (_ clock: Instant) throws(Status) -> any ScenarioEngine

/// One BPMN file as it is deployed.
package struct ModelFile: Sendable {
  /// As the scenario names it.
  package var name: String
  package var bytes: [UInt8]

  package init(name: String, bytes: [UInt8]) {
    self.name = name
    self.bytes = bytes
  }
}

package struct DeployedProcess: Sendable, Equatable {
  /// The process's id in the model.
  package var id: String
  package var version: Int

  package init(id: String, version: Int) {
    self.id = id
    self.version = version
  }
}

/// One step in the life of one activation of a flow node.
package struct ElementStep: Sendable, Equatable {
  package enum Kind: Sendable, Equatable { case entered, completed, terminated }

  package var element: String
  package var kind: Kind
  package var instance: Key
  /// The body of a multi-instance or loop activity: counts say nothing of it.
  package var isLoopBody: Bool

  package init(_ element: String, _ kind: Kind, instance: Key, isLoopBody: Bool = false) {
    self.element = element
    self.kind = kind
    self.instance = instance
    self.isLoopBody = isLoopBody
  }
}

/// One activation of a flow node.
package struct ActiveElement: Sendable, Equatable {
  package var element: String
  package var instance: Key
  package var activity: ActivityID
  package var isLoopBody: Bool

  package init(_ element: String, instance: Key, activity: ActivityID, isLoopBody: Bool = false) {
    self.element = element
    self.instance = instance
    self.activity = activity
    self.isLoopBody = isLoopBody
  }
}

package enum VariableScope: Sendable, Equatable {
  case instance(Key)
  case element(ActiveElement)
}

package struct OpenJob: Sendable, Equatable {
  package enum State: Sendable, Equatable {
    case activatable
    /// A worker holds its lock.
    case locked
    /// It waits for its back-off to be over, or for an incident to be resolved.
    case failed
  }

  package var key: Key
  package var type: String
  package var element: String
  package var instance: Key
  package var state: State
  package var retries: Int
  package var headers: JSON.Object
  /// All that the job sees.
  package var variables: SeenVariables

  package init(
    key: Key, type: String, element: String, instance: Key, state: State = .activatable, retries: Int = 3, headers: JSON.Object = [:],
    variables: SeenVariables = SeenVariables()
  ) {
    self.key = key
    self.type = type
    self.element = element
    self.instance = instance
    self.state = state
    self.retries = retries
    self.headers = headers
    self.variables = variables
  }
}

/// What a job or a task sees, read only when somebody asks: of a hundred thousand each may see a large collection.
package struct SeenVariables: Sendable, Equatable {
  private let encoded: [Variable]

  package init(_ encoded: [Variable] = []) { self.encoded = encoded }

  package var object: JSON.Object { encoded.asObject }

  func holds(_ wanted: JSON.Object) -> Bool { wanted.isEmpty || object.holds(wanted) }
}

package struct OpenUserTask: Sendable, Equatable {
  package var key: Key
  package var element: String
  package var instance: Key
  package var variables: SeenVariables

  package init(key: Key, element: String, instance: Key, variables: SeenVariables = SeenVariables()) {
    self.key = key
    self.element = element
    self.instance = instance
    self.variables = variables
  }
}

package struct OpenIncident: Sendable, Equatable, CustomStringConvertible {
  package var key: Key
  package var element: String
  package var instance: Key
  /// Zeebe's name: `JOB_NO_RETRIES`.
  package var type: String
  package var message: String

  package init(key: Key, element: String, instance: Key, type: String, message: String) {
    self.key = key
    self.element = element
    self.instance = instance
    self.type = type
    self.message = message
  }

  package var description: String { "\(element) \(type) \(JSON.quote(message))" }
}

package struct InstanceSummary: Sendable, Equatable {
  package enum State: String, Sendable, Equatable { case active, completed, canceled }

  package var key: Key
  /// The process's id in the model.
  package var process: String
  package var state: State
  /// A call activity started it.
  package var isCalled: Bool

  package init(key: Key, process: String, state: State, isCalled: Bool = false) {
    self.key = key
    self.process = process
    self.state = state
    self.isCalled = isCalled
  }
}
