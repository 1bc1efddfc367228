import FlowCore

/// What only some activities have beside their place in the flow; the process itself (`ActivityID.process`) may have it too.
package struct Details: Sendable, Equatable {
  /// Variables of this very scope, by name.
  package internal(set) var variables = SmallMap<String, Payload>()
  /// What it waits for: its own event, its boundary events, the event subprocesses of a scope.
  package internal(set) var waits: [Wait] = []
  /// The job of a worker; a rexflow service's job is the activity's alone.
  package internal(set) var job: WorkerJob?
  package internal(set) var incident: Incident?
  package internal(set) var loop: LoopState?
  /// Which iteration of the loop around it this is, from 1.
  package internal(set) var iteration: Int?
  package internal(set) var call: CalledInstance?
  package internal(set) var userTask: UserTaskState?
  /// Completed activities directly inside that may be compensated, in the order of their completion.
  package internal(set) var compensations: [Compensation] = []
  /// Of a compensation handler: the activity that waits for it.
  package internal(set) var thrower: ActivityID?
  package internal(set) var phase = Phase.active
  /// Definitions of parallel multiple events that have happened already.
  package internal(set) var seen: [SeenDefinition] = []
  /// Tokens that complex gateways, start quantities and ad-hoc subprocesses count.
  package internal(set) var counts = SmallMap<ElementIndex, Int>()

  package init() {}

  var isEmpty: Bool { self == Details() }

  package static func == (left: Details, right: Details) -> Bool {
    left.variables.isEqual(to: right.variables) && left.waits == right.waits && left.job == right.job && left.incident == right.incident
      && left.loop == right.loop && left.iteration == right.iteration && left.call == right.call && left.userTask == right.userTask
      && left.compensations == right.compensations && left.thrower == right.thrower && left.phase == right.phase && left.seen == right.seen
      && left.counts.isEqual(to: right.counts)
  }
}

/// Where an activity is on its way; an incident is gone over from here.
package enum Phase: UInt8, Sendable, Equatable {
  /// Inputs are mapped and subscriptions opened.
  case activating = 1
  case active
  /// Its work is done; outputs are mapped and flows chosen.
  case completing
  /// It waits for the compensation that it has thrown.
  case compensating
}

package struct SeenDefinition: Sendable, Equatable {
  package let element: ElementIndex
  package let definition: Int
}

package struct Variable: Sendable, Equatable {
  package let name: String
  /// Encoded JSON, parsed only when an expression reads it.
  package let value: Payload

  package init(_ name: String, _ value: Payload) {
    self.name = name
    self.value = value
  }

  package init(_ name: String, _ json: JSON) {
    self.init(name, Payload(json: json))
  }
}

/// One thing that an activity or scope waits for.
package struct Wait: Sendable, Equatable {
  package let key: Key
  /// The event that fires: the activity's own element, a boundary event, or the start event of an event subprocess.
  package let element: ElementIndex
  /// Which of the event's definitions this is.
  package let definition: Int
  package internal(set) var kind: Kind

  package enum Kind: Sendable, Equatable {
    /// `cycle`: what is left of it, nil when it fires once.
    case timer(due: Instant, cycle: TimerCycle?)
    case message(name: String, correlationKey: String)
    case signal(name: String)
    /// Whether it held when it was last looked at; it fires when it becomes true.
    case condition(held: Bool)
  }
}

package struct TimerCycle: Sendable, Equatable {
  /// The resolved text: `R3/PT1H`, `0 0 9 * * MON-FRI`.
  package let text: String
  /// How often it fires after this time; nil without an end.
  package let left: Int?
}

/// Work that a worker polls for.
package struct WorkerJob: Sendable, Equatable {
  package let key: Key
  package let type: String
  package internal(set) var retries: Int
  /// Who works on it, and until when.
  package internal(set) var lock: Lock?
  /// Not given out before this.
  package internal(set) var backoffUntil: Instant?
  package internal(set) var errorMessage: String?
  /// It ran out of retries, and somebody has to look before it is given out again.
  package internal(set) var isHeld = false
  /// Nil when it is the element's own work.
  package let listener: ListenerPlace?
  /// Those that were worked out for it, beside the model's.
  package let headers: [JobHeader]

  package struct Lock: Sendable, Equatable {
    package let worker: String
    package let until: Instant
  }

  package init(key: Key, type: String, retries: Int, listener: ListenerPlace? = nil, headers: [JobHeader] = []) {
    self.key = key
    self.type = type
    self.retries = retries
    self.listener = listener
    self.headers = headers
  }

  /// Whether it may be given to a worker.
  package var isActivatable: Bool { retries > 0 && lock == nil && backoffUntil == nil && !isHeld }
}

/// Which of an element's listeners a job is for.
package struct ListenerPlace: Sendable, Equatable {
  /// After the element's work, not before.
  package let isEnd: Bool
  package let index: Int

  package init(isEnd: Bool, index: Int) {
    self.isEnd = isEnd
    self.index = index
  }
}

/// Why a token can not go on until someone acts.
package struct Incident: Sendable, Equatable {
  package let key: Key
  package let type: IncidentType
  package let message: String
  package let at: Instant

  package init(key: Key, type: IncidentType, message: String, at: Instant) {
    self.key = key
    self.type = type
    self.message = message
    self.at = at
  }
}

/// Zeebe's names (gateway.proto, `ErrorType`).
package enum IncidentType: UInt8, Sendable, CaseIterable {
  case jobNoRetries = 1, unhandledErrorEvent, conditionError, extractValueError, ioMappingError, calledElementError, messageSizeExceeded,
    decisionEvaluationError, formNotFound, unknown
  /// A token that waits for others which can not come. Zeebe has no name for it.
  case deadlock
  case listenerNoRetries

  /// A job of it has none left.
  package var isWithoutRetries: Bool { self == .jobNoRetries || self == .listenerNoRetries }

  package var name: String {
    switch self {
    case .jobNoRetries: "JOB_NO_RETRIES"
    case .unhandledErrorEvent: "UNHANDLED_ERROR_EVENT"
    case .conditionError: "CONDITION_ERROR"
    case .extractValueError: "EXTRACT_VALUE_ERROR"
    case .ioMappingError: "IO_MAPPING_ERROR"
    case .calledElementError: "CALLED_ELEMENT_ERROR"
    case .messageSizeExceeded: "MESSAGE_SIZE_EXCEEDED"
    case .decisionEvaluationError: "DECISION_EVALUATION_ERROR"
    case .formNotFound: "FORM_NOT_FOUND"
    case .unknown: "UNKNOWN"
    case .deadlock: "DEADLOCK"
    case .listenerNoRetries: "EXECUTION_LISTENER_NO_RETRIES"
    }
  }
}

/// The body of a multi-instance or loop activity.
package struct LoopState: Sendable, Equatable {
  /// How many iterations there will be; nil when only the condition tells.
  package internal(set) var total: Int?
  /// Tokens placed for iterations so far.
  package internal(set) var placed = 0
  /// Iterations that have begun, of those.
  package internal(set) var begun = 0
  package internal(set) var completed = 0
  package internal(set) var terminated = 0
  /// Outputs by iteration (from 1), as far as they are known.
  package internal(set) var outputs = SmallMap<Int, Payload>()

  package init(total: Int?) { self.total = total }

  package var active: Int { placed - completed - terminated }

  package static func == (left: LoopState, right: LoopState) -> Bool {
    left.total == right.total && left.placed == right.placed && left.begun == right.begun && left.completed == right.completed
      && left.terminated == right.terminated
      && left.outputs.isEqual(to: right.outputs)
  }
}

/// The instance that a call activity waits for.
package struct CalledInstance: Sendable, Equatable {
  package let id: InstanceID
}

package struct UserTaskState: Sendable, Equatable {
  package let key: Key
  package internal(set) var assignee: String?
  package internal(set) var candidateGroups: [String] = []
  package internal(set) var candidateUsers: [String] = []
  package internal(set) var dueDate: String?
  package internal(set) var followUpDate: String?
  package internal(set) var priority = 50

  package init(key: Key) { self.key = key }
}

/// A completed activity that can be compensated, with what was known then.
package struct Compensation: Sendable, Equatable {
  package let activity: ActivityID
  package let element: ElementIndex
  package let variables: [Variable]
  /// What a completed subprocess left to be compensated inside.
  package let inner: [Compensation]
}

extension SmallMap where Value: Equatable {
  func isEqual(to other: SmallMap) -> Bool { count == other.count && allSatisfy { other[$0.key] == $0.value } }
}
