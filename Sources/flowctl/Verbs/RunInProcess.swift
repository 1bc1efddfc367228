import FlowCommandLine

/// `run FILE.bpmn ARGS`: the process runs here, in memory, with its services started by the embedded orchestrator.
enum RunInProcess {
  /// - Parameter path: a BPMN file.
  /// - Parameter arguments: the instance's input, as `run` takes it.
  /// - Returns: the exit code of `run --wait`: 0 completed, 1 ended otherwise, 6 the time is over.
  static func run(_ path: String, _ arguments: [String], _ context: Context) throws(Failure) -> Int32 {
    throw Failure(
      ExitCode.negative, "can not run \(path) without a server", why: "this build has no engine in flowctl",
      hint: "flowctl apply --wait \(path), then flowctl run --wait ID")
  }
}
