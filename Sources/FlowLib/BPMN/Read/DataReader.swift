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
    for child in element.children where child.namespace == Namespace.bpmn {
      let reference = localName(trimmed(child.text))
      switch child.name {
      case "dataInputRefs", "dataOutputRefs": items.append(reference)
      case "optionalInputRefs", "optionalOutputRefs": optional.append(reference)
      case "whileExecutingInputRefs", "whileExecutingOutputRefs": whileExecuting.append(reference)
      case "outputSetRefs", "inputSetRefs": partners.append(reference)
      default: break
      }
    }
  }
}

extension IOSpecification {
  init(_ element: Element) {
    self.init()
    self.element = element
    for child in element.children where child.namespace == Namespace.bpmn { add(child) }
  }

  /// Takes a `dataInput`, `dataOutput`, `inputSet` or `outputSet`.
  mutating func add(_ child: Element) {
    switch child.name {
    case "dataInput": inputs.append(DataItem(reading: child))
    case "dataOutput": outputs.append(DataItem(reading: child))
    case "inputSet": inputSets.append(DataSet(child))
    case "outputSet": outputSets.append(DataSet(child))
    default: break
    }
  }
}

extension DataInterface {
  /// Takes what a node says of its data; false when the element is something else.
  mutating func add(_ child: Element) -> Bool {
    switch child.name {
    case "ioSpecification": specification = IOSpecification(child)
    case "dataInputAssociation": inputAssociations.append(DataAssociation(reading: child))
    case "dataOutputAssociation": outputAssociations.append(DataAssociation(reading: child))
    case "property": properties.append(DataItem(reading: child))
    case "dataInput", "dataOutput", "inputSet", "outputSet":
      var own = specification ?? IOSpecification()
      own.add(child)
      specification = own
    default: return false
    }
    return true
  }
}

extension DataAssociation {
  init(reading element: Element) {
    self.init(element: element)
    for child in element.children where child.namespace == Namespace.bpmn {
      switch child.name {
      case "sourceRef": sources.append(localName(trimmed(child.text)))
      case "targetRef": target = localName(trimmed(child.text))
      case "transformation": transformation = child.asExpression
      case "assignment":
        guard let from = child.expression("from"), let to = child.expression("to") else { continue }
        assignments.append(Assignment(from: from, to: to))
      default: break
      }
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
