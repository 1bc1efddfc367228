import FlowCore
import FlowEngine
import FlowRuntime
import FlowStorage
import FlowThreads
import Synchronization
import Testing

@testable import FlowServer

struct JobWaitersTests {
  /// A partition that answers when the test says so.
  private final class Desk: Sendable {
    struct Question: Sendable {
      let type: String
      let answer: @Sendable (Result<GivenJobs, Refusal>) -> Void
    }

    let questions = Mutex<[Question]>([])
    let answers = Mutex<[String]>([])
    let letGo = Mutex<Int>(0)
    let timers = TimerQueue(world: .real)

    func waiters() -> JobWaiters {
      JobWaiters(
        timers: timers, world: .real,
        ask: { [self] request, answer in questions.withLock { $0.append(Question(type: request.activate.type, answer: answer)) } },
        letGo: { [self] jobs in letGo.withLock { $0 += jobs.count } })
    }

    func wait(_ name: String, _ type: String, in waiters: JobWaiters, waitMs: Int64 = 60_000) -> Int? {
      let activate = ActivateJobs(type: type, worker: name, count: 1, timeoutMs: 1_000)
      return waiters.wait(JobRequest(activate, variables: nil, waitMs: waitMs)) { [self] result in
        let text =
          switch result {
          case .success(let given): given.jobs.isEmpty ? "nothing" : "a job"
          case .failure: "refused"
          }
        answers.withLock { $0.append("\(name): \(text)") }
      }
    }

    var asked: Int { questions.withLock { $0.count } }

    func answer(_ result: Result<GivenJobs, Refusal>) { questions.withLock { $0.removeFirst() }.answer(result) }
  }

  private let nothing = Result<GivenJobs, Refusal>.success(GivenJobs(jobs: [], position: .start))

  @Test("who comes first asks, and nobody asks again until a job came")
  func oneAsks() {
    let desk = Desk()
    let waiters = desk.waiters()

    _ = desk.wait("a", "pay", in: waiters)
    #expect(desk.asked == 1)
    desk.answer(nothing)
    #expect(desk.asked == 0)

    waiters.came(["ship"])
    #expect(desk.asked == 0)
    waiters.came(["pay"])
    #expect(desk.asked == 1)
    #expect(desk.answers.withLock { $0 }.isEmpty)
    waiters.close()
    desk.timers.stop()
  }

  @Test("a job that came while the answer was on its way is asked for")
  func nothingIsMissed() {
    let desk = Desk()
    let waiters = desk.waiters()
    _ = desk.wait("a", "pay", in: waiters)

    waiters.came(["pay"])
    #expect(desk.asked == 1)
    desk.answer(nothing)

    #expect(desk.asked == 1)
    waiters.close()
    desk.timers.stop()
  }

  @Test("who has gone away is not waited for, and the next one asks")
  func goneAway() {
    let desk = Desk()
    let waiters = desk.waiters()
    let first = desk.wait("a", "pay", in: waiters)
    _ = desk.wait("b", "pay", in: waiters)

    if let first { waiters.cancel(first) }
    desk.answer(nothing)

    #expect(desk.asked == 1)
    #expect(waiters.count == 1)
    waiters.close()
    desk.timers.stop()
  }

  @Test("a refusal reaches who asked, and the next one asks")
  func refused() {
    let desk = Desk()
    let waiters = desk.waiters()
    _ = desk.wait("a", "pay", in: waiters)
    _ = desk.wait("b", "pay", in: waiters)

    desk.answer(.failure(.unavailable("the store is away")))

    #expect(desk.answers.withLock { $0 } == ["a: refused"])
    #expect(desk.asked == 1)
    waiters.close()
    desk.timers.stop()
  }

  @Test("all who wait are told when it closes, and nobody waits after")
  func closes() {
    let desk = Desk()
    let waiters = desk.waiters()
    _ = desk.wait("a", "pay", in: waiters)
    _ = desk.wait("b", "ship", in: waiters)

    waiters.close()
    let late = desk.wait("c", "pay", in: waiters)

    #expect(late == nil)
    #expect(desk.answers.withLock { $0 } == ["a: refused", "b: refused", "c: refused"])
    desk.answer(nothing)
    #expect(waiters.count == 0)
    desk.timers.stop()
  }

  @Test("more than may wait are refused")
  func bounded() {
    let desk = Desk()
    let waiters = desk.waiters()
    for number in 0..<Limits.jobWaiters { _ = desk.wait("w\(number)", "pay", in: waiters) }

    #expect(desk.wait("late", "pay", in: waiters) == nil)

    #expect(desk.answers.withLock { $0 } == ["late: refused"])
    #expect(waiters.count == Limits.jobWaiters)
    waiters.close()
    desk.timers.stop()
  }

  @Test("who waits hears of a job whose instance was STOPPED and goes on")
  func retried() throws {
    let bench = try NodeBench(MemoryStore())
    let instance = try bench.create(try bench.applyRecoverable())
    let failure = ServiceFailure(code: "FAILED_TASK", message: "no", elementID: "sum", report: Payload(json: [:]))
    _ = try bench.server.failInstance(instance, failure).get()
    let given = Promise<Result<GivenJobs, Refusal>>()
    let activate = ActivateJobs(type: "pay", worker: "w", count: 1, timeoutMs: 1_000)

    let call = bench.server.activateJobs(JobRequest(activate, variables: nil, waitMs: 60_000)) { given.keep($0) }
    try #require(call != nil)
    bench.server.work(.retryInstance(instance.key)) { _ in }

    #expect(try given.wait().get().jobs.map(\.place.instance) == [instance])
    bench.stop()
  }
}
