import FlowBPMN

extension DataItem {
  init(reading element: Element) {
    self.init(element: element)
    id = element[attribute: "id"] ?? ""
    name = element[attribute: "name"]
    isCollection = element.flag("isCollection") ?? false
    itemRef = element.reference("itemSubjectRef")
    state = element.dataState
  }
}

extension DataSet {
  /// An `inputSet` or `outputSet`; each has only the references of its own kind.
  init(_ element: Element) {
    self.init()
    id = element[attribute: "id"] ?? ""
    name = element[attribute: "name"]
    line = element.line
    items = (element.references("dataInputRefs") + element.references("dataOutputRefs")).map(localName)
    optional = (element.references("optionalInputRefs") + element.references("optionalOutputRefs")).map(localName)
    whileExecuting = (element.references("whileExecutingInputRefs") + element.references("whileExecutingOutputRefs")).map(localName)
    partners = (element.references("outputSetRefs") + element.references("inputSetRefs")).map(localName)
  }
}

extension IOSpecification {
  init(_ element: Element) {
    self.init()
    self.element = element
    for child in element.children where child.namespace == Namespace.bpmn {
      if let part = Part(rawValue: child.name) { add(child, part) }
    }
  }

  /// What it consists of.
  fileprivate enum Part: String { case dataInput, dataOutput, inputSet, outputSet }

  fileprivate mutating func add(_ child: Element, _ part: Part) {
    switch part {
    case .dataInput: inputs.append(DataItem(reading: child))
    case .dataOutput: outputs.append(DataItem(reading: child))
    case .inputSet: inputSets.append(DataSet(child))
    case .outputSet: outputSets.append(DataSet(child))
    }
  }
}

extension DataInterface {
  private enum Part: String { case ioSpecification, dataInputAssociation, dataOutputAssociation, property }

  /// Takes what a node says of its data; false when the element is something else.
  mutating func add(_ child: Element) -> Bool {
    switch Part(rawValue: child.name) {
    case .ioSpecification?: specification = IOSpecification(child)
    case .dataInputAssociation?: inputAssociations.append(DataAssociation(reading: child))
    case .dataOutputAssociation?: outputAssociations.append(DataAssociation(reading: child))
    case .property?: properties.append(DataItem(reading: child))
    case nil:
      // An event holds what others have in their ioSpecification.
      guard let part = IOSpecification.Part(rawValue: child.name) else { return false }
      var own = specification ?? IOSpecification()
      own.add(child, part)
      specification = own
    }
    return true
  }
}

extension DataAssociation {
  init(reading element: Element) {
    self.init(element: element)
    sources = element.references("sourceRef").map(localName)
    target = element.references("targetRef").first.map(localName) ?? ""
    transformation = element.expression("transformation")
    for child in element.all("assignment", in: Namespace.bpmn) {
      guard let from = child.expression("from"), let to = child.expression("to") else { continue }
      assignments.append(Assignment(from: from, to: to))
    }
  }
}

extension DataObject {
  init(reading element: Element) {
    self.init(element: element)
    id = element[attribute: "id"] ?? ""
    name = element[attribute: "name"]
    isCollection = element.flag("isCollection") ?? false
    itemRef = element.reference("itemSubjectRef")
    state = element.dataState
  }
}

extension DataReference {
  init(reading element: Element, _ kind: Kind) {
    self.init(kind: kind, element: element)
    id = element[attribute: "id"] ?? ""
    name = element[attribute: "name"]
    target = element.reference(kind == .object ? "dataObjectRef" : "dataStoreRef")
    state = element.dataState
  }
}

extension DataStore {
  init(reading element: Element) {
    self.init(id: element[attribute: "id"] ?? "", name: element[attribute: "name"], element: element)
    capacity = element[attribute: "capacity"].flatMap { Int($0) }
    isUnlimited = element.flag("isUnlimited") ?? true
    itemRef = element.reference("itemSubjectRef")
  }
}

extension Element {
  fileprivate var dataState: String? { children.isEmpty ? nil : first("dataState", in: Namespace.bpmn)?[attribute: "name"] }
}
