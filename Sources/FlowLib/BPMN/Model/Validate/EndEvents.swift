/// Nothing leaves an end event.
func endEvents(_ index: ProcessIndex) -> [Finding] {
  index.nodes.compactMap { node in
    guard case .endEvent = node.kind, let flow = node.outgoing.first else { return nil }
    return node.error(
      "end-with-outgoing", "\(node.title) has the outgoing flow '\(flow)', but a token ends here",
      hint: "use an intermediate throw event, or remove the flow")
  }
}
