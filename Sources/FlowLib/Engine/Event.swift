import FlowCore

/// What has been decided. Replay applies events in order and never decides again.
///
/// Cases with much in them are `indirect`: events are many, and are handed on often.
package enum Event: Sendable {
  case deployment(Key, DeploymentEvent)
  case instance(Key, InstanceEvent)
  /// The partition remembers the answer to a request.
  case requestAnswered(key: Key, RequestName, InstanceID, at: Instant)
  /// The remembered answers up to this one are dropped.
  case requestsEvicted(through: Key)
  case message(Key, MessageEvent)
  /// A timer start event of a deployment is due next then; nil when it fires no more.
  case startTimer(Key, ElementIndex, StartTimer?)
  /// Some triggers of a start event that needs several have come; nil when it has begun an instance.
  indirect case triggersSeen(Key, StartPlace, SeenTriggers?)
  /// Work between instances that is to be done next.
  indirect case queued(Key, Delivery)
  /// It is done.
  case delivered(Key)
}

package enum DeploymentEvent: Sendable {
  indirect case deployed(Deploy, DeploymentState, at: Instant)
  case changed(DeploymentState, reason: String?, at: Instant)
  /// Its live instances are being canceled before it goes.
  case deletionStarted
  case deleted
}

package enum InstanceEvent: Sendable {
  case created(InstanceCreated)
  /// The first token on its way passed an element and left through `flows`.
  case passed(ElementIndex, flows: [FlowIndex])
  /// The first token on its way began an activity that takes time: a job, or a scope with a token at its start.
  case activated(ActivityID, ElementIndex, Activated)
  /// An activity is done; tokens leave through `flows` with the new payload, or with the old one when it is nil.
  case completed(ActivityID, Payload?, flows: [FlowIndex])
  /// The first token on its way waits at a join.
  case arrived(ElementIndex, FlowIndex)
  /// One waiting token of each incoming flow became tokens on `flows`, with the payload that came last.
  case joined(ElementIndex, scope: ActivityID, incoming: [FlowIndex], flows: [FlowIndex])
  /// The first token on its way reached an end event and is gone.
  case ended(ElementIndex)
  /// A boundary event caught an error: the activity with all in it is gone, tokens leave through `flows`.
  case caught(ActivityID, boundary: ElementIndex, code: String, flows: [FlowIndex])
  /// All activities and tokens in a scope are gone (terminate end event).
  case scopeCleared(ActivityID)
  /// An activity failed and waits to be retried.
  indirect case failed(ActivityID, ServiceFailure)
  /// The instance as a whole waits to be retried.
  indirect case stopped(ServiceFailure?, at: Instant)
  /// Failed activities have new jobs; the instance runs again.
  case retried([Retry], at: Instant)
  /// It goes on in another deployment.
  indirect case migrated(Migration)
  /// What happens to one activity or scope beside the way of its tokens.
  indirect case activity(ActivityID, ActivityEvent)
  indirect case finished(InstanceState, Payload?, ServiceFailure?, at: Instant)
  /// What readers keep of a finished instance is to go.
  case deleted(InstanceID)
}

package struct Retry: Sendable, Equatable {
  package let activity: ActivityID
  package let job: Key
}

package enum Activated: Sendable, Equatable {
  case job(Key)
  /// A scope: its first token goes to `start`.
  case scope(start: ElementIndex)
  /// Something that waits, or whose inside begins with events of its own.
  case open
}

/// The call activity that a called instance answers to.
package struct ParentLink: Sendable, Equatable {
  package let instance: InstanceID
  package let activity: ActivityID
}

/// How an instance begins; events and decisions share it.
package final class InstanceCreated: Sendable {
  package let id: InstanceID
  package let deployment: Key
  /// Nil when tokens are placed elsewhere, or none at all yet.
  package let start: ElementIndex?
  package let payload: Payload
  package let metadata: [(name: String, value: String)]
  package let isStopped: Bool
  package let at: Instant
  package let parent: ParentLink?
  /// The message that started it; one instance of a process is active for a correlation key.
  package let startKey: String?
  /// Calls around it.
  package let callDepth: Int

  package init(
    id: InstanceID, deployment: Key, start: ElementIndex?, payload: Payload, metadata: [(name: String, value: String)], isStopped: Bool,
    at: Instant, parent: ParentLink? = nil, startKey: String? = nil, callDepth: Int = 0
  ) {
    self.id = id
    self.deployment = deployment
    self.start = start
    self.payload = payload
    self.metadata = metadata
    self.isStopped = isStopped
    self.at = at
    self.parent = parent
    self.startKey = startKey
    self.callDepth = callDepth
  }
}

package enum MessageEvent: Sendable {
  indirect case published(BufferedMessage)
  /// An instance of this process has taken it; it takes it once.
  case correlated(processID: String)
  case expired
}
