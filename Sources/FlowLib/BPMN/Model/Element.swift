/// One XML element as it was read: what the model has no type for is kept in this form, so that nothing is lost.
package struct Element: Sendable, Equatable {
  package struct Attribute: Sendable, Equatable {
    /// `none` for an attribute without prefix.
    package var namespace: Namespace
    package var prefix: String
    package var name: String
    package var value: String

    package init(namespace: Namespace = .none, prefix: String = "", name: String, value: String) {
      self.namespace = namespace
      self.prefix = prefix
      self.name = name
      self.value = value
    }
  }

  /// A namespace declared on this very element.
  package struct Declaration: Sendable, Equatable {
    package var prefix: String
    package var uri: String

    package init(prefix: String, uri: String) {
      self.prefix = prefix
      self.uri = uri
    }
  }

  package var namespace: Namespace
  /// As written; empty for none.
  package var prefix: String
  package var name: String
  package var declarations: [Declaration] = []
  /// In document order.
  package var attributes: [Attribute] = []
  package var children: [Element] = []
  /// All character data directly inside, joined and not trimmed.
  package var text = ""
  package var line: Int

  package init(namespace: Namespace, prefix: String = "", name: String, line: Int = 0) {
    self.namespace = namespace
    self.prefix = prefix
    self.name = name
    self.line = line
  }

  /// The value of an attribute without prefix.
  package subscript(attribute attribute: String) -> String? {
    for candidate in attributes where candidate.name == attribute && candidate.namespace == .none { return candidate.value }
    return nil
  }

  package subscript(attribute attribute: String, namespace namespace: Namespace) -> String? {
    attributes.first { $0.name == attribute && $0.namespace == namespace }?.value
  }

  package func first(_ name: String, in namespace: Namespace) -> Element? {
    children.first { $0.name == name && $0.namespace == namespace }
  }

  package func all(_ name: String, in namespace: Namespace) -> [Element] {
    children.filter { $0.name == name && $0.namespace == namespace }
  }
}

/// An XML namespace; those that the house knows are compared and copied without looking at their text.
package enum Namespace: Sendable, Hashable {
  case none, bpmn, diagram, bounds, waypoints, camunda, zeebe, schemaInstance
  case other(String)

  package init(_ uri: String) {
    switch uri {
    case "": self = .none
    case "http://www.omg.org/spec/BPMN/20100524/MODEL": self = .bpmn
    case "http://www.omg.org/spec/BPMN/20100524/DI": self = .diagram
    case "http://www.omg.org/spec/DD/20100524/DC": self = .bounds
    case "http://www.omg.org/spec/DD/20100524/DI": self = .waypoints
    case "http://camunda.org/schema/1.0/bpmn": self = .camunda
    case "http://camunda.org/schema/zeebe/1.0": self = .zeebe
    case "http://www.w3.org/2001/XMLSchema-instance": self = .schemaInstance
    default: self = .other(uri)
    }
  }

  package var uri: String {
    switch self {
    case .none: ""
    case .bpmn: "http://www.omg.org/spec/BPMN/20100524/MODEL"
    case .diagram: "http://www.omg.org/spec/BPMN/20100524/DI"
    case .bounds: "http://www.omg.org/spec/DD/20100524/DC"
    case .waypoints: "http://www.omg.org/spec/DD/20100524/DI"
    case .camunda: "http://camunda.org/schema/1.0/bpmn"
    case .zeebe: "http://camunda.org/schema/zeebe/1.0"
    case .schemaInstance: "http://www.w3.org/2001/XMLSchema-instance"
    case .other(let uri): uri
    }
  }
}
