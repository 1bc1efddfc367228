import FlowThreads
import Synchronization
import Testing

@Suite("threads and what they wait on")
struct ThreadsTests {
  @Test("a monitor wakes who waits for a change, and gives up when the time is over")
  func monitor() {
    let count = Monitor(0)
    let thread = WorkerThread(name: "counter") { for _ in 0..<1_000 { count.change { $0 += 1 } } }

    #expect(count.wait(untilMs: nil) { $0 == 1_000 ? "all" : nil } == "all")

    let began = MonotonicClock.milliseconds()
    #expect(count.wait(ms: 20) { $0 > 1_000 ? true : nil } == nil)
    #expect(MonotonicClock.milliseconds() - began >= 20)
    thread.join()
  }

  @Test("a promise keeps its first value, whoever waits before or after")
  func promise() {
    let promise = Promise<Int>()
    #expect(promise.wait(ms: 0) == nil)
    let thread = WorkerThread(name: "promise") {
      promise.keep(1)
      promise.keep(2)
    }

    #expect(promise.wait() == 1)
    thread.join()
    #expect(promise.wait() == 1 && promise.wait(ms: 0) == 1)
  }

  @Test("a loop runs when it is woken, and a last time when it is stopped")
  func loop() {
    let runs = Monitor(0)
    let loop = LoopThread("loop", intervalMs: 600_000) { runs.change { $0 += 1 } }

    loop.wake()
    #expect(runs.wait(ms: 20_000) { $0 == 1 ? true : nil } == true)
    loop.stop()

    #expect(runs.withLock { $0 } == 2)
    loop.stop()
  }

  @Test("a thread knows itself")
  func current() throws {
    let isItself = Promise<Bool>()
    let given = Promise<WorkerThread>()
    let thread = try WorkerThread { isItself.keep(given.wait().isCurrent) }
    given.keep(thread)

    #expect(isItself.wait() && !thread.isCurrent)
    thread.join()
  }
}
