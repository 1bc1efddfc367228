import FlowCore
import FlowEngine
import FlowRuntime
import FlowStorage
import Synchronization

/// Jobs that were given to a worker, and the position from which they are its.
package struct GivenJobs: Sendable {
  package var jobs: [OpenJob]
  package var position: Position
}

/// What a worker asks for.
package struct JobRequest: Sendable {
  package var activate: ActivateJobs
  /// Names of the variables that are wanted; nil means all.
  package var variables: [String]?
  /// How long to wait where there is no job.
  package var waitMs: Int64

  package init(_ activate: ActivateJobs, variables: [String]?, waitMs: Int64) {
    self.activate = activate
    self.variables = variables
    self.waitMs = waitMs
  }
}

/// Calls that wait for a job of their type. They stand in one line for each type, and the first of a line asks the partition: when it
/// comes, when one before it has got all it wanted, and when the partition tells that the type got a job. So nobody asks in vain again
/// and again, and of many who wait one is woken by one job.
final class JobWaiters: Sendable {
  package typealias Reply = @Sendable (Result<GivenJobs, Refusal>) -> Void

  private struct Waiter: Sendable {
    let request: JobRequest
    let reply: Reply
  }

  /// `asking` goes from nil to the first of the line and back with the partition's answer.
  private struct Line: Sendable {
    var waiting: [Int] = []
    var asking: Int?
    /// A job may have come since the last question was sent.
    var isWorthAsking = false
  }

  private struct State: Sendable {
    var waiters: [Int: Waiter] = [:]
    var lines: [String: Line] = [:]
    var last = 0
    var isClosed = false
  }

  private let state = Mutex(State())
  private let timers: TimerQueue
  private let world: World
  /// Asks the partition; the answer comes on its thread.
  private let ask: @Sendable (JobRequest, @escaping Reply) -> Void
  /// Gives jobs back that nobody takes any more.
  private let letGo: @Sendable ([OpenJob]) -> Void

  init(
    timers: TimerQueue, world: World, ask: @escaping @Sendable (JobRequest, @escaping Reply) -> Void,
    letGo: @escaping @Sendable ([OpenJob]) -> Void
  ) {
    self.timers = timers
    self.world = world
    self.ask = ask
    self.letGo = letGo
  }

  var count: Int { state.withLock { $0.waiters.count } }

  /// - Returns: what `cancel` takes; nil when the answer was given already.
  func wait(_ request: JobRequest, _ reply: @escaping Reply) -> Int? {
    let type = request.activate.type
    let taken = state.withLock { state -> Result<Int, Refusal> in
      guard !state.isClosed else { return .failure(.unavailable("flowd is stopping")) }
      guard state.waiters.count < Limits.jobWaiters else {
        return .failure(.overloaded("\(Limits.jobWaiters) calls are waiting for jobs; try again later"))
      }
      state.last += 1
      state.waiters[state.last] = Waiter(request: request, reply: reply)
      state.lines[type, default: Line()].waiting.append(state.last)
      state.lines[type]?.isWorthAsking = true
      return .success(state.last)
    }
    switch taken {
    case .failure(let refusal):
      reply(.failure(refusal))
      return nil
    case .success(let id):
      timers.set(JobWaiters.timer(id), at: world.now() + request.waitMs) { [weak self] in self?.timeIsOver(for: id) }
      advance(type)
      return id
    }
  }

  /// Who waited has gone away.
  func cancel(_ id: Int) { _ = remove(id) }

  /// Jobs of these types may be there to be given.
  func came(_ types: Set<String>) {
    let wanted = state.withLock { state in types.filter { state.lines[$0] != nil }.sorted() }
    for type in wanted {
      state.withLock { $0.lines[type]?.isWorthAsking = true }
      advance(type)
    }
  }

  /// The partition was read again: what came meanwhile was not told.
  func lookAgain() { came(Set(state.withLock { Array($0.lines.keys) })) }

  /// Nobody waits any more.
  func close() {
    let all = state.withLock { state -> [Waiter] in
      defer {
        state.waiters = [:]
        state.lines = [:]
        state.isClosed = true
      }
      return state.waiters.sorted { $0.key < $1.key }.map(\.value)
    }
    for waiter in all { waiter.reply(.failure(.unavailable("flowd is stopping"))) }
  }

  private static func timer(_ id: Int) -> String { "jobs-\(id)" }

  private func timeIsOver(for id: Int) { remove(id)?.reply(.success(GivenJobs(jobs: [], position: .start))) }

  private func remove(_ id: Int) -> Waiter? {
    let gone = state.withLock { state -> Waiter? in
      guard let waiter = state.waiters.removeValue(forKey: id) else { return nil }
      let type = waiter.request.activate.type
      state.lines[type]?.waiting.removeAll { $0 == id }
      if let line = state.lines[type], line.waiting.isEmpty, line.asking == nil { state.lines[type] = nil }
      return waiter
    }
    if gone != nil { timers.clear(JobWaiters.timer(id)) }
    return gone
  }

  /// Lets the first of a line ask, when nobody of it does and it is worth it.
  private func advance(_ type: String) {
    let next = state.withLock { state -> (id: Int, request: JobRequest)? in
      guard let line = state.lines[type], line.asking == nil, line.isWorthAsking, let first = line.waiting.first,
        let waiter = state.waiters[first]
      else { return nil }
      state.lines[type]?.asking = first
      state.lines[type]?.isWorthAsking = false
      return (first, waiter.request)
    }
    guard let next else { return }
    ask(next.request) { [weak self] result in self?.answered(next.id, next.request, result) }
  }

  private func answered(_ id: Int, _ request: JobRequest, _ result: Result<GivenJobs, Refusal>) {
    let type = request.activate.type
    let isEmpty = if case .success(let given) = result { given.jobs.isEmpty } else { false }
    let isFull = if case .success(let given) = result { given.jobs.count >= request.activate.count } else { true }
    state.withLock { state in
      state.lines[type]?.asking = nil
      if isFull { state.lines[type]?.isWorthAsking = true }
      if state.lines[type]?.waiting.isEmpty == true { state.lines[type] = nil }
    }
    if !isEmpty {
      if let waiter = remove(id) {
        waiter.reply(result)
      } else if case .success(let given) = result {
        letGo(given.jobs)
      }
    }
    advance(type)
  }
}
