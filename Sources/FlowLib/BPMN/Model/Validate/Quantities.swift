/// An activity begins with one token or more, and gives one or more when it completes.
func quantities(_ node: FlowNode, _ level: ProcessIndex.Level, _ index: ProcessIndex) -> [Finding] {
  if node.startQuantity >= 1, node.completionQuantity >= 1 { return [] }
  return [("startQuantity", node.startQuantity), ("completionQuantity", node.completionQuantity)].filter { $0.1 < 1 }.map { name, _ in
    node.error("quantity", "the \(name) of \(node.title) is no number from 1 on", hint: "write a number, or remove it")
  }
}
