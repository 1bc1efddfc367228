import FlowBPMN

/// What a file holds, counted over elements of the BPMN namespace at any depth.
package struct Counts: Sendable, Equatable {
  package var processes = 0
  package var flowNodes = 0
  package var sequenceFlows = 0
  package init() {}
}

extension Counts {
  enum Kind {
    case process, flowNode, sequenceFlow

    /// nil when elements of that name are not counted.
    init?(_ name: String) {
      switch name {
      case "process": self = .process
      case "sequenceFlow": self = .sequenceFlow
      default:
        guard flowNodeNames.contains(name) else { return nil }
        self = .flowNode
      }
    }
  }

  mutating func add(_ kind: Kind) {
    switch kind {
    case .process: processes += 1
    case .flowNode: flowNodes += 1
    case .sequenceFlow: sequenceFlows += 1
    }
  }

  private static let flowNodeNames: Set<String> = [
    "startEvent", "endEvent", "intermediateCatchEvent", "intermediateThrowEvent", "implicitThrowEvent", "boundaryEvent", "task",
    "manualTask", "serviceTask", "sendTask", "receiveTask", "userTask", "scriptTask", "businessRuleTask", "callActivity",
    "subProcess", "transaction", "adHocSubProcess", "exclusiveGateway", "inclusiveGateway", "parallelGateway", "complexGateway",
    "eventBasedGateway", "choreographyTask", "callChoreography", "subChoreography",
  ]
}
