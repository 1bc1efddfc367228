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
  /// The process's own start events, in document order; never empty.
  package let startEvents: [ElementIndex]
  package let settings: ProcessSettings

  init(
    deploymentID: String, processID: String, name: String?, elements: [ExecutableElement], flows: [ExecutableFlow],
    startEvents: [ElementIndex], settings: ProcessSettings
  ) {
    self.deploymentID = deploymentID
    self.processID = processID
    self.name = name
    self.elements = elements
    self.flows = flows
    self.startEvents = startEvents
    self.settings = settings
  }

  /// The same process under other settings.
  package func with(_ settings: ProcessSettings) -> ExecutableProcess {
    ExecutableProcess(
      deploymentID: deploymentID, processID: processID, name: name, elements: elements, flows: flows, startEvents: startEvents,
      settings: settings)
  }

  package subscript(index: ElementIndex) -> ExecutableElement { elements[index.raw] }
  package subscript(index: FlowIndex) -> ExecutableFlow { flows[index.raw] }

  package func element(id: String) -> ElementIndex? { elements.firstIndex { $0.id == id }.map { ElementIndex($0) } }
}

/// What the model says of the process as a whole.
package struct ProcessSettings: Sendable, Equatable {
  /// A failed task leaves the instance STOPPED, to be retried, instead of ERROR.
  package var isRecoverable = false
  /// The body is a context; tasks see their declared inputs, and their outputs are merged back.
  package var usesClosureTransport = false
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
  /// Error boundary events attached to it, in document order.
  package let boundaryEvents: [ElementIndex]

  init(
    id: String, name: String?, derivedName: String, scope: ElementIndex?, kind: ExecutableKind, incoming: [FlowIndex],
    outgoing: [FlowIndex], boundaryEvents: [ElementIndex]
  ) {
    self.id = id
    self.name = name
    self.derivedName = derivedName
    self.scope = scope
    self.kind = kind
    self.incoming = incoming
    self.outgoing = outgoing
    self.boundaryEvents = boundaryEvents
  }
}

package enum ExecutableKind: Sendable {
  /// `isYAML`: arguments of `run` are announced as YAML.
  case startEvent(isYAML: Bool)
  case endEvent(EndBehavior)
  /// A task without work of its own: the token passes.
  case task
  case serviceTask(ServiceBinding)
  case exclusiveGateway(defaultFlow: FlowIndex?)
  case parallelGateway
  case subProcess(start: ElementIndex)
  /// Catches every error when `errorCode` is nil.
  case errorBoundaryEvent(errorCode: String?)
}

package enum EndBehavior: Sendable, Equatable {
  case none
  case terminate
  case error(code: String)
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
