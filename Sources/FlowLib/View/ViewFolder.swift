import FlowSQLite
import FlowStorage
import FlowThreads
import Synchronization

/// Moves the view's write-ahead log into its file on a thread of its own, so that no flush, and nobody who waits for one, pays for it.
final class ViewFolder: Sendable {
  private struct State {
    /// Frames in the log after the last flush, and when it was folded last.
    var frames = 0
    var foldedAt = 0
  }

  private let writer: Connection
  private let connection: Connection
  private let state = Mutex(State())
  private let thread = Mutex<LoopThread?>(nil)

  /// Frames that make a fold worth its two syncs (4 MiB), and frames at which the log starts over, in a short moment without flushes.
  private static let worthFrames = 1_000
  private static let logFrames = 4_000

  init(_ path: String, beside writer: Connection) throws(StoreError) {
    self.writer = writer
    let database = try Database(path, .readWrite)
    try database.execute("PRAGMA synchronous=FULL")
    connection = Connection(database)
    let loop = LoopThread("flow-view-fold", intervalMs: 60_000) { [weak self] in self?.turn() }
    thread.withLock { $0 = loop }
  }

  func flushed(frames: Int) {
    let isWorth = state.withLock { state in
      if frames < state.foldedAt { state.foldedAt = 0 }
      state.frames = frames
      return state.frames - state.foldedAt > ViewFolder.worthFrames
    }
    if isWorth { thread.withLock { $0 }?.wake() }
  }

  func close() {
    guard let loop = thread.withLock({ $0.take() }) else { return }
    loop.stop()
    connection.close()
  }

  private func turn() {
    let isWorth = state.withLock { state in
      let isWorth = state.frames - state.foldedAt > ViewFolder.worthFrames
      if isWorth { state.foldedAt = state.frames }
      return isWorth
    }
    guard isWorth else { return }
    do throws(StoreError) {
      let folded = try connection.use { (database) throws(StoreError) in try database.fold(.passive)?.frames ?? 0 }
      guard folded > ViewFolder.logFrames else { return }
      try writer.use { (_) throws(StoreError) in
        _ = try connection.use { (database) throws(StoreError) in try database.fold(.restart)?.frames ?? 0 }
      }
    } catch {
      // It stays in the log, which readers read as well; what is wrong with the file the next flush will say.
    }
  }
}
