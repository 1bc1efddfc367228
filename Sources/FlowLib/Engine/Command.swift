import FlowCore
import FlowFEEL

/// What happened outside, or what somebody asks for. Ids, time and chance come with it or with the context.
package enum Command: Sendable {
  case deploy(Deploy)
  case startDeployment(Key)
  case stopDeployment(Key, force: Bool)
  case deleteDeployment(Key)
  /// Probes and the orchestrator looked at a deployment that is on its way.
  case observeDeployment(Key, DeploymentObservation)
  /// A STARTING or STOPPING deployment took longer than it may; `since` names which stay is meant.
  case deploymentTimedOut(Key, since: Instant)

  case createInstance(CreateInstance)
  case jobCompleted(job: Key, instance: Key, response: Payload)
  case jobFailed(job: Key, instance: Key, ServiceFailure)
  /// The decision service was asked which way a gateway goes; nil: none of its conditions is true.
  case gatewayDecided(job: Key, instance: Key, FlowIndex?)
  /// Somebody outside reports an instance's failure (the original's `/instancefail`).
  case failInstance(Key, ServiceFailure)
  /// Somebody outside ends an instance (the original's `POST /`).
  case endInstance(Key, result: Payload)
  case retryInstance(Key)
  case cancelInstance(Key)
  /// Removes what the views keep of a finished instance.
  case deleteInstance(InstanceID)
  /// Goes on with work that did not fit into one command.
  case `continue`(Continuation)

  case publishMessage(PublishMessage)
  case broadcastSignal(name: String, [Variable])
  /// Starts instances whose conditional start events hold over these variables.
  case evaluateConditions([Variable])
  case activateJobs(ActivateJobs)
  case completeJob(Key, [Variable])
  case failJob(Key, retries: Int, backoffMs: Int64, message: String, [Variable])
  case throwError(job: Key, code: String, message: String, [Variable])
  case setJobRetries(Key, Int)
  /// - Parameter timeoutMs: from now.
  case setJobTimeout(Key, timeoutMs: Int64)
  case completeUserTask(Key, [Variable])
  case changeUserTask(Key, UserTaskChange)
  case resolveIncident(Key)
  case setVariables(instance: Key, scope: ActivityID, [Variable], isLocal: Bool)
  case modifyInstance(Key, Modification)
  /// Goes on in another deployment, each active element as the one that the mapping says, or else the one with the same id.
  case migrateInstance(Key, to: Key, mapping: [(from: String, to: String)])
  case activateInAdHoc(instance: Key, ActivityID, elements: [String])
  case completeAdHoc(instance: Key, ActivityID)
  /// Does the first thing that is due, or the first piece of work between instances; nothing when there is none.
  case goOn
}

package struct PublishMessage: Sendable {
  package var name: String
  package var correlationKey: String
  package var timeToLiveMs: Int64
  package var messageID: String?
  package var variables: [Variable]

  package init(name: String, correlationKey: String, timeToLiveMs: Int64, messageID: String?, variables: [Variable]) {
    self.name = name
    self.correlationKey = correlationKey
    self.timeToLiveMs = timeToLiveMs
    self.messageID = messageID
    self.variables = variables
  }
}

package struct ActivateJobs: Sendable {
  package var type: String
  package var worker: String
  package var count: Int
  package var timeoutMs: Int64

  package init(type: String, worker: String, count: Int, timeoutMs: Int64) {
    self.type = type
    self.worker = worker
    self.count = count
    self.timeoutMs = timeoutMs
  }
}

/// What of a user task is to be another; nil stays as it is.
package struct UserTaskChange: Sendable, Equatable {
  /// "" assigns it to nobody.
  package var assignee: String?
  package var candidateGroups: [String]?
  package var candidateUsers: [String]?
  package var dueDate: String?
  package var followUpDate: String?
  package var priority: Int?

  package init() {}
}

/// Tokens are put elsewhere by hand.
package struct Modification: Sendable {
  package struct Activation: Sendable {
    package var element: String
    package var variables: [Variable]

    package init(element: String, variables: [Variable] = []) {
      self.element = element
      self.variables = variables
    }
  }

  package var activate: [Activation]
  package var terminate: [ActivityID]

  package init(activate: [Activation], terminate: [ActivityID]) {
    self.activate = activate
    self.terminate = terminate
  }
}

package enum Continuation: Sendable, Hashable {
  case instance(Key)
  case deletion(Key)
}

package struct Deploy: Sendable {
  package var id: String
  package var processID: String
  package var version: Int
  package var digest: String
  package var resourceName: String
  /// Stored but not started.
  package var isStopped: Bool
  /// Nothing has to be started or probed, so it runs at once.
  package var needsNothing: Bool

  package init(
    id: String, processID: String, version: Int, digest: String, resourceName: String, isStopped: Bool, needsNothing: Bool
  ) {
    self.id = id
    self.processID = processID
    self.version = version
    self.digest = digest
    self.resourceName = resourceName
    self.isStopped = isStopped
    self.needsNothing = needsNothing
  }
}

package enum DeploymentObservation: Sendable, Equatable {
  /// Every probe is UP, or there is nothing to probe.
  case allUp
  /// Everything that was started for it has ended.
  case allDown
  /// It can not be started: why.
  case failed(String)
}

package struct CreateInstance: Sendable {
  package var deployment: Key
  /// Nil when the process has one start event.
  package var startEventID: String?
  package var payload: Payload
  package var metadata: [(name: String, value: String)]
  /// The same id for the same deployment gets the same answer and creates nothing.
  package var requestID: String?
  /// Tokens begin before these elements instead of at a start event.
  package var elements: [String] = []
  /// Created STOPPED; `retryInstance` lets it go.
  package var isStopped = false

  package init(deployment: Key, startEventID: String?, payload: Payload, metadata: [(name: String, value: String)], requestID: String?) {
    self.deployment = deployment
    self.startEventID = startEventID
    self.payload = payload
    self.metadata = metadata
    self.requestID = requestID
  }

  var requestName: RequestName? { requestID.map { RequestName(id: $0, deployment: deployment) } }
}

/// Why a task did not get done, in the words of the original.
package struct ServiceFailure: Sendable, Equatable {
  /// `FAILED_TASK`, `FAILED_CONNECTION`, `FAILED_CONTEXT_INPUT_PARSING` …, or a BPMN error code.
  package var code: String
  package var message: String
  /// The element that failed, when it is known.
  package var elementID: String?
  /// What `ps` shows: the error object of the original, or the reporter's bytes as they came.
  package var report: Payload

  package init(code: String, message: String, elementID: String?, report: Payload) {
    self.code = code
    self.message = message
    self.elementID = elementID
    self.report = report
  }
}

/// What a decision may know beside the state.
package struct DecisionContext: Sendable {
  /// The later of the clock and the last journaled now.
  package let now: Instant
  package let entropy: (UInt64, UInt64)
  package let zones: ZoneOffsets

  package init(now: Instant, entropy: (UInt64, UInt64), zones: ZoneOffsets = .utcOnly) {
    self.now = now
    self.entropy = entropy
    self.zones = zones
  }
}

/// Why a command is refused. Nothing has changed.
package struct Rejection: Error, Sendable, Equatable, CustomStringConvertible {
  package enum Reason: Sendable, Equatable { case notFound, alreadyExists, wrongState, invalid, exhausted }

  package let reason: Reason
  package let message: String

  package init(_ reason: Reason, _ message: String) {
    self.reason = reason
    self.message = message
  }

  package var description: String { message }
}

/// What a command gives back to who sent it.
package enum Answer: Sendable, Equatable {
  case done
  case deployment(Key)
  case instance(InstanceID)
  case message(Key)
  /// Keys of the jobs that were given out.
  case jobs([Key])
  /// How many conditions held.
  case conditions(held: Int)
}

package struct Decision: Sendable {
  package var events: [Event]
  package var answer: Answer
}
