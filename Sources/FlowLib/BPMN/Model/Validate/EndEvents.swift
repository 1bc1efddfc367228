/// Nothing leaves an end event.
func endEvents(_ node: FlowNode, _ level: ProcessIndex.Level, _ index: ProcessIndex) -> [Finding] {
  guard case .endEvent = node.kind, let flow = node.outgoing.first else { return [] }
  return [
    node.error(
      "end-with-outgoing", "\(node.title) has the outgoing flow '\(flow)', but a token ends here",
      hint: "use an intermediate throw event, or remove the flow")
  ]
}
