/// One XML element as it was read: what the model has no type for is kept in this form, so that nothing is lost.
package struct Element: Sendable, Equatable {
  package struct Attribute: Sendable, Equatable {
    /// Empty for an attribute without prefix.
    package var namespace: String
    package var prefix: String
    package var name: String
    package var value: String

    package init(namespace: String = "", prefix: String = "", name: String, value: String) {
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

  package var namespace: String
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

  package init(namespace: String, prefix: String = "", name: String, line: Int = 0) {
    self.namespace = namespace
    self.prefix = prefix
    self.name = name
    self.line = line
  }

  /// The value of an attribute without prefix.
  package subscript(attribute attribute: String) -> String? {
    for candidate in attributes where candidate.name == attribute && candidate.namespace.isEmpty { return candidate.value }
    return nil
  }

  package subscript(attribute attribute: String, namespace namespace: String) -> String? {
    attributes.first { $0.name == attribute && $0.namespace == namespace }?.value
  }

  package func first(_ name: String, in namespace: String) -> Element? {
    children.first { $0.name == name && $0.namespace == namespace }
  }

  package func all(_ name: String, in namespace: String) -> [Element] {
    children.filter { $0.name == name && $0.namespace == namespace }
  }
}

/// Namespaces that the house knows.
package enum Namespace {
  package static let bpmn = "http://www.omg.org/spec/BPMN/20100524/MODEL"
  package static let diagram = "http://www.omg.org/spec/BPMN/20100524/DI"
  package static let bounds = "http://www.omg.org/spec/DD/20100524/DC"
  package static let waypoints = "http://www.omg.org/spec/DD/20100524/DI"
  package static let camunda = "http://camunda.org/schema/1.0/bpmn"
  package static let zeebe = "http://camunda.org/schema/zeebe/1.0"
  package static let schemaInstance = "http://www.w3.org/2001/XMLSchema-instance"
}
