import FlowCore

/// What has been decided about one activity, or about the process as a scope, beside the way of its tokens.
package enum ActivityEvent: Sendable {
  /// Variables of this very scope have new values.
  case variablesSet([Variable])
  case waitsOpened([Wait])
  /// What was waited for has happened, or is not wanted any more.
  case waitClosed(Key)
  /// A timer fires again later, or a condition was looked at.
  case waitChanged(Key, Wait.Kind)
  /// One definition of a parallel multiple event has happened; the others are still waited for.
  case definitionSeen(SeenDefinition)

  case jobMade(WorkerJob)
  case jobTaken(WorkerJob.Lock)
  /// The lock ran out, or the back-off is over.
  case jobFreed
  case jobFailed(retries: Int, backoffUntil: Instant?, message: String)
  case retriesSet(Int)
  case jobTimeoutSet(Instant)
  /// The job is withdrawn; the activity goes on without it.
  case jobGone

  case userTaskMade(UserTaskState)
  case userTaskChanged(UserTaskState)

  case incidentRaised(Incident)
  case incidentResolved
  case phaseChanged(Phase)

  case loopBegan(LoopState)
  /// Tokens for so many more iterations are on their way.
  case iterationsPlaced(Int)
  case iterationCompleted(Int, output: Payload?)
  case iterationTerminated

  case called(InstanceID)
  case compensable(Compensation)
  /// The compensation of these begins; they can not be compensated again.
  case compensationTaken([ActivityID])
  /// A compensation handler, and who waits for it.
  case handles(ActivityID)
  case counted(ElementIndex, Int)
  /// So many tokens that waited in this scope for an activity with a start quantity are one token that begins it.
  case gathered(ElementIndex, Int)

  /// An event happened in this scope without ending what it is attached to; tokens leave it through `flows`.
  case fired(ElementIndex, flows: [FlowIndex])
  /// An event-based gateway's activity is over because this event came first; tokens leave through the event's flows.
  case chosen(ElementIndex, flows: [FlowIndex])
  /// A token begins in this scope at an element without having come by a flow.
  case placed(ElementIndex)
  /// An activity begins in this scope without a token having come: an event subprocess, a compensation handler.
  case began(ActivityID, ElementIndex, start: ElementIndex?)
  /// The activity and all in it is gone.
  case terminated
  /// The process was cut off while tokens were on their way, after so many steps since it last waited; 0 when it waits again.
  case ranOn(Int)
}
