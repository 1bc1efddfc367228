import FlowBPMN

/// What a file holds, counted over elements of the BPMN namespace at any depth.
package struct Counts: Sendable, Equatable {
  package var processes = 0
  package var flowNodes = 0
  package var sequenceFlows = 0
  package init() {}
}

extension Counts {
  init(_ root: Element) {
    self.init()
    add(root)
  }

  private mutating func add(_ element: Element) {
    if element.namespace == Namespace.bpmn {
      switch element.name {
      case "process": processes += 1
      case "sequenceFlow": sequenceFlows += 1
      default: if Counts.flowNodeNames.contains(element.name) { flowNodes += 1 }
      }
    }
    for child in element.children { add(child) }
  }

  static let flowNodeNames: Set<String> = [
    "startEvent", "endEvent", "intermediateCatchEvent", "intermediateThrowEvent", "implicitThrowEvent", "boundaryEvent", "task",
    "manualTask", "serviceTask", "sendTask", "receiveTask", "userTask", "scriptTask", "businessRuleTask", "callActivity",
    "subProcess", "transaction", "adHocSubProcess", "exclusiveGateway", "inclusiveGateway", "parallelGateway", "complexGateway",
    "eventBasedGateway", "choreographyTask", "callChoreography", "subChoreography",
  ]
}
