/// Everything that this version can not run, told at apply instead of being a surprise at run time.
func notExecutable(_ index: ProcessIndex) -> [Finding] {
  index.nodes.flatMap { node -> [Finding] in
    var missing = Runnable.missingProperties(node)
    // One reason for the kind as a whole is enough; what its properties miss would only repeat it.
    if let reason = Runnable.missing(node, index) { missing = [reason] }
    return missing.map { node.error("not-executable", "\(node.title) can not run: \($0.what)", hint: $0.hint) }
  }
}
