import FlowCore
import FlowTestKit
import Testing

@testable import FlowEngine

@Suite struct ServiceTaskTests {
  @Test("the response of a service replaces the payload and becomes the result")
  func responseBecomesResult() throws {
    var bench = EngineBench()
    let process = try bench.deploy(ProcessBuilder().start().service("calc").end().flow("start -> calc -> end"))

    let instance = try bench.create(process, [42])
    #expect(bench.jobs.map(\.body.json) == [[42]])
    try bench.complete("calc", [3528.0])

    #expect(bench.outcome(instance)?.state == .completed)
    #expect(bench.outcome(instance)?.result == [3528.0])
    #expect(bench.state.instances.isEmpty)
  }

  @Test("a completion is accepted once")
  func completionOnce() throws {
    var bench = EngineBench()
    let process = try bench.deploy(ProcessBuilder().start().service("a").service("b").end().flow("start -> a -> b -> end"))
    _ = try bench.create(process)
    let job = try #require(bench.jobs.first)
    try bench.run(.jobCompleted(job: job.job, instance: job.instance.key, response: .emptyObject))

    #expect(throws: Rejection.self) {
      try bench.run(.jobCompleted(job: job.job, instance: job.instance.key, response: .emptyObject))
    }
    #expect(bench.jobs.map(\.elementID) == ["b"])
  }

  @Test("a failed task ends the instance with ERROR")
  func failureIsError() throws {
    var bench = EngineBench()
    let process = try bench.deploy(ProcessBuilder().start().service("a").end().flow("start -> a -> end"))
    let instance = try bench.create(process)

    try bench.fail("a", code: "FAILED_CONNECTION")

    #expect(bench.outcome(instance)?.state == .error)
    #expect(bench.outcome(instance)?.code == "FAILED_CONNECTION")
  }

  @Test("in a recoverable process a failed task can be retried, again and again")
  func recoverable() throws {
    var bench = EngineBench()
    let builder = ProcessBuilder().settings { $0.recoverable = true }.start().service("a").end().flow("start -> a -> end")
    let instance = try bench.create(try bench.deploy(builder), ["in": 1])

    for _ in 0..<2 {
      try bench.fail("a")
      #expect(bench.state.instances[instance]?.state == .stopped)
      #expect(bench.jobs.isEmpty)
      try bench.run(.retryInstance(instance))
      #expect(bench.jobs.map(\.body.json) == [["in": 1]])
    }
    try bench.complete("a", ["out": 2])

    #expect(bench.outcome(instance)?.state == .completed)
  }

  @Test("a process without a service task completes at once")
  func passThrough() throws {
    var bench = EngineBench()
    let process = try bench.deploy(ProcessBuilder().start().node("t", .task).end().flow("start -> t -> end"))

    let instance = try bench.create(process, ["a": 1])

    #expect(bench.outcome(instance)?.result == ["a": 1])
    #expect(bench.trace(instance) == ["start", "t", "end"])
  }
}

@Suite struct ParallelGatewayTests {
  private let diamond = ProcessBuilder().start().parallel("fork").service("a").service("b").parallel("join").end()
    .flow("start -> fork -> a -> join -> end").flow("fork -> b -> join")

  @Test("the join waits for both branches and goes on with the body that came last")
  func joins() throws {
    var bench = EngineBench()
    let instance = try bench.create(try bench.deploy(diamond))

    try bench.complete("b", "from b")
    #expect(bench.outcome(instance) == nil)
    try bench.complete("a", "from a")

    #expect(bench.outcome(instance)?.result == "from a")
  }

  @Test("a task with two outgoing flows forks, and the instance completes once")
  func implicitFork() throws {
    var bench = EngineBench()
    let process = try bench.deploy(
      ProcessBuilder().start().service("a").end("one").end("two").flow("start -> a -> one").flow("a -> two"))
    let instance = try bench.create(process)

    try bench.complete("a", "x")

    #expect(bench.outcome(instance)?.state == .completed)
    #expect(bench.trace(instance) == ["start", "a", "one", "two"])
  }

  @Test("surplus tokens on one flow wait for the next join")
  func surplus() throws {
    var bench = EngineBench()
    let process = try bench.deploy(
      ProcessBuilder().start().parallel("fork").service("a").service("b").service("c").exclusive("merge").parallel("join").end()
        .flow("start -> fork -> a -> merge -> join -> end").flow("fork -> b -> merge").flow("fork -> c -> join"))
    let instance = try bench.create(process)

    try bench.complete("a", 1)
    try bench.complete("b", 2)
    try bench.complete("c", 3)

    #expect(bench.outcome(instance)?.code == "DEADLOCK", "one token is left at the join, and nothing can come any more")
  }

  @Test("a join that nothing can complete any more fails the instance instead of hanging")
  func deadlock() throws {
    var bench = EngineBench()
    let process = try bench.deploy(
      ProcessBuilder().start("s1").start("s2").parallel("join").end().flow("s1 -> join -> end").flow("s2 -> join"))

    let instance = try bench.create(process, start: "s1")

    #expect(bench.outcome(instance)?.state == .error)
    #expect(bench.outcome(instance)?.code == "DEADLOCK")
  }
}

@Suite struct EndEventTests {
  @Test("a terminate end event ends the other branches")
  func terminate() throws {
    var bench = EngineBench()
    let process = try bench.deploy(
      ProcessBuilder().start().parallel("fork").service("slow").end().node("quick", .task).end("stop", [.terminate])
        .flow("start -> fork -> slow -> end").flow("fork -> quick -> stop"))

    let instance = try bench.create(process, ["x": 1])

    #expect(bench.outcome(instance)?.state == .completed)
    #expect(bench.jobs.isEmpty)
  }

  @Test("a terminate end event in a subprocess ends only the subprocess")
  func terminateInside() throws {
    var bench = EngineBench()
    let process = try bench.deploy(
      ProcessBuilder().start().subProcess("sub").service("after").end().flow("start -> sub -> after -> end")
        .start("s", inside: "sub").parallel("f", inside: "sub").service("slow", inside: "sub").end("e", inside: "sub")
        .end("t", [.terminate], inside: "sub").flow("s -> f -> slow -> e", inside: "sub").flow("f -> t", inside: "sub"))

    let instance = try bench.create(process)

    #expect(bench.jobs.map(\.elementID) == ["after"])
    try bench.complete("after", "done")
    #expect(bench.outcome(instance)?.state == .completed)
  }

  @Test("an error end event is caught at the subprocess's boundary, by code")
  func errorCaught() throws {
    var bench = EngineBench()
    let process = try bench.deploy(
      ProcessBuilder().start().subProcess("sub").end("good").end("bad").flow("start -> sub -> good")
        .start("s", inside: "sub").end("oops", [.error(ref: "E1")], inside: "sub").flow("s -> oops", inside: "sub")
        .errorBoundary("other", on: "sub", code: "E2").errorBoundary("mine", on: "sub", code: "E1").flow("mine -> bad").flow(
          "other -> good"))

    let instance = try bench.create(process)

    #expect(bench.outcome(instance)?.state == .completed)
    #expect(bench.trace(instance).suffix(2) == ["mine", "bad"])
  }

  @Test("an error that nobody catches is the instance's")
  func errorUncaught() throws {
    var bench = EngineBench()
    let process = try bench.deploy(ProcessBuilder().start().end("oops", [.error(ref: "E1")]).flow("start -> oops"))

    let instance = try bench.create(process)

    #expect(bench.outcome(instance)?.state == .error)
    #expect(bench.outcome(instance)?.code == "E1")
  }
}

@Suite struct BoundaryEventTests {
  @Test("an error boundary event takes over from a failed service task")
  func boundary() throws {
    var bench = EngineBench()
    let process = try bench.deploy(
      ProcessBuilder().start().service("a").end("success").end("error").errorBoundary("catch", on: "a")
        .flow("start -> a -> success").flow("catch -> error"))
    let instance = try bench.create(process, ["kept": true])

    try bench.fail("a")

    #expect(bench.outcome(instance)?.state == .completed)
    #expect(bench.outcome(instance)?.result == ["kept": true])
    #expect(bench.trace(instance).last == "error")
  }
}

@Suite struct ClosureTransportTests {
  private func closure(_ input: (String, String, JSON?), _ output: (String, String, JSON?)) -> ProcessBuilder {
    ProcessBuilder().settings { $0.useClosureTransport = true }.start().service("a").end().flow("start -> a -> end")
      .node("unused", .task).changing("a") { node in
        node.camunda = .init()
        node.camunda?.inputs = [.init(name: input.0, variable: input.1, type: .jsonObject, defaultValue: input.2)]
        node.camunda?.outputs = [.init(name: output.0, variable: output.1, type: .jsonObject, defaultValue: output.2)]
      }
  }

  @Test("a task gets its declared inputs, and its declared outputs are merged into the context")
  func merges() throws {
    var bench = EngineBench()
    let instance = try bench.create(try bench.deploy(closure(("x", "number", nil), ("y", "answer", nil))), ["number": 1, "other": 2])

    #expect(bench.jobs.first?.body.json == ["x": 1])
    try bench.complete("a", ["answer": 3, "dropped": 4])

    #expect(bench.outcome(instance)?.result == ["number": 1, "other": 2, "y": 3])
  }

  @Test("`.` stands for the whole body")
  func whole() throws {
    var bench = EngineBench()
    let instance = try bench.create(try bench.deploy(closure((".", "list", nil), ("all", ".", nil))), ["list": [1, 2]])

    #expect(bench.jobs.first?.body.json == [1, 2])
    try bench.complete("a", [3])

    #expect(bench.outcome(instance)?.result == ["list": [1, 2], "all": [3]])
  }

  @Test("a missing input or output is an error with the original's code, a default fills in")
  func missing() throws {
    var bench = EngineBench()
    let noInput = try bench.create(try bench.deploy(closure(("x", "gone", nil), ("y", "answer", nil))))
    #expect(bench.outcome(noInput)?.code == "FAILED_CONTEXT_INPUT_PARSING")

    bench = EngineBench()
    let noOutput = try bench.create(try bench.deploy(closure(("x", "gone", "d"), ("y", "answer", nil))))
    #expect(bench.jobs.first?.body.json == ["x": "d"])
    try bench.complete("a", [:])
    #expect(bench.outcome(noOutput)?.code == "FAILED_CONTEXT_OUTPUT_PARSING")
  }
}

@Suite struct BoundedWorkTests {
  @Test("an endless loop stops at the command's bound and comes back as an obligation")
  func endlessLoop() throws {
    var bench = EngineBench()
    let process = try bench.deploy(ProcessBuilder().start().exclusive("x").node("t", .task).flow("start -> x -> t -> x"))

    let instance = try bench.create(process)

    #expect(bench.events.count <= Limits.stepsPerCommand + 8)
    #expect(obligations(of: bench.state, catalog: bench.catalog) == [.continue(.instance(instance))])
    try bench.run(.cancelInstance(instance))
    #expect(bench.outcome(instance)?.state == .canceled)
  }

  @Test("a loop that forks without joining ends with an error instead of filling the memory")
  func forkBomb() throws {
    var bench = EngineBench()
    let process = try bench.deploy(
      ProcessBuilder().start().exclusive("x").parallel("f").flow("start -> x -> f -> x").node("t", .task).flow("f -> t -> x"))
    bench.checksLaws = false
    let instance = try bench.create(process)

    var rounds = 0
    while bench.outcome(instance) == nil, rounds < 40 {
      try bench.run(.continue(.instance(instance)))
      rounds += 1
    }

    #expect(bench.outcome(instance)?.code == "TOO_MANY_TOKENS")
  }
}

@Suite("exclusive gateways that a decision service decides") struct DecisionTests {
  private let process = ProcessBuilder().start().exclusive("x", default: "x_rest").end("small").end("large").end("rest")
    .flow("start -> x").flow("x -> small", if: "n < 10").flow("x -> large", if: "n > 100").flow("x -> rest")

  @Test("all conditions are asked for, and the flow of the one that is true is taken with the payload as it was")
  func asked() throws {
    var bench = EngineBench()
    let instance = try bench.create(try bench.deploy(process, asksDecisionService: true), ["n": 5])

    let decision = try #require(bench.decisions.first)
    #expect(decision.conditions.map(\.text) == ["n < 10", "n > 100"] && decision.body.json == ["n": 5])
    #expect(bench.outcome(instance) == nil)
    try bench.run(.gatewayDecided(job: decision.job, instance: instance, decision.conditions[1].flow))

    #expect(bench.trace(instance).last == "large")
    #expect(bench.outcome(instance)?.result == ["n": 5])
    #expect(bench.decisions.isEmpty)
  }

  @Test("the default flow is taken when none is true, and an answer counts once")
  func none() throws {
    var bench = EngineBench()
    let instance = try bench.create(try bench.deploy(process, asksDecisionService: true))
    let decision = try #require(bench.decisions.first)

    try bench.run(.gatewayDecided(job: decision.job, instance: instance, nil))

    #expect(bench.trace(instance).last == "rest")
    #expect(throws: Rejection.self) { try bench.run(.gatewayDecided(job: decision.job, instance: instance, nil)) }
  }

  @Test("a service that fails fails the instance")
  func fails() throws {
    var bench = EngineBench()
    let instance = try bench.create(try bench.deploy(process, asksDecisionService: true))
    let decision = try #require(bench.decisions.first)

    let failure = ServiceFailure(code: "FAILED_CONNECTION", message: "refused", elementID: "x", report: .emptyObject)
    try bench.run(.jobFailed(job: decision.job, instance: instance, failure))

    #expect(bench.outcome(instance)?.code == "FAILED_CONNECTION")
  }

  @Test("a gateway without conditions asks nobody")
  func plain() throws {
    var bench = EngineBench()
    let plain = ProcessBuilder().start().exclusive("x").end().flow("start -> x -> end")
    let instance = try bench.create(try bench.deploy(plain, asksDecisionService: true))

    #expect(bench.outcome(instance)?.state == .completed)
  }
}

@Suite struct RequestTests {
  @Test("the same request id gets the same answer and creates nothing")
  func repeated() throws {
    var bench = EngineBench()
    let process = try bench.deploy(ProcessBuilder().start().service("a").end().flow("start -> a -> end"))

    let first = try bench.create(process, requestID: "r1")
    let second = try bench.create(process, requestID: "r1")

    #expect(first == second)
    #expect(bench.state.instances.count == 1)
  }

  @Test("the same request id for another deployment is another request")
  func otherDeployment() throws {
    var bench = EngineBench()
    let one = try bench.deploy(ProcessBuilder("One").start().service("a").end().flow("start -> a -> end"))
    let two = try bench.deploy(ProcessBuilder("Two").start().service("a").end().flow("start -> a -> end"))

    let first = try bench.create(one, requestID: "r1")
    let second = try bench.create(two, requestID: "r1")

    #expect(first != second)
    #expect(try bench.create(one, requestID: "r1") == first)
    #expect(try bench.create(two, requestID: "r1") == second)
    #expect(bench.state.instances.count == 2)
  }

  @Test("answers are forgotten after ten minutes")
  func forgotten() throws {
    var bench = EngineBench()
    let process = try bench.deploy(ProcessBuilder().start().service("a").end().flow("start -> a -> end"))
    let first = try bench.create(process, requestID: "r1")

    bench.now = bench.now + Limits.answeredRequestMs + 1
    _ = try bench.create(process, requestID: "r2")

    #expect(try bench.create(process, requestID: "r1") != first)
  }
}
