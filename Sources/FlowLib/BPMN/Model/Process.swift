package struct Process: Sendable {
  package var id = ""
  package var name: String?
  /// nil when the file does not say; the specification's default is false.
  package var isExecutable: Bool?
  package var line = 0
  package var content = Scope()
  package var documentation: [Documentation] = []
  package var extensions: [Element] = []
  /// Every attribute but id and name, of any namespace.
  package var attributes: [Element.Attribute] = []
  package var dialects = Dialects()
  /// `rexflow_global_properties` with the original's defaults where nothing is said.
  package var rexflow = RexflowGlobals()
  package var zeebe: ZeebeProcess?
  package var camunda: CamundaProcess?
  /// `<sanitised id>-<8 hex>`; nil when neither annotation nor process id leave a name to make it of.
  package var deploymentID: String?
  /// SHA-256 of the process and the root elements that it refers to, 64 hex digits.
  package var digest = ""
  package init() {}

  /// The tag that callers bind to, of either dialect.
  package var versionTag: String? { zeebe?.versionTag ?? camunda?.versionTag }

  /// Every flow node of the process at any depth, in document order.
  package var allNodes: [FlowNode] {
    var found: [FlowNode] = []
    content.collect(into: &found)
    return found
  }
}

/// What a process or a subprocess holds: nodes and flows of one level.
package struct Scope: Sendable {
  package var nodes: [FlowNode] = []
  package var flows: [SequenceFlow] = []
  package var lanes: [Lane] = []
  package var artifacts = Artifacts()
  package var dataObjects: [DataObject] = []
  package var dataReferences: [DataReference] = []
  package var properties: [DataItem] = []
  /// Of a process; that of a subprocess is its node's.
  package var ioSpecification: IOSpecification?
  package var correlationSubscriptions: [CorrelationSubscription] = []
  /// Of a process; those of a subprocess are its node's.
  package var resources: [ResourceRole] = []
  /// Monitoring, auditing …, as read.
  package var others: [Element] = []
  package init() {}

  package func node(_ id: String) -> FlowNode? { nodes.first { $0.id == id } }

  func collect(into found: inout [FlowNode]) {
    for node in nodes {
      found.append(node)
      node.content?.collect(into: &found)
    }
  }
}

package struct Lane: Sendable, Equatable {
  package var id = ""
  package var name: String?
  package var flowNodeRefs: [String] = []
  package var children: [Lane] = []
  package var extensions: [Element] = []
  package var line = 0
  package init() {}
}

package struct Artifacts: Sendable, Equatable {
  package var annotations: [TextAnnotation] = []
  package var associations: [Association] = []
  package var groups: [Group] = []
  package init() {}
}

package struct TextAnnotation: Sendable, Equatable {
  package var id = ""
  package var text = ""
  package var textFormat: String?
  package var line = 0
  /// Line on which the text begins.
  package var textLine = 0
  package init() {}
}

package struct Association: Sendable, Equatable {
  package enum Direction: String, Sendable { case none = "None", one = "One", both = "Both" }
  package var id = ""
  package var source = ""
  package var target = ""
  package var direction = Direction.none
  package var line = 0
  package init() {}
}

package struct Group: Sendable, Equatable {
  package var id = ""
  package var categoryValueRef: String?
  package var line = 0
  package init() {}
}

package struct Documentation: Sendable, Equatable {
  package var text: String
  package var textFormat: String?
  package var line: Int
  package init(text: String, textFormat: String? = nil, line: Int) {
    self.text = text
    self.textFormat = textFormat
    self.line = line
  }
}
