import FlowCore
import FlowEngine

/// What a committed batch means for readers. The shell derives it from events; the view never decides.
///
/// `indirect`, since each is handed from thread to thread and kept for subscribers.
package indirect enum ViewChange: Sendable, Equatable {
  case instanceCreated(InstanceRow)
  case instanceChanged(id: String, InstancePatch)
  case instanceEnded(id: String, InstanceEnd)
  case instanceDeleted(id: String)
  case history(id: String, HistoryEntry)

  /// The instance that changes.
  package var id: String {
    switch self {
    case .instanceCreated(let row): row.id
    case .instanceChanged(let id, _), .instanceEnded(let id, _), .instanceDeleted(let id), .history(let id, _): id
    }
  }
}

/// One instance as readers see it.
package struct InstanceRow: Sendable, Equatable {
  /// `flow-` and 32 hex digits.
  package var id: String
  package var deployment: String
  package var state: InstanceState
  package var created: Instant
  package var ended: Instant?
  package var result: [UInt8]?
  package var contentType: String?
  package var endEvent: String?
  package var errorCode: String?
  package var errorMessage: String?
  package var failedElement: String?
  /// Names and values, in the order given; a name comes once.
  package var metadata: [MetadataPair]
  /// JSON text: the elements where tokens are.
  package var activeElements: String?

  package init(
    id: String, deployment: String, state: InstanceState = .running, created: Instant, metadata: [MetadataPair] = [],
    activeElements: String? = nil
  ) {
    self.id = id
    self.deployment = deployment
    self.state = state
    self.created = created
    self.metadata = metadata
    self.activeElements = activeElements
  }
}

extension InstanceRow {
  /// What it takes in a message, nearly.
  var approximateBytes: Int {
    let texts = [contentType, endEvent, errorCode, errorMessage, failedElement, activeElements].reduce(0) { $0 + ($1?.utf8.count ?? 0) }
    let pairs = metadata.reduce(0) { $0 + $1.name.utf8.count + $1.value.utf8.count + 8 }
    return 128 + id.utf8.count + deployment.utf8.count + texts + pairs + (result?.count ?? 0)
  }
}

package struct MetadataPair: Sendable, Hashable {
  package var name: String
  package var value: String

  package init(_ name: String, _ value: String) {
    self.name = name
    self.value = value
  }
}

/// What changes while an instance goes on; nil fields stay.
package struct InstancePatch: Sendable, Equatable {
  package var state: InstanceState?
  /// The instance is of another deployment now.
  package var deployment: String?
  package var activeElements: String?
  package var errorCode: String?
  package var errorMessage: String?
  package var failedElement: String?
  /// The error of a failed try is over: removes the three fields above.
  package var clearsError = false

  package init(
    state: InstanceState? = nil, deployment: String? = nil, activeElements: String? = nil, errorCode: String? = nil,
    errorMessage: String? = nil, failedElement: String? = nil, clearsError: Bool = false
  ) {
    self.state = state
    self.deployment = deployment
    self.activeElements = activeElements
    self.errorCode = errorCode
    self.errorMessage = errorMessage
    self.failedElement = failedElement
    self.clearsError = clearsError
  }
}

/// How an instance ended; its active elements are gone.
package struct InstanceEnd: Sendable, Equatable {
  package var state: InstanceState
  package var ended: Instant
  package var result: [UInt8]?
  package var contentType: String?
  package var endEvent: String?
  package var errorCode: String?
  package var errorMessage: String?
  package var failedElement: String?

  package init(
    state: InstanceState, ended: Instant, result: [UInt8]? = nil, contentType: String? = nil, endEvent: String? = nil,
    errorCode: String? = nil, errorMessage: String? = nil, failedElement: String? = nil
  ) {
    self.state = state
    self.ended = ended
    self.result = result
    self.contentType = contentType
    self.endEvent = endEvent
    self.errorCode = errorCode
    self.errorMessage = errorMessage
    self.failedElement = failedElement
  }
}

/// One thing that happened to an instance.
package struct HistoryEntry: Sendable, Equatable {
  package var time: Instant
  /// What happened: `taskCompleted`.
  package var event: String
  /// The element's id in the model, empty for the instance itself.
  package var element: String
  package var detail: String

  package init(time: Instant, event: String, element: String = "", detail: String = "") {
    self.time = time
    self.event = event
    self.element = element
    self.detail = detail
  }
}

extension InstanceRow {
  mutating func apply(_ patch: InstancePatch) {
    if patch.clearsError { (errorCode, errorMessage, failedElement) = (nil, nil, nil) }
    state = patch.state ?? state
    deployment = patch.deployment ?? deployment
    activeElements = patch.activeElements ?? activeElements
    errorCode = patch.errorCode ?? errorCode
    errorMessage = patch.errorMessage ?? errorMessage
    failedElement = patch.failedElement ?? failedElement
  }

  mutating func apply(_ end: InstanceEnd) {
    state = end.state
    ended = end.ended
    (result, contentType, endEvent) = (end.result, end.contentType, end.endEvent)
    (errorCode, errorMessage, failedElement) = (end.errorCode, end.errorMessage, end.failedElement)
    activeElements = nil
  }
}
