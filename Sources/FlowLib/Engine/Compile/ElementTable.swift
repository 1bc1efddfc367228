import FlowBPMN
import FlowCore

/// The numbers of a deployment's flow nodes and sequence flows, written with it at apply and never given anew.
package struct ElementTable: Sendable, Equatable {
  package let nodes: [String]
  package let flows: [String]

  /// Numbers a process in document order.
  package init(of process: Process) {
    nodes = process.allNodes.map(\.id)
    flows = process.content.allFlows.map(\.id)
  }

  package init(json: JSON) throws(ByteCodingError) {
    guard let nodes = json["nodes"]?.array?.compactMap(\.string), let flows = json["flows"]?.array?.compactMap(\.string) else {
      throw ByteCodingError("not an element table", at: 0)
    }
    self.nodes = nodes
    self.flows = flows
  }

  package var json: JSON {
    ["nodes": .array(nodes.map { .string($0) }), "flows": .array(flows.map { .string($0) })]
  }
}

extension Scope {
  /// Every sequence flow at any depth, in document order.
  package var allFlows: [SequenceFlow] { flows + nodes.flatMap { $0.content?.allFlows ?? [] } }
}
