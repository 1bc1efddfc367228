import CFlowGRPC
import FlowThreads
import Glibc
import Synchronization

/// What the core tells about a batch.
enum CoreEvent: Int32, Sendable {
  case arrived = 0, read, written, closed, finished, started, state, shutdown
}

/// Someone who starts batches and is told when they end. Every batch under way holds its owner.
package class CoreOwner: @unchecked Sendable {
  // Safety: holds nothing itself; each subclass says how it guards its state.
  func completed(_ event: CoreEvent, ok: Bool) {}
}

/// The core's completion queue and the one thread that waits on it. (Two threads were measured slower on two cores.)
final class CompletionQueue: @unchecked Sendable {
  // Safety: the handle is thread-safe by the core's contract; the thread is set once, before anyone else sees the queue.
  let handle: OpaquePointer
  private var thread = pthread_t()
  private let ended = Promise<Bool>()
  /// Batches that are just being started, and a high bit when no more may be: the core aborts on a batch for a queue that was shut.
  private let gate = Atomic<UInt64>(0)
  private static let shut: UInt64 = 1 << 63

  init() throws(RPCError) {
    var reason: UnsafePointer<CChar>?
    guard flow_grpc_load(&reason) == 1, let handle = flow_grpc_queue_create() else {
      throw RPCError(.library, "gRPC is not available: \(reason.map { String(cString: $0) } ?? "no queue")")
    }
    self.handle = handle
    let this = Unmanaged.passRetained(self)
    let made = pthread_create(
      &thread, nil,
      { raw in
        if let raw { Unmanaged<CompletionQueue>.fromOpaque(raw).takeRetainedValue().run() }
        return nil
      }, this.toOpaque())
    guard made == 0 else {
      this.release()
      flow_grpc_queue_shutdown(handle)
      throw RPCError(.library, "no thread for gRPC: \(String(cString: strerror(made)))")
    }
    pthread_detach(thread)
  }

  deinit { flow_grpc_queue_destroy(handle) }

  private func run() {
    var event = flow_grpc_event()
    while flow_grpc_queue_next(handle, &event) == 1 {
      guard let owner = event.owner, let kind = CoreEvent(rawValue: event.kind) else { continue }
      Unmanaged<CoreOwner>.fromOpaque(owner).takeRetainedValue().completed(kind, ok: event.ok != 0)
    }
    ended.keep(true)
  }

  /// Starts a batch in the name of an owner, who is held until its event came.
  ///
  /// - Returns: false when nothing was started, so that no event will come.
  func start(_ owner: CoreOwner, _ batch: () -> Int32) -> Bool {
    defer { gate.subtract(1, ordering: .releasing) }
    guard gate.add(1, ordering: .acquiring).newValue < CompletionQueue.shut else { return false }
    let held = Unmanaged.passRetained(owner)
    guard batch() == 1 else {
      held.release()
      return false
    }
    return true
  }

  var isOwnThread: Bool { pthread_equal(pthread_self(), thread) != 0 }

  /// Lets the batches under way end and the thread with them. Owners must have cancelled what would go on.
  func shutdown() {
    guard gate.bitwiseOr(CompletionQueue.shut, ordering: .acquiringAndReleasing).oldValue < CompletionQueue.shut else { return }
    // A start takes microseconds, so that waiting for the last one is a short spin.
    while gate.load(ordering: .acquiring) != CompletionQueue.shut { sched_yield() }
    flow_grpc_queue_shutdown(handle)
    if !isOwnThread { _ = ended.wait() }
  }
}
