/// A call activity names what it calls, and in Zeebe's dialect whatever is called is bound to a version that can be told.
func callActivities(_ node: FlowNode, _ level: ProcessIndex.Level, _ index: ProcessIndex) -> [Finding] {
  bindings(of: node).flatMap { check($0, of: node) } + called(by: node)
}

private func called(by node: FlowNode) -> [Finding] {
  guard case .callActivity(let call) = node.kind else { return [] }
  let names = [node.zeebe?.calledElement?.processID, call.calledElement]
  guard !names.contains(where: { $0.map { !isBlank($0) } ?? false }) else { return [] }
  return [
    node.error(
      "called-element-missing", "\(node.title) does not say which process it calls",
      hint: "add zeebe:calledElement with a processId, or the attribute calledElement")
  ]
}

private struct Bound {
  var element: String
  var type: String?
  var versionTag: String?
}

private func bindings(of node: FlowNode) -> [Bound] {
  guard let zeebe = node.zeebe else { return [] }
  return [
    zeebe.calledElement.map { Bound(element: "zeebe:calledElement", type: $0.bindingType, versionTag: $0.versionTag) },
    zeebe.calledDecision.map { Bound(element: "zeebe:calledDecision", type: $0.bindingType, versionTag: $0.versionTag) },
    zeebe.form.map { Bound(element: "zeebe:formDefinition", type: $0.bindingType, versionTag: $0.versionTag) },
  ].compactMap { $0 }
    + zeebe.linkedResources.map { Bound(element: "zeebe:linkedResource", type: $0.bindingType, versionTag: $0.versionTag) }
}

private func check(_ bound: Bound, of node: FlowNode) -> [Finding] {
  let known = ZeebeBinding.allCases.map(\.rawValue).joined(separator: ", ")
  guard let binding = ZeebeBinding(type: bound.type) else {
    return [
      node.error(
        "binding", "\(node.title) has a \(bound.element) with the unknown bindingType '\(bound.type ?? "")'", hint: "known: \(known)")
    ]
  }
  guard binding == .versionTag, bound.versionTag.map(isBlank) ?? true else { return [] }
  return [
    node.error(
      "binding", "\(node.title) has a \(bound.element) bound to a version tag, but no versionTag", hint: "fill in its attribute versionTag")
  ]
}

/// Calls that are bound to what is deployed with their process, and name something that is not.
///
/// - Parameter together: ids of all processes of the deployment.
package func missingCalls(of process: Process, deployedWith together: Set<String>) -> [Finding] {
  process.allNodes.compactMap { node in
    guard let called = node.zeebe?.calledElement, ZeebeBinding(type: called.bindingType) == .deployment else { return nil }
    guard let id = called.processID, !id.hasPrefix("="), !together.contains(id) else { return nil }
    return node.error(
      "binding", "\(node.title) calls '\(id)' of its own deployment, which has no such process",
      hint: "deploy both by one command, or bind the call to the latest version")
  }
}
