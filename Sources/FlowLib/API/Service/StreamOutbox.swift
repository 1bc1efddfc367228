import FlowCore
import FlowRPC
import Synchronization

/// Messages on their way to a client that may read slowly: what the transport does not take waits here, in order and bounded.
final class StreamOutbox<Request: ProtoMessage, Message: ProtoMessage>: Sendable {
  private struct State: Sendable {
    /// A slice, so that taking the first costs nothing however many wait.
    var waiting: ArraySlice<Message> = []
    var isDraining = false
    var isFinishing = false
    var isOver = false
  }

  private let call: ServerStreamCall<Request, Message>
  private let state = Mutex(State())

  init(_ call: ServerStreamCall<Request, Message>) { self.call = call }

  /// A client that falls too far behind is ended; it asks again when it comes back.
  func send(_ message: Message) {
    let isTooSlow = state.withLock { state in
      guard !state.isOver else { return false }
      state.waiting.append(message)
      state.isOver = state.waiting.count > Limits.outboxMessages
      return state.isOver
    }
    if isTooSlow {
      call.finish(
        Status(.resourceExhausted, "the reader is too slow, too many messages wait", hint: "ask again; the first messages tell all that is")
      )
    } else {
      drain()
    }
  }

  /// Ends the call behind what waits.
  func finish() {
    state.withLock { $0.isFinishing = true }
    drain()
  }

  /// One thread at a time sends; the others only leave their messages.
  private func drain() {
    guard
      state.withLock({ state in
        defer { state.isDraining = true }
        return !state.isDraining
      })
    else { return }
    while let message = next() {
      switch call.send(message) {
      case .queued: _ = state.withLock { $0.waiting.removeFirst() }
      case .full:
        state.withLock { $0.isDraining = false }
        return call.whenReady { [self] in drain() }
      case .ended:
        return state.withLock { state in
          state.isOver = true
          state.waiting = []
        }
      }
    }
  }

  /// The first that waits; ends the draining, and the call when that was asked for, when there is none.
  private func next() -> Message? {
    let (message, isLast) = state.withLock { state -> (Message?, Bool) in
      if let first = state.waiting.first, !state.isOver { return (first, false) }
      state.isDraining = false
      let isLast = state.isFinishing && !state.isOver
      if isLast { state.isOver = true }
      return (nil, isLast)
    }
    if isLast { call.finish() }
    return message
  }
}

/// Numbers that come once.
final class Counter: Sendable {
  private let value = Atomic<Int>(0)

  func next() -> Int { value.add(1, ordering: .relaxed).newValue }
}
