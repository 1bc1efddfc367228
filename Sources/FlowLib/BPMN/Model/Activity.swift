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
    case adHoc(ordering: String?, cancelRemainingInstances: Bool, completion: Expression?)
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

package struct EventBasedGateway: Sendable, Equatable {
  package enum Kind: String, Sendable { case exclusive = "Exclusive", parallel = "Parallel" }
  package var instantiate = false
  package var kind = Kind.exclusive
  package init() {}
}

package indirect enum LoopCharacteristics: Sendable, Equatable {
  case standard(StandardLoop)
  case multiInstance(MultiInstance)
}

package struct StandardLoop: Sendable, Equatable {
  package var testBefore = false
  package var maximum: Int?
  package var condition: Expression?
  package init() {}
}

package struct MultiInstance: Sendable, Equatable {
  package var isSequential = false
  package var cardinality: Expression?
  package var completionCondition: Expression?
  package var behavior: String?
  /// `zeebe:loopCharacteristics`.
  package var zeebe: ZeebeLoop?
  /// `loopDataInputRef`, `inputDataItem` …, as read.
  package var others: [Element] = []
  package init() {}
}

/// Inputs and outputs of an activity or event in the specification's own words.
package struct DataInterface: Sendable, Equatable {
  /// `ioSpecification`, as read.
  package var specification: Element?
  package var inputs: [DataAssociation] = []
  package var outputs: [DataAssociation] = []
  package init() {}
}

package struct DataAssociation: Sendable, Equatable {
  package var sources: [String] = []
  package var target = ""
  package var transformation: Expression?
  /// Assignments and the rest, as read.
  package var element: Element
  package init(element: Element) { self.element = element }
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
