import FlowEngine
import FlowStorage
import FlowThreads

extension Partition {
  /// Sends a command and waits for its answer.
  package func ask(_ command: Command, lane: Lane) throws(Refusal) -> Answered {
    let promise = Promise<Result<Answered, Refusal>>()
    send(command, lane: lane) { promise.keep($0) }
    return try promise.wait().get()
  }

  package func ask(_ deploy: Deploy, _ process: ExecutableProcess) throws(Refusal) -> Answered { try ask([(deploy, process)]) }

  /// Deploys all or none; the answer names the last.
  package func ask(_ deployments: [(deploy: Deploy, process: ExecutableProcess)]) throws(Refusal) -> Answered {
    let promise = Promise<Result<Answered, Refusal>>()
    send(.deploy(deployments) { promise.keep($0) }, lane: .creates)
    return try promise.wait().get()
  }

  /// Looks at the state, once what it sees is durable. Overtakes creates that wait.
  ///
  /// - Returns: nil when the partition has stopped.
  package func look<Value: Sendable>(_ body: @escaping @Sendable (PartitionState, Catalog) -> Value) -> (value: Value, position: Position)?
  {
    let promise = Promise<(value: Value, position: Position)?>()
    let request = Request.read(
      { state, catalog in
        let value = body(state, catalog)
        return { promise.keep((value, $0)) }
      }, refused: { promise.keep(nil) })
    send(request, lane: .internal)
    return promise.wait()
  }
}
