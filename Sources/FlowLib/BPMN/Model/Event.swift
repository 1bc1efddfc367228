package struct StartEvent: Sendable {
  package var definitions: [EventDefinition] = []
  /// Only of meaning on the start of an event subprocess.
  package var isInterrupting = true
  package var parallelMultiple = false
  package init() {}
}

package struct CatchEvent: Sendable {
  package var definitions: [EventDefinition] = []
  package var parallelMultiple = false
  package init() {}
}

package struct BoundaryEvent: Sendable {
  package var attachedTo = ""
  /// `cancelActivity`: whether the activity ends when the event fires.
  package var isInterrupting = true
  package var definitions: [EventDefinition] = []
  package var parallelMultiple = false
  package init() {}
}

/// What an event waits for or does.
package enum EventDefinition: Sendable, Equatable {
  case message(ref: String?, operationRef: String?)
  case timer(TimerDefinition)
  case error(ref: String?)
  case escalation(ref: String?)
  case signal(ref: String?)
  case compensate(activityRef: String?, waitForCompletion: Bool)
  case conditional(ConditionalDefinition)
  case link(LinkDefinition)
  case cancel
  case terminate
  /// `eventDefinitionRef` to an event definition at the top of the file.
  case reference(String)

  package var elementName: String {
    switch self {
    case .message: "messageEventDefinition"
    case .timer: "timerEventDefinition"
    case .error: "errorEventDefinition"
    case .escalation: "escalationEventDefinition"
    case .signal: "signalEventDefinition"
    case .compensate: "compensateEventDefinition"
    case .conditional: "conditionalEventDefinition"
    case .link: "linkEventDefinition"
    case .cancel: "cancelEventDefinition"
    case .terminate: "terminateEventDefinition"
    case .reference: "eventDefinitionRef"
    }
  }
}

/// A timer; exactly one of the three is set in a valid model.
package struct TimerDefinition: Sendable, Equatable {
  package var date: Expression?
  package var duration: Expression?
  package var cycle: Expression?
  package var line = 0
  package init() {}
}

/// A condition that fires when it becomes true.
package struct ConditionalDefinition: Sendable, Equatable {
  /// What may happen to a variable.
  package enum Change: String, Sendable, CaseIterable { case create, update, delete }

  package var condition: Expression?
  /// Look only when one of these changes; empty for any. `zeebe:conditionalFilter` or `camunda:variableName`.
  package var variableNames: [String] = []
  /// Look only at these changes; empty for any. `zeebe:conditionalFilter` or `camunda:variableEvents`.
  package var changes: [Change] = []
  package init() {}
}

package struct LinkDefinition: Sendable, Equatable {
  package var name = ""
  package var sources: [String] = []
  package var target: String?
  package init() {}
}

extension FlowNode {
  /// The event definitions of an event, none of anything else.
  package var eventDefinitions: [EventDefinition] {
    switch kind {
    case .startEvent(let start): start.definitions
    case .intermediateCatchEvent(let event): event.definitions
    case .boundaryEvent(let boundary): boundary.definitions
    case .endEvent(let definitions), .intermediateThrowEvent(let definitions), .implicitThrowEvent(let definitions): definitions
    case .task, .manualTask, .serviceTask, .sendTask, .receiveTask, .userTask, .scriptTask, .businessRuleTask, .callActivity,
      .subProcess, .exclusiveGateway, .inclusiveGateway, .parallelGateway, .complexGateway, .eventBasedGateway,
      .choreographyTask, .callChoreography, .subChoreography:
      []
    }
  }
}
