import CFlowCurl
import FlowCore
import FlowThreads
import Glibc
import Synchronization

/// What callers hand to the loop.
final class ClientInbox: Sendable {
  struct Batch {
    var jobs: [HTTPJob] = []
    var cancelled: [UInt64] = []
    var isStopping = false
  }

  let multi: CurlMulti
  private let capacity: Int
  private let state = Mutex(State())

  fileprivate struct State {
    var batch = Batch()
    /// Calls that have not been completed, in the inbox or in the loop.
    var open = 0
    /// The loop was woken and has not looked yet; a second wake-up would only cost.
    var isWoken = false
  }

  init(multi: CurlMulti, capacity: Int) {
    self.multi = multi
    self.capacity = capacity
  }

  func put(_ job: HTTPJob) -> HTTPClientError? {
    let (error, wake) = state.withLock { state -> (HTTPClientError?, Bool) in
      if state.batch.isStopping { return (HTTPClientError(.cancelled, "the HTTP client is closed"), false) }
      guard state.open < capacity else { return (HTTPClientError(.queueFull, "\(capacity) HTTP calls wait already"), false) }
      state.open += 1
      state.batch.jobs.append(job)
      return (nil, state.wake())
    }
    if wake { flow_curl_multi_wakeup(multi.handle) }
    return error
  }

  func cancel(_ id: UInt64) {
    let wake = state.withLock { state in
      state.batch.cancelled.append(id)
      return state.wake()
    }
    if wake { flow_curl_multi_wakeup(multi.handle) }
  }

  func stop() {
    state.withLock { $0.batch.isStopping = true }
    flow_curl_multi_wakeup(multi.handle)
  }

  func take() -> Batch {
    state.withLock { state in
      let batch = state.batch
      state.batch = Batch(isStopping: batch.isStopping)
      state.isWoken = false
      return batch
    }
  }

  func completed(_ count: Int) { state.withLock { $0.open -= count } }
}

extension ClientInbox.State {
  fileprivate mutating func wake() -> Bool {
    defer { isWoken = true }
    return !isWoken
  }
}

/// The thread's own state: transfers that run, that are free, and calls that wait.
final class ClientLoop {
  private let inbox: ClientInbox
  private let inFlightMax: Int
  private var waiting: [HTTPJob] = []
  private var waitingFrom = 0
  /// Calls with a time before which they must not start, soonest last.
  private var delayed: [HTTPJob] = []
  private var running: [UInt64: Transfer] = [:]
  private var free: [Transfer] = []
  /// Calls completed since the inbox was told.
  private var completed = 0

  init(inbox: ClientInbox, inFlightMax: Int) {
    self.inbox = inbox
    self.inFlightMax = inFlightMax
  }

  func run() {
    while true {
      let batch = inbox.take()
      if batch.isStopping { return abandon(batch) }
      accept(batch.jobs)
      for id in batch.cancelled { cancel(id) }
      promoteDelayed()
      startWaiting()
      flow_curl_multi_perform(inbox.multi.handle)
      reap()
      inbox.completed(completed)
      completed = 0
      // What became free may be used at once; poll only when nothing can start.
      if waitingFrom < waiting.count, running.count < inFlightMax { continue }
      flow_curl_multi_poll(inbox.multi.handle, pollMs())
    }
  }

  private func accept(_ jobs: [HTTPJob]) {
    for job in jobs {
      guard job.dueMs > 0 else {
        waiting.append(job)
        continue
      }
      let place = delayed.firstIndex { $0.dueMs <= job.dueMs } ?? delayed.count
      delayed.insert(job, at: place)
    }
  }

  private func promoteDelayed() {
    guard !delayed.isEmpty else { return }
    let now = MonotonicClock.milliseconds()
    while let next = delayed.last, next.dueMs <= now { waiting.append(delayed.removeLast()) }
  }

  private func pollMs() -> Int32 {
    guard let next = delayed.last else { return 60_000 }
    return Int32(clamping: max(1, next.dueMs - MonotonicClock.milliseconds()))
  }

  private func startWaiting() {
    while running.count < inFlightMax, waitingFrom < waiting.count {
      let job = waiting[waitingFrom]
      waitingFrom += 1
      guard let transfer = free.popLast() ?? Transfer() else {
        complete(job, .failure(HTTPClientError(.other, "libcurl has no memory left")))
        continue
      }
      if let error = transfer.start(job, on: inbox.multi.handle) {
        transfer.release()
        free.append(transfer)
        complete(job, .failure(error))
      } else {
        running[job.id] = transfer
      }
    }
    if waitingFrom == waiting.count || waitingFrom > 1024 {
      waiting.removeFirst(waitingFrom)
      waitingFrom = 0
    }
  }

  private func reap() {
    var code = CURLE_OK
    while let context = flow_curl_multi_finished(inbox.multi.handle, &code) {
      end(Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue(), code)
    }
  }

  private func end(_ transfer: Transfer, _ code: CURLcode, as failure: HTTPClientError? = nil) {
    guard let (job, result) = transfer.finish(code, on: inbox.multi.handle) else { return }
    running[job.id] = nil
    transfer.release()
    free.append(transfer)
    complete(job, failure.map { .failure($0) } ?? result)
  }

  private func complete(_ job: HTTPJob, _ result: Result<HTTPClientResponse, HTTPClientError>) {
    completed += 1
    job.completion(result)
  }

  private static let cancelled = HTTPClientError(.cancelled, "the call was cancelled")

  private func cancel(_ id: UInt64) {
    if let transfer = running[id] {
      end(transfer, CURLE_ABORTED_BY_CALLBACK, as: ClientLoop.cancelled)
    } else if let place = delayed.firstIndex(where: { $0.id == id }) {
      complete(delayed.remove(at: place), .failure(ClientLoop.cancelled))
    } else if let place = waiting[waitingFrom...].firstIndex(where: { $0.id == id }) {
      complete(waiting.remove(at: place), .failure(ClientLoop.cancelled))
    }
  }

  private func abandon(_ batch: ClientInbox.Batch) {
    for transfer in running.values.sorted(by: { ($0.job?.id ?? 0) < ($1.job?.id ?? 0) }) {
      end(transfer, CURLE_ABORTED_BY_CALLBACK, as: ClientLoop.cancelled)
    }
    for job in waiting[waitingFrom...] + delayed + batch.jobs { complete(job, .failure(ClientLoop.cancelled)) }
    waiting = []
    waitingFrom = 0
    delayed = []
    free = []
  }
}
