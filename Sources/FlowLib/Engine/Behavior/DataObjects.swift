import FlowCore
import FlowFEEL

extension Draft {
  /// Data objects and properties of a subprocess or activity are its own variables, null until something is put there.
  ///
  /// - Source: BPMN 2.0.2, 10.4.1, lifecycle and visibility of data objects and properties.
  mutating func declareData(of id: ActivityID, _ element: ExecutableElement) {
    let known = instance.details[id]?.variables ?? SmallMap()
    set(element.more.locals.filter { known[$0] == nil }.map { Variable($0, .null) }, localIn: id)
  }

  /// What data associations take further is the activity's own, as its data inputs are; the rest of its results is returned.
  mutating func withoutDataOutputs(_ variables: [Variable], of id: ActivityID, _ element: ExecutableElement) -> [Variable] {
    guard !element.more.dataOutputs.isEmpty else { return variables }
    let own = Set(element.more.dataOutputs.flatMap(\.needs))
    set(variables.filter { own.contains($0.name) }, localIn: id)
    return variables.filter { !own.contains($0.name) }
  }

  /// Data outputs go to what their associations name; one that the activity has not made goes nowhere.
  mutating func mapDataOutputs(of id: ActivityID, _ element: ExecutableElement, to scope: ActivityID) throws(StepProblem) {
    for mapping in element.more.dataOutputs where isAvailable(mapping, from: id) {
      let value = try evaluate(mapping.source, in: id, else: .ioMappingError)
      propagate([merged(value, mapping.target, localOnly: false, from: scope)], from: scope)
    }
  }

  /// Whether all that a data association reads is there.
  func isAvailable(_ mapping: VariableMapping, from id: ActivityID) -> Bool {
    mapping.needs.allSatisfy { instance.variable($0, from: id) != nil }
  }
}
