import FlowCore
import Synchronization

/// Hands committed changes to watchers: in order, none left out, never two calls at once; for stores inside this process.
///
/// `publish` is called under the lock that orders commits, `deliver` after it. Whoever delivers first empties the queue, also of what
/// others publish meanwhile, so a handler may commit without waiting for itself.
package final class WatchHub: Sendable {
  private struct Event {
    var revision: Revision
    var changes: [KVChange]
    var bytes: Int
  }

  private struct Watcher {
    var prefix: String
    var handler: @Sendable (Revision, [KVChange]) -> Void
  }

  private struct State {
    var kept: [Event] = []
    var keptBytes = 0
    /// Changes above this revision are in `kept`.
    var floor: Revision
    var watchers: [Int: Watcher] = [:]
    var nextID = 0
    var queue: [(watcher: Int, event: Event)] = []
    var delivering = false
  }

  private let state: Mutex<State>

  package init(revision: Revision) { state = Mutex(State(floor: revision)) }

  package func publish(_ revision: Revision, _ changes: [KVChange]) {
    let event = Event(revision: revision, changes: changes, bytes: changes.reduce(0) { $0 + $1.key.utf8.count + ($1.value?.count ?? 0) })
    state.withLock { state in
      state.kept.append(event)
      state.keptBytes += event.bytes
      WatchHub.forget(&state)
      for id in state.watchers.keys.sorted() { state.queue.append((id, event)) }
    }
  }

  /// Drops the oldest half when there is too much, so that the cost per change stays the same.
  private static func forget(_ state: inout State) {
    guard state.kept.count > Limits.kvChangesKept || state.keptBytes > Limits.kvChangeBytesKept else { return }
    let dropped = state.kept[..<(state.kept.count / 2 + 1)]
    state.keptBytes -= dropped.reduce(0) { $0 + $1.bytes }
    state.floor = dropped.last?.revision ?? state.floor
    state.kept.removeFirst(dropped.count)
  }

  /// Registers under the lock that orders commits, so that nothing falls between what is kept and what comes.
  package func watch(
    prefix: String, after: Revision, _ handler: @escaping @Sendable (Revision, [KVChange]) -> Void
  ) throws(StoreError) -> WatchToken {
    let result: Result<Int, StoreError> = state.withLock { state in
      guard after >= state.floor else { return .failure(.compacted(oldest: state.floor)) }
      let id = state.nextID
      state.nextID += 1
      state.watchers[id] = Watcher(prefix: prefix, handler: handler)
      for event in state.kept where event.revision > after { state.queue.append((id, event)) }
      return .success(id)
    }
    let id = try result.get()
    return WatchToken { [weak self] in self?.state.withLock { _ = $0.watchers.removeValue(forKey: id) } }
  }

  /// Calls handlers until the queue is empty; returns at once when another thread does so already.
  package func deliver() {
    guard start() else { return }
    while let (watcher, event) = next() {
      let prefix = Array(watcher.prefix.utf8)
      let mine = event.changes.filter { $0.key.utf8.starts(with: prefix) }
      if !mine.isEmpty { watcher.handler(event.revision, mine) }
    }
  }

  private func start() -> Bool {
    state.withLock { state in
      guard !state.delivering, !state.queue.isEmpty else { return false }
      state.delivering = true
      return true
    }
  }

  private func next() -> (Watcher, Event)? {
    state.withLock { state in
      var index = 0
      defer { state.queue.removeFirst(min(index, state.queue.count)) }
      while index < state.queue.count {
        let (id, event) = state.queue[index]
        index += 1
        if let watcher = state.watchers[id] { return (watcher, event) }
      }
      state.delivering = false
      return nil
    }
  }
}
