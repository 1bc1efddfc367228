/// One `BPMNDiagram`: where the shapes and edges of a plane lie.
package struct Diagram: Sendable {
  package var id = ""
  package var name: String?
  package var resolution: Double?
  /// Process, collaboration or subprocess that the plane shows.
  package var planeElement: String?
  package var shapes: [DiagramShape] = []
  package var edges: [DiagramEdge] = []
  /// Label styles and extensions, as read.
  package var others: [Element] = []
  package init() {}
}

package struct DiagramPoint: Sendable, Equatable {
  package var x: Double
  package var y: Double
  package init(x: Double, y: Double) {
    self.x = x
    self.y = y
  }
}

package struct DiagramBounds: Sendable, Equatable {
  package var x: Double
  package var y: Double
  package var width: Double
  package var height: Double
  package init(x: Double, y: Double, width: Double, height: Double) {
    self.x = x
    self.y = y
    self.width = width
    self.height = height
  }
}

package struct DiagramLabel: Sendable, Equatable {
  package var bounds: DiagramBounds?
  package var style: String?
  package init() {}
}

package struct DiagramShape: Sendable {
  package var id = ""
  package var element: String?
  package var bounds = DiagramBounds(x: 0, y: 0, width: 0, height: 0)
  package var isHorizontal: Bool?
  package var isExpanded: Bool?
  package var isMarkerVisible: Bool?
  package var label: DiagramLabel?
  /// Attributes with a prefix: the colours that modelling tools write.
  package var attributes: [Element.Attribute] = []
  package var extensions: [Element] = []
  package init() {}
}

package struct DiagramEdge: Sendable {
  package var id = ""
  package var element: String?
  package var waypoints: [DiagramPoint] = []
  package var label: DiagramLabel?
  package var attributes: [Element.Attribute] = []
  package var extensions: [Element] = []
  package init() {}
}
