/// A service, send or business rule task.
package struct OperationTask: Sendable, Equatable {
  package var defaultFlow: String?
  package var implementation: String?
  package var operationRef: String?
  package var messageRef: String?
  package init() {}
}

package struct ReceiveTask: Sendable, Equatable {
  package var defaultFlow: String?
  package var messageRef: String?
  package var operationRef: String?
  package var instantiate = false
  package init() {}
}

package struct UserTask: Sendable, Equatable {
  package var defaultFlow: String?
  package var implementation: String?
  /// `rendering` elements, as read.
  package var renderings: [Element] = []
  package init() {}
}

package struct ScriptTask: Sendable, Equatable {
  package var defaultFlow: String?
  package var scriptFormat: String?
  package var script: Expression?
  package init() {}
}

package struct CallActivity: Sendable, Equatable {
  package var defaultFlow: String?
  package var calledElement: String?
  package init() {}
}

package struct SubProcess: Sendable {
  package enum Kind: Sendable {
    case embedded
    /// `triggeredByEvent`.
    case event
    case transaction(method: String?)
    case adHoc(AdHoc)
  }

  package var kind = Kind.embedded
  package var defaultFlow: String?
  package var content = Scope()
  package init() {}

  package var elementName: String {
    switch kind {
    case .embedded, .event: "subProcess"
    case .transaction: "transaction"
    case .adHoc: "adHocSubProcess"
    }
  }
}

/// What an `adHocSubProcess` says beside its content; `zeebe:adHoc` is the node's.
package struct AdHoc: Sendable, Equatable {
  package enum Ordering: String, Sendable { case parallel = "Parallel", sequential = "Sequential" }
  package var ordering = Ordering.parallel
  package var cancelRemainingInstances = true
  package var completion: Expression?
  package init() {}
}

package struct EventBasedGateway: Sendable, Equatable {
  package enum Kind: String, Sendable { case exclusive = "Exclusive", parallel = "Parallel" }
  package var instantiate = false
  package var kind = Kind.exclusive
  package init() {}
}

extension FlowNode {
  /// The flow that is taken when no condition holds: the `default` attribute.
  package var defaultFlow: String? {
    switch kind {
    case .exclusiveGateway(let flow), .inclusiveGateway(let flow), .complexGateway(let flow, _): flow
    case .serviceTask(let task), .sendTask(let task), .businessRuleTask(let task): task.defaultFlow
    case .receiveTask(let task): task.defaultFlow
    case .userTask(let task): task.defaultFlow
    case .scriptTask(let task): task.defaultFlow
    case .callActivity(let call): call.defaultFlow
    case .subProcess(let subProcess): subProcess.defaultFlow
    case .task, .manualTask, .startEvent, .endEvent, .intermediateCatchEvent, .intermediateThrowEvent, .implicitThrowEvent,
      .boundaryEvent, .parallelGateway, .eventBasedGateway, .choreographyTask, .callChoreography, .subChoreography:
      nil
    }
  }
}
