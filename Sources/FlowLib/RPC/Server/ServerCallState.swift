import FlowCore

/// What a server call must do next; decided under its lock, done outside of it.
enum ServerCallAction: Sendable {
  case write([UInt8])
  case finish(Status, Metadata)
  case tell(@Sendable () -> Void)
}

/// The state of a streaming answer: one message is with the transport, others wait behind it, the status waits behind them.
///
/// Open goes to finishing (a status was given), both go to over (the status is with the transport, or the call was cancelled).
struct ServerCallState: Sendable {
  private struct Waiting: Sendable {
    let bytes: [UInt8]
    let whenWritten: (@Sendable (Bool) -> Void)?
  }

  private(set) var isCancelled = false
  private(set) var isOver = false
  /// The end of the call is watched, so that CLOSED will come.
  var isCloseWatched = false

  private var isWriting = false
  private var written: (@Sendable (Bool) -> Void)?
  private var waiting: [Waiting] = []
  /// Where the queue begins in `waiting`: taking from the front must not move the rest.
  private var first = 0
  private var waitingBytes = 0
  private var last: (status: Status, trailers: Metadata)?
  private var readies: [@Sendable () -> Void] = []
  private var cancels: [@Sendable () -> Void] = []
  private var reader: (@Sendable ([UInt8]?) -> Void)?

  private var count: Int { waiting.count - first }
  private var isFull: Bool { count >= Limits.streamMessages || waitingBytes >= Limits.streamBytes }

  // MARK: sending

  mutating func send(_ bytes: [UInt8], _ whenWritten: (@Sendable (Bool) -> Void)?) -> (SendOutcome, [ServerCallAction]) {
    guard !isOver, last == nil else { return (.ended, []) }
    guard !isFull else { return (.full, []) }
    guard isWriting else {
      isWriting = true
      written = whenWritten
      return (.queued, [.write(bytes)])
    }
    waiting.append(Waiting(bytes: bytes, whenWritten: whenWritten))
    waitingBytes += bytes.count
    return (.queued, [])
  }

  mutating func whenReady(_ action: @escaping @Sendable () -> Void) -> [ServerCallAction] {
    guard isFull, !isOver else { return [.tell(action)] }
    readies.append(action)
    return []
  }

  /// The transport took the message, or lost it.
  mutating func messageWritten(_ ok: Bool) -> [ServerCallAction] {
    isWriting = false
    var actions = [report(written, ok)].compactMap { $0 }
    written = nil
    guard ok, !isOver else { return actions + end() }
    if let next = takeNext() {
      isWriting = true
      written = next.whenWritten
      actions.append(.write(next.bytes))
    } else if let last {
      isOver = true
      actions.append(.finish(last.status, last.trailers))
    }
    // Half empty, so that a sender is not woken for each message.
    if count <= Limits.streamMessages / 2, waitingBytes <= Limits.streamBytes / 2 { actions += takeReadies() }
    return actions
  }

  private mutating func takeNext() -> Waiting? {
    guard count > 0 else { return nil }
    let next = waiting[first]
    first += 1
    waitingBytes -= next.bytes.count
    if first == waiting.count || first >= Limits.streamMessages {
      waiting.removeFirst(first)
      first = 0
    }
    return next
  }

  private mutating func takeReadies() -> [ServerCallAction] {
    defer { readies = [] }
    return readies.map { .tell($0) }
  }

  // MARK: ending

  /// A unary answer takes everything at once. True for the first.
  mutating func answer() -> Bool {
    guard !isOver, last == nil else { return false }
    isOver = true
    return true
  }

  mutating func finish(_ status: Status, _ trailers: Metadata) -> [ServerCallAction] {
    guard !isOver, last == nil else { return [] }
    last = (status, trailers)
    guard !isWriting else { return [] }
    isOver = true
    return [.finish(status, trailers)] + takeReadies()
  }

  /// The call is over at both ends; `cancelled` when it did not end by our status.
  mutating func closed(cancelled: Bool) -> [ServerCallAction] {
    let cancelActions: [ServerCallAction] = cancelled ? cancels.map { .tell($0) } : []
    isCancelled = isCancelled || cancelled
    cancels = []
    return cancelActions + end()
  }

  /// Lets go of all that waits.
  private mutating func end() -> [ServerCallAction] {
    isOver = true
    var actions: [ServerCallAction] = []
    while let next = takeNext() {
      if let report = report(next.whenWritten, false) { actions.append(report) }
    }
    return actions + takeReadies()
  }

  private func report(_ whenWritten: (@Sendable (Bool) -> Void)?, _ ok: Bool) -> ServerCallAction? {
    whenWritten.map { tell in .tell { tell(ok) } }
  }

  mutating func onCancel(_ action: @escaping @Sendable () -> Void) -> [ServerCallAction] {
    guard !isCancelled else { return [.tell(action)] }
    cancels.append(action)
    return []
  }

  // MARK: receiving

  /// False when another question is open.
  mutating func ask(_ action: @escaping @Sendable ([UInt8]?) -> Void) -> Bool {
    guard reader == nil else { return false }
    reader = action
    return true
  }

  mutating func takeReader() -> (@Sendable ([UInt8]?) -> Void)? {
    defer { reader = nil }
    return reader
  }
}
