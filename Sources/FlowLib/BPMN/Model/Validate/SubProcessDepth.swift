import FlowCore

/// Interrupting a subprocess recurs through those in it, so that they may be nested only so deep.
func subProcessDepth(_ index: ProcessIndex) -> [Finding] {
  // Only the first level that is too deep: those inside it would say the same again.
  index.levels.filter { $0.depth == Limits.scopeDepth + 1 }.compactMap { level in
    level.owner?.error(
      "subprocess-too-deep", "\(level.owner?.title ?? level.id) is nested deeper than \(Limits.scopeDepth) subprocesses",
      hint: "flatten the model")
  }
}
