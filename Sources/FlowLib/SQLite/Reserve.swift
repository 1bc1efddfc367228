import FlowStorage
import FlowThreads
import Glibc
import Synchronization

/// Space that is kept for accepted work: new work is refused while the disk still has room, what is owed may use the rest and,
/// when that is short too, the preallocated file is given up for it.
final class Reserve: Sendable {
  private struct State {
    var held: Int
    var isReadOnly = false
    var reason = ""
    var checkedMs: Int64 = 0
    var observers: [@Sendable (StoreCondition) -> Void] = []
    var failure: String?
  }

  private let path: String
  private let directory: String
  /// Bytes of the preallocated file.
  private let bytes: Int
  /// Free bytes below which new work is refused.
  private let headroom: Int
  private let state: Mutex<State>

  init(_ directory: DataDirectory, bytes: Int) {
    self.directory = directory.path
    path = directory.file("reserve")
    self.bytes = bytes
    headroom = bytes / 4
    state = Mutex(State(held: 0))
    state.withLock { refill(&$0) }
  }

  var condition: StoreCondition { state.withLock { Reserve.condition($0) } }

  private static func condition(_ state: State) -> StoreCondition {
    if let failure = state.failure { return .failed(reason: failure) }
    return state.isReadOnly ? .readOnly(reason: state.reason) : .writable
  }

  func observe(_ handler: @escaping @Sendable (StoreCondition) -> Void) { state.withLock { $0.observers.append(handler) } }

  /// The device failed: nothing is accepted any more.
  func fail(_ reason: String) { change { if $0.failure == nil { $0.failure = reason } } }

  /// Throws when a write of this many bytes must not begin.
  func admit(_ urgency: Urgency, bytes need: Int) throws(StoreError) {
    change { examine(&$0, need: need, urgency: urgency) }
    switch condition {
    case .writable: return
    case .readOnly(let reason): if urgency == .new { throw .full(reason) }
    case .failed(let reason): throw .io(reason)
    }
  }

  /// Looks again while read-only; from the keeper's thread, so that it heals without anybody asking.
  func recheck() { change { if $0.isReadOnly { examine(&$0, need: 0, urgency: .new) } } }

  /// A write ran into the full disk all the same.
  func ranFull(_ reason: String) {
    change {
      $0.isReadOnly = true
      $0.reason = reason
    }
  }

  var freeBytes: Int { max(0, free() - headroom) }

  private func change(_ body: (inout State) -> Void) {
    let news = state.withLock { state -> (StoreCondition, [@Sendable (StoreCondition) -> Void])? in
      let before = Reserve.condition(state)
      body(&state)
      let after = Reserve.condition(state)
      return before == after ? nil : (after, state.observers)
    }
    guard let (condition, observers) = news else { return }
    for observer in observers { observer(condition) }
  }

  private func examine(_ state: inout State, need: Int, urgency: Urgency) {
    if state.isReadOnly { heal(&state) }
    let free = free()
    // The log and the file behind it each take the bytes once.
    let wanted = 2 * need + (64 << 10)
    if !state.isReadOnly, free < headroom + wanted {
      state.isReadOnly = true
      state.reason = "\(free >> 20) MiB free at \(directory), \((headroom + wanted) >> 20) MiB are wanted beside the reserve"
    }
    if urgency == .owed, state.held > 0, free < headroom / 2 + wanted {
      truncate(path, 0)
      state.held = 0
    }
  }

  private func heal(_ state: inout State) {
    let now = MonotonicClock.milliseconds()
    guard now - state.checkedMs >= 200 else { return }
    state.checkedMs = now
    // Twice the headroom, so that it does not flutter at the edge.
    guard free() + state.held >= bytes + 2 * headroom else { return }
    refill(&state)
    if state.held > 0 || bytes == 0 { state.isReadOnly = false }
  }

  private func refill(_ state: inout State) {
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { return refuse(&state, errno) }
    defer { close(descriptor) }
    let rc = bytes == 0 ? 0 : posix_fallocate(descriptor, 0, off_t(bytes))
    guard rc == 0 else {
      ftruncate(descriptor, 0)
      return refuse(&state, rc)
    }
    state.held = bytes
  }

  private func refuse(_ state: inout State, _ code: Int32) {
    state.held = 0
    state.isReadOnly = true
    state.reason = "no room for the reserve of \(bytes >> 20) MiB at \(directory): \(String(cString: strerror(code)))"
  }

  private func free() -> Int {
    var status = statvfs()
    // When nobody can say, the write itself will.
    guard statvfs(directory, &status) == 0 else { return Int.max / 2 }
    return Int(clamping: UInt64(status.f_bavail).multipliedReportingOverflow(by: UInt64(status.f_frsize)).partialValue)
  }
}
