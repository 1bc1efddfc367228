/// What a process, activity or event takes and gives in the specification's own words.
package struct DataInterface: Sendable, Equatable {
  /// `ioSpecification`. Of an event: the `dataInput`, `dataOutput` and sets that it holds itself.
  package var specification: IOSpecification?
  /// `dataInputAssociation`, in document order.
  package var inputAssociations: [DataAssociation] = []
  /// `dataOutputAssociation`, in document order.
  package var outputAssociations: [DataAssociation] = []
  /// `property`. Those of a process or subprocess are in its `Scope`.
  package var properties: [DataItem] = []
  package init() {}
}

package struct IOSpecification: Sendable, Equatable {
  package var inputs: [DataItem] = []
  package var outputs: [DataItem] = []
  /// In document order: the first set that is available is taken.
  package var inputSets: [DataSet] = []
  package var outputSets: [DataSet] = []
  /// As read; nil of an event, which has no such element.
  package var element: Element?
  package init() {}

  package var isEmpty: Bool { inputs.isEmpty && outputs.isEmpty && inputSets.isEmpty && outputSets.isEmpty && element == nil }
}

/// A `dataInput`, `dataOutput`, `property`, `inputDataItem` or `outputDataItem`.
package struct DataItem: Sendable, Equatable {
  package var id = ""
  package var name: String?
  package var isCollection = false
  /// `itemSubjectRef`.
  package var itemRef: String?
  /// Name of the `dataState`.
  package var state: String?
  package var element: Element
  package init(element: Element) { self.element = element }

  /// The variable that stands for it: its name, and its id where it has none.
  package var variable: String { name.flatMap { $0.isEmpty ? nil : $0 } ?? id }
}

/// An `inputSet` or `outputSet`; all references are ids.
package struct DataSet: Sendable, Equatable {
  package var id = ""
  package var name: String?
  /// `dataInputRefs` or `dataOutputRefs`.
  package var items: [String] = []
  /// `optionalInputRefs` or `optionalOutputRefs`.
  package var optional: [String] = []
  /// `whileExecutingInputRefs` or `whileExecutingOutputRefs`.
  package var whileExecuting: [String] = []
  /// `outputSetRefs` of an input set, `inputSetRefs` of an output set: the IORules.
  package var partners: [String] = []
  package var line = 0
  package init() {}
}

/// A `dataInputAssociation` or `dataOutputAssociation`.
package struct DataAssociation: Sendable, Equatable {
  /// One `from`, `to` pair. Both are expressions; `to` names where the value goes.
  package struct Assignment: Sendable, Equatable {
    package var from: Expression
    package var to: Expression
    package init(from: Expression, to: Expression) {
      self.from = from
      self.to = to
    }
  }

  package var sources: [String] = []
  package var target = ""
  package var transformation: Expression?
  package var assignments: [Assignment] = []
  package var element: Element
  package init(element: Element) { self.element = element }
}

package struct DataObject: Sendable, Equatable {
  package var id = ""
  package var name: String?
  package var isCollection = false
  package var itemRef: String?
  package var state: String?
  package var element: Element
  package init(element: Element) { self.element = element }

  /// The variable that stands for it: its name, and its id where it has none.
  package var variable: String { name.flatMap { $0.isEmpty ? nil : $0 } ?? id }
}

/// A `dataObjectReference` or a `dataStoreReference`.
package struct DataReference: Sendable, Equatable {
  package enum Kind: Sendable { case object, store }
  package var id = ""
  package var name: String?
  package var kind: Kind
  /// Id of the data object or data store.
  package var target: String?
  package var state: String?
  package var element: Element
  package init(kind: Kind, element: Element) {
    self.kind = kind
    self.element = element
  }
}

/// A `dataStore` at the top of the file.
package struct DataStore: Sendable, Equatable {
  package var id: String
  package var name: String?
  package var capacity: Int?
  package var isUnlimited = true
  package var itemRef: String?
  package var element: Element
  package init(id: String, name: String?, element: Element) {
    self.id = id
    self.name = name
    self.element = element
  }
}

package struct ItemDefinition: Sendable, Equatable {
  package var id = ""
  package var structureRef: String?
  package var isCollection = false
  package var line = 0
  package init() {}
}
