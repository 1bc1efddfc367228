import FlowBPMN
import FlowCore
import FlowFEEL

/// A process made ready to run: flow nodes and sequence flows by their numbers, expressions parsed. Immutable, and shared by all that
/// runs: every step looks at it, and none should copy it.
package final class ExecutableProcess: Sendable {
  package let deploymentID: String
  package let processID: String
  package let name: String?
  package let elements: [ExecutableElement]
  package let flows: [ExecutableFlow]
  /// The process's own none start events, in document order.
  package let startEvents: [ElementIndex]
  /// Of a process without any start event: all that begins in it.
  package let implicitStarts: [ElementIndex]
  /// What begins instances when a message, a timer, a signal or a condition comes: start events, and events that instantiate.
  package let waitingStarts: [ElementIndex]
  /// By the subprocess that holds them; nil: the process itself.
  package let scopes: [ElementIndex?: ExecutableScope]
  package let settings: ProcessSettings
  /// Messages that are correlated by properties, by their names.
  let correlations: [String: CorrelationPlan]
  /// Whether something of it is done by a service that is called.
  let callsServices: Bool

  init(
    deploymentID: String, processID: String, name: String?, elements: [ExecutableElement], flows: [ExecutableFlow],
    startEvents: [ElementIndex], implicitStarts: [ElementIndex] = [], waitingStarts: [ElementIndex],
    scopes: [ElementIndex?: ExecutableScope], settings: ProcessSettings, correlations: [String: CorrelationPlan] = [:]
  ) {
    self.deploymentID = deploymentID
    self.processID = processID
    self.name = name
    self.elements = elements
    self.flows = flows
    self.startEvents = startEvents
    self.implicitStarts = implicitStarts
    self.waitingStarts = waitingStarts
    self.scopes = scopes
    self.settings = settings
    self.correlations = correlations
    callsServices = elements.contains { $0.service != nil || ($0.isDecision && settings.asksDecisionService) }
  }

  /// The same process under other settings.
  package func with(_ settings: ProcessSettings) -> ExecutableProcess {
    ExecutableProcess(
      deploymentID: deploymentID, processID: processID, name: name, elements: elements, flows: flows, startEvents: startEvents,
      implicitStarts: implicitStarts, waitingStarts: waitingStarts, scopes: scopes, settings: settings, correlations: correlations)
  }

  package subscript(index: ElementIndex) -> ExecutableElement { elements[index.raw] }
  package subscript(index: FlowIndex) -> ExecutableFlow { flows[index.raw] }

  package func element(id: String) -> ElementIndex? { elements.firstIndex { $0.id == id }.map { ElementIndex($0) } }

  /// Event subprocesses directly in a scope.
  func eventSubProcesses(of scope: ElementIndex?) -> [ElementIndex] { scopes[scope]?.eventSubProcesses ?? [] }

  /// Whether tokens may begin in the process itself without coming from anywhere.
  var placesTokens: Bool { settings.usesVariables || settings.placesTokens }
}

/// What the model says of the process as a whole.
package struct ProcessSettings: Sendable, Equatable {
  /// A failed task leaves the instance STOPPED, to be retried, instead of ERROR.
  package var isRecoverable = false
  /// The body is a context; tasks see their declared inputs, and their outputs are merged back.
  package var usesClosureTransport = false
  /// Bodies of requests are variables of the process; else they travel with the token.
  package var usesVariables = false
  /// It is written for variables, so that other bodies are refused.
  package var needsVariables = false
  /// It has events that begin something in the process itself.
  var placesTokens = false
  /// `zeebe:versionTag`.
  package var versionTag: String?
  /// How long a deployment may be STARTING or STOPPING.
  package var deploymentTimeoutMs: Int64 = 180_000
  /// An external decision service evaluates the FEEL conditions of exclusive gateways. Said by the node, not by the model.
  package var asksDecisionService = false
  /// `user_opaque_metadata`, shown with the deployment.
  package var userMetadata = JSON.Object()
  package init() {}
}

package struct ExecutableFlow: Sendable {
  package let id: String
  package let source: ElementIndex
  package let target: ElementIndex
  package let condition: CompiledExpression?
}

package final class ExecutableElement: Sendable {
  package let id: String
  package let name: String?
  /// The name by which the original addresses it; `end_event` shows it.
  package let derivedName: String
  /// The subprocess around it; nil directly in the process.
  package let scope: ElementIndex?
  package let kind: ExecutableKind
  package let incoming: [FlowIndex]
  package let outgoing: [FlowIndex]
  /// Boundary events attached to it, in document order.
  package let boundaryEvents: [ElementIndex]
  package let more: ElementExtras
  /// Whether it is done in one step: nothing is mapped, waited for or remembered.
  let isSimple: Bool

  init(
    id: String, name: String?, derivedName: String, scope: ElementIndex?, kind: ExecutableKind, incoming: [FlowIndex],
    outgoing: [FlowIndex], boundaryEvents: [ElementIndex], more: ElementExtras
  ) {
    self.id = id
    self.name = name
    self.derivedName = derivedName
    self.scope = scope
    self.kind = kind
    self.incoming = incoming
    self.outgoing = outgoing
    self.boundaryEvents = boundaryEvents
    self.more = more
    isSimple = boundaryEvents.isEmpty && more.isSimple
  }
}

/// What only some elements have.
package struct ElementExtras: Sendable {
  package var inputs: [VariableMapping] = []
  package var outputs: [VariableMapping] = []
  /// Data associations of what it gives; unlike `outputs` they leave its other results alone.
  package var dataOutputs: [VariableMapping] = []
  /// Variables that it has for itself, null at first.
  package var locals: [String] = []
  package var loop: ExecutableLoop?
  /// What a catching event waits for, or a throwing one does, in document order.
  package var events: [ExecutableEvent] = []
  /// All of `events` have to happen, not one.
  package var isParallelMultiple = false
  /// Whether the event ends what it is attached to, or the scope that its event subprocess lies in.
  package var isInterrupting = true
  /// The flow that is taken when no condition holds.
  package var defaultFlow: FlowIndex?
  /// Its flows have conditions, or some of them.
  package var choosesFlows = false
  /// The activity that undoes it once it has completed.
  package var compensationHandler: ElementIndex?
  /// The boundary event that leads to the handler, if one does.
  package var compensationBoundary: ElementIndex?
  package var isForCompensation = false
  /// Of an event or receive task that begins instances without being a start event: what is waited for beside it.
  package var instantiation: [ElementIndex]?
  /// Of a subprocess without a start event: what begins in it beside the first.
  package var otherStarts: [ElementIndex] = []
  /// Of what throws a message: how it is published.
  var publication: Publication?
  package var startQuantity = 1
  package var completionQuantity = 1
  package var headers: [JobHeader] = []
  package var workedOutHeaders: [WorkedOutHeader] = []
  /// Jobs that are done before its work, and after it.
  var startListeners: [ExecutableListener] = []
  var endListeners: [ExecutableListener] = []
  package init() {}

  fileprivate var isSimple: Bool {
    inputs.isEmpty && outputs.isEmpty && dataOutputs.isEmpty && locals.isEmpty && loop == nil && !choosesFlows
      && compensationHandler == nil && !isForCompensation && otherStarts.isEmpty && startListeners.isEmpty && endListeners.isEmpty
  }

  /// Of an event that has happened: whether tokens leave it with no more to do.
  var leavesAtOnce: Bool { outputs.isEmpty && endListeners.isEmpty }
}

/// `zeebe:executionListener`.
struct ExecutableListener: Sendable {
  let type: CompiledValue
  let retries: CompiledValue
}

/// `zeebe:publishMessage`, or only the key that the message itself names.
struct Publication: Sendable {
  var key: CompiledValue?
  var messageID: CompiledValue?
  var timeToLive: CompiledValue?
}

package struct JobHeader: Sendable, Equatable {
  package let key: String
  package let value: String
}

/// A fixed text, or an expression where the model begins it with `=`.
package enum CompiledValue: Sendable {
  case text(String)
  case expression(CompiledExpression)

  /// How an incident calls it: a correlation key '= order.id'.
  func named(_ what: String) -> String {
    guard case .expression(let expression) = self else { return what }
    return "\(what) '\(expression.text)'"
  }
}

/// What the value is set to, in the scope that the mapping concerns: `target` is a name, or a path into a context.
package struct VariableMapping: Sendable {
  package let source: CompiledValue
  package let target: [String]
  /// Nothing is set unless these are there.
  package var needs: [String] = []
}

package enum ExecutableLoop: Sendable {
  /// - Parameter maximum: nil when only the condition ends it.
  case standard(condition: CompiledExpression?, testBefore: Bool, maximum: Int?)
  indirect case multiInstance(MultiInstanceLoop)
}

package struct MultiInstanceLoop: Sendable {
  package var isSequential = false
  /// Either a collection, or a number of iterations.
  package var collection: CompiledExpression?
  package var cardinality: CompiledExpression?
  package var inputElement: String?
  package var outputCollection: String?
  package var outputElement: CompiledExpression?
  package var completionCondition: CompiledExpression?
  package var behavior = LoopBehavior.all
  package init() {}
}

/// What a multi-instance activity throws as its instances complete.
package enum LoopBehavior: Sendable {
  /// Nothing.
  case all
  /// At each.
  indirect case none(ExecutableEvent)
  /// At the first.
  indirect case one(ExecutableEvent)
  case complex([ComplexLoopBehavior])
}

package struct ComplexLoopBehavior: Sendable {
  package let condition: CompiledExpression
  package let events: [ExecutableEvent]
}

package enum ExecutableEvent: Sendable {
  case timer(TimerKind, CompiledValue)
  /// - Parameter key: nil for a start event of a process, where no key is needed.
  case message(name: CompiledValue, key: CompiledValue?)
  case signal(name: CompiledValue)
  case condition(CompiledExpression, filter: ConditionFilter?)
  /// Catches every error when the code is nil.
  case error(code: CompiledValue?)
  case escalation(code: CompiledValue?)
  /// - Parameter activity: nil for all in the scope.
  case compensation(activity: ElementIndex?, waits: Bool)
  case cancel
  case terminate
  /// - Parameter target: where a throwing link leads.
  case link(name: String, target: ElementIndex?)
}

/// Which changes of variables are a reason to look at a condition; empty lists mean any.
package struct ConditionFilter: Sendable {
  package let names: [String]
  package let kinds: [ConditionalDefinition.Change]
}

package enum TimerKind: Sendable { case date, duration, cycle }

/// Cases with much in them are `indirect`: a step that only looks which one it is copies no more than a word.
package enum ExecutableKind: Sendable {
  /// `isYAML`: arguments of `run` are announced as YAML.
  case startEvent(isYAML: Bool)
  case endEvent(EndBehavior)
  /// A task without work of its own: the token passes.
  case task
  indirect case serviceTask(ServiceBinding)
  /// Work that a worker polls for.
  indirect case job(type: CompiledValue, retries: CompiledValue)
  indirect case userTask(UserTaskDefinition)
  /// - Parameter result: the variable that takes the value.
  indirect case script(CompiledExpression, result: String)
  /// An intermediate event or a receive task that waits for one of its events.
  case catchEvent
  case throwEvent
  case exclusiveGateway(defaultFlow: FlowIndex?)
  case parallelGateway
  case inclusiveGateway
  indirect case complexGateway(activation: CompiledExpression?)
  case eventBasedGateway(isParallel: Bool)
  case subProcess(start: ElementIndex)
  /// Begins when its start event fires, in the scope around it.
  case eventSubProcess(start: ElementIndex)
  case transaction(start: ElementIndex)
  indirect case adHocSubProcess(AdHocDefinition)
  indirect case callActivity(CallDefinition)
  case boundaryEvent
}

package struct AdHocDefinition: Sendable {
  package var isSequential = false
  package var cancelsRemaining = true
  package var completion: CompiledExpression?
  /// Elements that begin at once: a list of ids.
  package var active: CompiledExpression?
  /// Elements that may be started: those inside that no flow leads to.
  package var startable: [ElementIndex] = []
  package init() {}
}

package struct CallDefinition: Sendable {
  package var processID: CompiledValue
  package var propagatesParentVariables = true
  package var propagatesChildVariables = true
  package var binding = Binding.latest

  package enum Binding: Sendable, Equatable {
    case latest
    /// What was deployed together with the caller.
    case deployment
    case versionTag(String)
  }

  package init(processID: CompiledValue) { self.processID = processID }
}

package struct UserTaskDefinition: Sendable {
  /// The type of the jobs of user tasks that are done by workers.
  package static let jobType = "io.camunda.zeebe:userTask"

  package var assignee: CompiledValue?
  package var candidateGroups: CompiledValue?
  package var candidateUsers: CompiledValue?
  package var dueDate: CompiledValue?
  package var followUpDate: CompiledValue?
  package var priority: CompiledValue?
  package init() {}
}

/// A level of the process: what begins in it by itself, and what events begin.
package struct ExecutableScope: Sendable {
  package var eventSubProcesses: [ElementIndex] = []
  package init() {}
}

package enum EndBehavior: Sendable, Equatable {
  case none
  case terminate
  case error(code: String)
  /// Does what its events say, and then ends.
  case events
}

/// The service that does a task's work, and how it is called (the original's `rexflow:` annotation).
package struct ServiceBinding: Sendable, Equatable {
  package var scheme = "http"
  package var host: String
  package var port: Int
  package var method = "POST"
  /// May hold `{name}`, replaced from the JSON body.
  package var path = "/"
  package var attemptsMax = 1
  package var isPreexisting = false
  /// Program and arguments that the process orchestrator starts; empty when the service lives elsewhere.
  package var command: [String] = []
  package var inputs: [ClosureParameter] = []
  package var outputs: [ClosureParameter] = []
  /// How it is probed; nil when it is not.
  package var health: RexflowHealth?

  package init(host: String, port: Int) {
    self.host = host
    self.port = port
  }
}
