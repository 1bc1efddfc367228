import FlowCore
import FlowHTTP
import FlowThreads
import Glibc
import Synchronization
import Testing

@testable import FlowHealth

@Suite("Prober")
struct ProberTests {
  /// A prober whose clock and network the test moves by hand.
  private final class Hand: Sendable {
    typealias Pending = (request: HTTPClientRequest, completion: HTTPClient.Completion)
    let time = Monitor<Int64>(0)
    let sent = Monitor<[Pending]>([])
    let told = Monitor<[ProbeResult]>([])
    let prober: Prober

    init() {
      let (time, sent, told) = (time, sent, told)
      let clock = ProbeClock(
        monotonicMs: { time.withLock { $0 } }, now: { Instant(milliseconds: 1_000_000 + time.withLock { $0 }) })
      prober = Prober(clock: clock, send: { request, completion in sent.change { $0.append((request, completion)) } }) { result in
        told.change { $0.append(result) }
      }
    }

    func advance(to ms: Int64) {
      time.change { $0 = ms }
      prober.tick()
    }

    func answer(_ result: Result<HTTPClientResponse, HTTPClientError>) {
      let pending = sent.change { sent in
        defer { sent = [] }
        return sent
      }
      for call in pending { call.completion(result) }
    }

    func status(_ code: Int) { answer(.success(HTTPClientResponse(status: code, headers: [:], body: []))) }
    var waiting: Int { sent.withLock { $0.count } }
  }

  private func target(_ element: String, _ url: String = "http://x/health", _ deployment: String = "d") -> ProbeTarget {
    ProbeTarget(ProbeKey(deployment: deployment, element: element), url: url, timeoutMs: 5_000)
  }

  @Test("a target is probed at once and is UP below 400")
  func up() throws {
    let hand = Hand()
    hand.prober.setTargets([target("a")], deployment: "d")
    hand.prober.tick()
    #expect(hand.sent.withLock { $0.first?.request.url } == "http://x/health")

    hand.status(399)

    let result = try #require(hand.prober.results(deployment: "d").first)
    #expect(result.state == .up)
    #expect(result.reason == nil)
    #expect(hand.told.withLock { $0 } == [result])
  }

  @Test(
    "what is down says why",
    arguments: [
      (HTTPClientError(.couldNotConnect, "x"), "connection refused"), (HTTPClientError(.timedOut, "x"), "timed out after 5 s"),
      (HTTPClientError(.connectTimedOut, "x"), "timed out after 5 s"), (HTTPClientError(.dropped, "x"), "connection dropped"),
      (HTTPClientError(.unknownName, "the name x is not known"), "the name x is not known"),
    ])
  func reasons(error: HTTPClientError, reason: String) {
    let hand = Hand()
    hand.prober.setTargets([target("a")], deployment: "d")
    hand.prober.tick()

    hand.answer(.failure(error))

    #expect(hand.prober.results().map(\.state) == [.down])
    #expect(hand.prober.results().map(\.reason) == [reason])
  }

  @Test("'since' is when the state began, not when it was last seen")
  func since() {
    let hand = Hand()
    hand.prober.setTargets([target("a")], deployment: "d")
    hand.prober.tick()
    hand.status(503)
    hand.advance(to: 30_000)
    hand.status(500)
    #expect(hand.prober.results().map(\.since.milliseconds) == [1_000_000])
    #expect(hand.prober.results().map(\.reason) == ["HTTP 500"])

    hand.advance(to: 60_000)
    hand.status(200)

    #expect(hand.prober.results().map(\.since.milliseconds) == [1_060_000])
    #expect(hand.prober.results().map(\.checkedAt.milliseconds) == [1_060_000])
  }

  @Test("orphans are probed no more, their results vanish, and what comes late is not told")
  func orphans() {
    let hand = Hand()
    hand.prober.setTargets([target("a")], deployment: "d")
    hand.prober.setTargets([target("b", "http://y/", "e")], deployment: "e")
    hand.prober.tick()
    #expect(hand.waiting == 2)

    #expect(hand.prober.retain(deployments: ["e"]) == ["d"])
    hand.status(200)
    hand.advance(to: 999_999)

    #expect(hand.told.withLock { $0.map(\.key.deployment) } == ["e"])
    #expect(hand.prober.results().map(\.key.deployment) == ["e"])
    #expect(hand.waiting == 1)
  }

  @Test("a probe on demand answers all who ask, with one call a target")
  func onDemand() {
    let hand = Hand()
    hand.prober.setTargets([target("a"), target("b")], deployment: "d")
    hand.prober.tick()
    hand.status(200)
    let answers = Monitor<[[ProbeResult]]>([])

    hand.advance(to: 1_000)
    #expect(hand.waiting == 0)
    hand.prober.probe(deployment: "d") { results in answers.change { $0.append(results) } }
    hand.prober.probe(deployment: "d") { results in answers.change { $0.append(results) } }
    hand.prober.tick()
    hand.prober.probe(deployment: "d") { results in answers.change { $0.append(results) } }
    hand.prober.tick()
    #expect(hand.waiting == 2)
    #expect(answers.withLock { $0.count } == 0)
    hand.status(503)

    #expect(answers.withLock { $0.map { $0.map(\.key.element) } } == [["a", "b"], ["a", "b"], ["a", "b"]])
    #expect(answers.withLock { $0.allSatisfy { $0.allSatisfy { $0.reason == "HTTP 503" } } })
    hand.advance(to: 30_999)
    #expect(hand.waiting == 0)
    hand.advance(to: 31_000)
    #expect(hand.waiting == 2)
  }

  @Test("who asks for a deployment that is unknown, or is removed meanwhile, is answered")
  func onDemandOfNothing() {
    let hand = Hand()
    let answers = Monitor<[[ProbeResult]]>([])
    hand.prober.probe(deployment: "none") { results in answers.change { $0.append(results) } }
    hand.prober.setTargets([target("a")], deployment: "d")
    hand.prober.probe(deployment: "d") { results in answers.change { $0.append(results) } }

    hand.prober.remove(deployment: "d")

    #expect(answers.withLock { $0 } == [[], []])
  }

  @Test("the timer thread probes real services, up and down, again and again")
  func real() throws {
    signal(SIGPIPE, SIG_IGN)
    let calls = Monitor(0)
    let server = try HTTPServer(HTTPServer.Options(address: HTTPAddress(host: "127.0.0.1", port: 0))) { _, reply in
      calls.change { $0 += 1 }
      reply.send(.text("ok"))
    }
    let gone = try HTTPServer(HTTPServer.Options(address: HTTPAddress(host: "127.0.0.1", port: 0))) { _, _ in }
    gone.stop()
    let told = Monitor<[ProbeKey: ProbeResult]>([:])
    let prober = try Prober(client: HTTPClient()) { result in told.change { $0[result.key] = result } }

    prober.setTargets([target("up", "http://\(server.address)/"), target("down", "http://\(gone.address)/")], deployment: "d")
    let both = told.wait(untilMs: MonotonicClock.milliseconds() + 20_000) { $0.count == 2 ? $0 : nil }
    #expect(both?[ProbeKey(deployment: "d", element: "up")]?.state == .up)
    #expect(both?[ProbeKey(deployment: "d", element: "down")]?.reason == "connection refused")
    prober.setHurried(true, deployment: "d")

    #expect(calls.wait(untilMs: MonotonicClock.milliseconds() + 20_000) { $0 >= 3 ? true : nil } == true)
    prober.close()
  }
}
