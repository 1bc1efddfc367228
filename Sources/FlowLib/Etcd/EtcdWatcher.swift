import FlowCore
import FlowRPC
import FlowStorage
import FlowThreads
import Synchronization

/// What one revision did to a key; `value` is nil when it is gone.
package struct EtcdChange: Sendable, Equatable {
  package var key: [UInt8]
  package var value: [UInt8]?
}

/// Tells each revision's changes of a range of keys in order and once, over lost connections and other members.
///
/// When the history that it needs was compacted meanwhile, it reads the range again and tells the difference as one change at that
/// revision: nothing that is there at the end is missed. The same is done now and then while a stream says nothing wrong, so that an
/// event which a member never sent, or a stream that it forgot, stays unnoticed for no longer. Runs on a thread of its own, where the
/// handler may make calls.
package final class EtcdWatcher: Sendable {
  package typealias Handler = @Sendable (_ revision: Int64, _ changes: [EtcdChange]) -> Void

  private struct State: Sendable {
    var isCancelled = false
    var stream: ClientStream<Etcdserverpb.WatchRequest, Etcdserverpb.WatchResponse>?
  }

  private let client: EtcdClient
  private let from: [UInt8]
  private let to: [UInt8]
  private let handler: Handler
  private let rereadMs: Int64
  private let state = Monitor(State())

  /// - Parameters:
  ///   - after: changes above this revision are told.
  ///   - known: the keys that were there at it, so that a deletion in forgotten history is noticed.
  ///   - rereadMs: how often all keys are compared with what was told.
  package init(
    _ client: EtcdClient, from: [UInt8], to: [UInt8], after: Int64, known: Set<[UInt8]>, rereadMs: Int64 = 30_000,
    _ handler: @escaping Handler
  ) {
    self.client = client
    self.from = from
    self.to = to
    self.rereadMs = rereadMs
    self.handler = handler
    // Ends by itself after `cancel`.
    WorkerThread(name: "flow-etcd-watch") { [self] in
      var view = View(seen: after, known: known, rereadAt: MonotonicClock.milliseconds() + rereadMs)
      run(&view)
    }.detach()
  }

  /// Ends it; a call of the handler that is under way may still finish.
  package func cancel() {
    let stream = state.change { state in
      state.isCancelled = true
      return state.stream
    }
    stream?.cancel()
  }

  private var isCancelled: Bool { state.withLock { $0.isCancelled } || client.isClosed }

  /// What was told so far.
  private struct View {
    var seen: Int64
    var known: Set<[UInt8]>
    var rereadAt: Int64
  }

  private func run(_ view: inout View) {
    var failures = 0
    while !isCancelled {
      let before = view.seen
      follow(&view)
      failures = view.seen > before ? 0 : failures + 1
      // Woken by `cancel`; a member that is gone is asked again soon, then less often.
      let pause = min(1_000, 10 << min(failures, 7))
      _ = state.wait(ms: Int64(pause)) { $0.isCancelled ? true : nil }
    }
  }

  /// One stream from its begin to its end.
  private func follow(_ view: inout View) {
    let opened: (endpoint: Int, stream: ClientStream<Etcdserverpb.WatchRequest, Etcdserverpb.WatchResponse>)
    do throws(EtcdError) { opened = try client.stream(Etcdserverpb.WatchMethods.watch) } catch { return }
    let stream = opened.stream
    let isWanted = state.withLock { state in
      state.stream = stream
      return !state.isCancelled
    }
    defer {
      stream.cancel()
      state.withLock { $0.stream = nil }
    }
    guard isWanted else { return }
    let create = Etcdserverpb.WatchCreateRequest(key: from, rangeEnd: to, startRevision: view.seen + 1, fragment: true)
    stream.send(Etcdserverpb.WatchRequest(requestUnion: .createRequest(create)))
    var pending: [Mvccpb.Event] = []
    do throws(Status) {
      while let response = try next(of: stream, &view) {
        guard !isCancelled else { return }
        if response.canceled {
          if response.compactRevision > 0 { readAgain(&view) }
          return client.streamFailed(at: opened.endpoint, Status(.unknown, response.cancelReason))
        }
        pending += response.events
        // A revision is told whole: what may go on in the next fragment waits for it.
        let held = response.fragment ? pending.lastRevisionCount : 0
        tell(Array(pending.dropLast(held)), &view)
        pending.removeFirst(pending.count - held)
      }
    } catch {
      if !isCancelled { client.streamFailed(at: opened.endpoint, error) }
    }
  }

  /// The stream's next message; compares all keys each time that it is time to.
  private func next(
    of stream: ClientStream<Etcdserverpb.WatchRequest, Etcdserverpb.WatchResponse>, _ view: inout View
  ) throws(Status) -> Etcdserverpb.WatchResponse? {
    let reply = Promise<Received<Etcdserverpb.WatchResponse>>()
    stream.receive { reply.keep($0) }
    while true {
      let now = MonotonicClock.milliseconds()
      if now >= view.rereadAt, !isCancelled {
        view.rereadAt = now + rereadMs
        reread(&view)
      }
      switch reply.wait(ms: max(1, view.rereadAt - now)) {
      case .message(let response): return response
      case .end(let status):
        guard status.code == .ok else { throw status }
        return nil
      case nil: continue
      }
    }
  }

  /// Reads the keys alone first: nearly always nothing is missing.
  private func reread(_ view: inout View) {
    do throws(EtcdError) {
      let page = try client.range(from, to, limit: .max, keysOnly: true)
      // What the stream brought meanwhile is told already; what it will bring is told once.
      guard Set(page.entries.map(\.key)) != view.known || page.entries.contains(where: { $0.modRevision > view.seen }) else { return }
    } catch { return }
    readAgain(&view)
  }

  /// A revision may come again from a member that is behind the one before; it is told once.
  private func tell(_ events: [Mvccpb.Event], _ view: inout View) {
    var changes: [EtcdChange] = []
    for (index, event) in events.enumerated() {
      guard let entry = event.kv, entry.modRevision > view.seen else { continue }
      let isDeleted = event.type == .delete
      changes.append(EtcdChange(key: entry.key, value: isDeleted ? nil : entry.value))
      if isDeleted { view.known.remove(entry.key) } else { view.known.insert(entry.key) }
      let isLast = index + 1 == events.count || events[index + 1].kv?.modRevision != entry.modRevision
      guard isLast else { continue }
      view.seen = entry.modRevision
      handler(entry.modRevision, changes)
      changes = []
    }
  }

  private func readAgain(_ view: inout View) {
    do throws(EtcdError) {
      let page = try client.range(from, to, limit: .max)
      let present = Set(page.entries.map(\.key))
      var changes = page.entries.filter { $0.modRevision > view.seen }.map { EtcdChange(key: $0.key, value: $0.value) }
      changes += view.known.subtracting(present).sorted { $0.lexicographicallyPrecedes($1) }.map { EtcdChange(key: $0, value: nil) }
      (view.seen, view.known) = (page.revision, present)
      if !changes.isEmpty { handler(page.revision, changes) }
    } catch {
      // Tried again after the pause: the next stream finds the same compaction.
      return
    }
  }
}

extension [Mvccpb.Event] {
  /// How many at the end are of the last one's revision.
  fileprivate var lastRevisionCount: Int {
    guard let last else { return 0 }
    return reversed().prefix { $0.kv?.modRevision == last.kv?.modRevision }.count
  }
}
