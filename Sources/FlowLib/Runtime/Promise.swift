import FlowEngine
import FlowStorage
import Glibc

/// One value that one thread waits for and another brings.
package final class Promise<Value: Sendable>: @unchecked Sendable {
  // Safety: `value` is only touched under `mutex`.
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private var value: Value?

  package init() {
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(condition, nil)
  }

  deinit {
    pthread_cond_destroy(condition)
    pthread_mutex_destroy(mutex)
    condition.deallocate()
    mutex.deallocate()
  }

  /// The first value counts.
  package func keep(_ value: Value) {
    pthread_mutex_lock(mutex)
    if self.value == nil { self.value = value }
    pthread_cond_broadcast(condition)
    pthread_mutex_unlock(mutex)
  }

  /// Blocks this thread; never called on a partition's or a transport's thread.
  package func wait() -> Value {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    while true {
      if let value { return value }
      pthread_cond_wait(condition, mutex)
    }
  }
}

extension Partition {
  /// Sends a command and waits for its answer.
  package func ask(_ command: Command, lane: Lane) throws(Refusal) -> Answered {
    let promise = Promise<Result<Answered, Refusal>>()
    send(command, lane: lane) { promise.keep($0) }
    return try promise.wait().get()
  }

  package func ask(_ deploy: Deploy, _ process: ExecutableProcess) throws(Refusal) -> Answered {
    let promise = Promise<Result<Answered, Refusal>>()
    send(.deploy(deploy, process) { promise.keep($0) }, lane: .creates)
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
