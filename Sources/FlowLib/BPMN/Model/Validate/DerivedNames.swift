/// In the original's dialect nodes are addressed by a name made of their label, which must be there and be unique.
func derivedNames(_ index: ProcessIndex) -> [Finding] {
  guard index.process.dialects.rexflow else { return [] }
  var first: [String: FlowNode] = [:]
  return index.nodes.compactMap { node in
    guard let name = node.derivedName else {
      return node.error(
        "no-derived-name", "no letter or digit of ASCII is left of the name of \(node.title), so it has no address",
        hint: "give it a name with letters a to z")
    }
    guard let other = first[name] else {
      first[name] = node
      return nil
    }
    return node.error(
      "duplicate-name", "\(node.title) and \(other.title) in line \(other.line) both get the name '\(name)', which is their address",
      hint: "rename one of them")
  }
}
