import FlowBPMN

extension Diagram {
  init(_ element: Element) {
    self.init()
    id = element[attribute: "id"] ?? ""
    name = element[attribute: "name"]
    resolution = element.number("resolution")
    for child in element.children {
      if child.name == "BPMNPlane", child.namespace == Namespace.diagram { addPlane(child) } else { others.append(child) }
    }
  }

  private mutating func addPlane(_ plane: Element) {
    planeElement = plane.reference("bpmnElement")
    for child in plane.children {
      switch (child.namespace == Namespace.diagram, child.name) {
      case (true, "BPMNShape"): shapes.append(DiagramShape(child))
      case (true, "BPMNEdge"): edges.append(DiagramEdge(child))
      default: others.append(child)
      }
    }
  }
}

extension DiagramShape {
  init(_ element: Element) {
    self.init()
    id = element[attribute: "id"] ?? ""
    self.element = element.reference("bpmnElement")
    isHorizontal = element.flag("isHorizontal")
    isExpanded = element.flag("isExpanded")
    isMarkerVisible = element.flag("isMarkerVisible")
    attributes = element.foreignAttributes
    for child in element.children {
      switch child.name {
      case "Bounds": bounds = DiagramBounds(child)
      case "BPMNLabel": label = DiagramLabel(child)
      default: extensions.append(child)
      }
    }
  }
}

extension DiagramEdge {
  init(_ element: Element) {
    self.init()
    id = element[attribute: "id"] ?? ""
    self.element = element.reference("bpmnElement")
    attributes = element.foreignAttributes
    for child in element.children {
      switch child.name {
      case "waypoint": waypoints.append(.init(x: child.number("x") ?? 0, y: child.number("y") ?? 0))
      case "BPMNLabel": label = DiagramLabel(child)
      default: extensions.append(child)
      }
    }
  }
}

extension DiagramLabel {
  init(_ element: Element) {
    self.init()
    style = element.reference("labelStyle")
    bounds = element.first("Bounds", in: Namespace.bounds).map(DiagramBounds.init)
  }
}

extension DiagramBounds {
  init(_ element: Element) {
    self.init(
      x: element.number("x") ?? 0, y: element.number("y") ?? 0, width: element.number("width") ?? 0,
      height: element.number("height") ?? 0)
  }
}

extension Element {
  /// A finite number; nil when the attribute is missing or none.
  func number(_ name: String) -> Double? {
    guard let text = self[attribute: name] else { return nil }
    // Nearly all are whole numbers.
    if text.utf8.count < 10, let whole = Int32(text) { return Double(whole) }
    guard let value = Double(text), value.isFinite else { return nil }
    return value
  }
}
