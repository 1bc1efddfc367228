import FlowCore
import FlowRPC
import Foundation
import Testing

/// Beside the tests that run, so that it is of their build.
private let binary = URL(fileURLWithPath: CommandLine.arguments.first { $0.hasSuffix(".xctest") } ?? "")
  .deletingLastPathComponent().appendingPathComponent("flowctl")

/// The real program against a server that answers as it is told.
@Suite("flowctl against a daemon", .serialized)
struct FlowctlVerbsTests {
  struct Outcome {
    let exitCode: Int32
    let stdout: String
    let stderr: String
  }

  struct Waited: Sendable {
    let states: [FlowV1.DeploymentState]
    let exitCode: Int32
  }

  private func run(_ daemon: FakeDaemon?, _ words: String...) throws -> Outcome {
    let process = Process()
    process.executableURL = binary
    process.arguments = words
    let port = String(daemon?.port ?? 1)
    process.environment = [
      "FLOWD_HOST": "127.0.0.1", "FLOWD_PORT": port, "HEALTHD_HOST": "127.0.0.1", "HEALTHD_PORT": port, "HOME": "/nonexistent",
    ]
    let (stdout, stderr) = (Pipe(), Pipe())
    (process.standardOutput, process.standardError, process.standardInput) = (stdout, stderr, FileHandle.nullDevice)
    try process.run()
    let output = stdout.fileHandleForReading.readDataToEndOfFile()
    let errors = stderr.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return Outcome(
      exitCode: process.terminationStatus, stdout: String(decoding: output, as: UTF8.self), stderr: String(decoding: errors, as: UTF8.self))
  }

  private func file(_ text: String, _ name: String = "calc.bpmn") throws -> String {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try text.write(to: folder.appendingPathComponent(name), atomically: true, encoding: .utf8)
    return folder.appendingPathComponent(name).path
  }

  @Test("ps on a fresh store: a log line on stderr, and nothing on stdout but with -o (rows A2, A3)")
  func emptyPS() throws {
    let daemon = try FakeDaemon()

    let plain = try run(daemon, "ps")
    let json = try run(daemon, "ps", "-o")

    #expect(plain.exitCode == 0 && plain.stdout == "" && plain.stderr.hasSuffix("|Got response: 0, \"Ok\", {}\n"))
    #expect(plain.stderr.contains("|flowctl|INFO|"))
    #expect(json.exitCode == 0 && json.stdout == "{}\n")
    #expect(try run(nil, "ps").exitCode == 255)
    #expect(try run(nil, "--flowd_host", "localhost", "--flowd_port", String(daemon.port), "ps").exitCode == 0)
    #expect(try run(nil, "health").exitCode == 7)
  }

  @Test("what a server says of itself is shown as it is; only one that is not there is to be started")
  func unavailable() throws {
    let path = try file("<definitions/>")
    let full = try FakeDaemon { $0.apply = { _ in .failure(Status(.unavailable, "no new work is accepted: the disk is full")) } }
    let hinted = try FakeDaemon { $0.apply = { _ in .failure(Status(.unavailable, "flowd is stopping", hint: "try again later")) } }

    let refused = try run(full, "apply", path)
    let later = try run(hinted, "apply", path)
    let gone = try run(nil, "apply", path)

    #expect(refused.exitCode == 8)
    #expect(refused.stderr.contains("why:   no new work is accepted: the disk is full [UNAVAILABLE]\n"))
    #expect(!refused.stderr.contains("start flowd"))
    #expect(later.exitCode == 8 && later.stderr.contains("try:   try again later\n"))
    #expect(gone.exitCode == 255 && gone.stderr.contains("try:   start flowd"))
  }

  @Test("a table is there when it is asked for")
  func tables() throws {
    let daemon = try FakeDaemon { answers in
      answers.deployments = [
        .init(
          id: "calc-1a2b3c4d", processID: "CalcProcess", version: 2, state: .running, health: [.init(elementID: "t", up: true)],
          instancesRunning: 3)
      ]
      answers.instances = [.init(id: "flow-1", deploymentID: "calc-1a2b3c4d", state: .completed, result: Array("[3528.0]".utf8))]
      answers.envelopes["ps"] = .init(status: 0, message: "Ok", data: #"{"calc-1a2b3c4d":{"state":"RUNNING"}}"#)
    }

    let deployments = try run(daemon, "ps", "-d", "-o", "table").stdout
    let instances = try run(daemon, "ps", "-o", "table").stdout

    #expect(
      deployments
        == "ID             STATE    SINCE  PROCESS         RUNNING  TASKS UP\ncalc-1a2b3c4d  RUNNING         CalcProcess v2        3       1/1\n"
    )
    #expect(instances.contains("flow-1  COMPLETED  calc-1a2b3c4d") && instances.contains("[3528.0]"))
    #expect(try run(daemon, "ps", "-d", "-o", "name").stdout == "calc-1a2b3c4d\n")
    #expect(try run(daemon, "ps", "-d", "-o", "yaml").stdout == "calc-1a2b3c4d:\n  state: RUNNING\n")
  }

  @Test("apply tells the original's data; a bad file does not keep the good one from being applied (rows A6, A10)")
  func apply() throws {
    let daemon = try FakeDaemon { answers in
      answers.apply = { request in
        if request.resourceName == "bad.bpmn" { return .failure(Status(.invalidArgument, "no start event")) }
        return .success(.init(deploymentID: "calc-1a2b3c4d", unchanged: request.stopped))
      }
    }
    let (good, bad) = (try file("<good/>"), try file("<bad/>", "bad.bpmn"))

    let applied = try run(daemon, "apply", "-o", good)
    let both = try run(daemon, "apply", bad, "/nonexistent.bpmn", good)

    #expect(applied.exitCode == 0 && applied.stdout == #"{"status":0,"message":"Ok.","wf_id":"calc-1a2b3c4d"}"# + "\n")
    #expect(both.exitCode == 255 && both.stderr.contains("Got response: 0"))
    #expect(both.stderr.contains("Error from server: -1, \"\(bad): no start event\""))
    #expect(daemon.asked == ["v1.apply: calc.bpmn false", "v1.apply: bad.bpmn false", "v1.apply: calc.bpmn false"])
    let again = try run(daemon, "apply", "--stopped", "-o", good)
    #expect(again.exitCode == 0 && again.stdout.contains(#""message":"unchanged""#))
  }

  @Test(
    "apply --wait says how it went by its exit code",
    arguments: [
      Waited(states: [.starting, .running], exitCode: 0), Waited(states: [.starting, .error], exitCode: 1),
      Waited(states: [.starting], exitCode: 6), Waited(states: [.stopped], exitCode: 1),
    ])
  func applyWait(waited: Waited) throws {
    let events = waited.states.map { FlowV1.DeploymentEvent(deployment: .init(id: "calc-1a2b3c4d", state: $0)) }
    let daemon = try FakeDaemon { $0.deploymentEvents = [events[0], .init(snapshotDone: true)] + events.dropFirst() }

    let outcome = try run(daemon, "apply", "--wait", "--timeout", "300ms", try file("<good/>"))

    #expect(outcome.exitCode == waited.exitCode, "\(outcome.stderr)")
  }

  @Test("run --wait prints the result and nothing else")
  func runWait() throws {
    func outcome(_ instance: FlowV1.Instance, _ words: String...) throws -> Outcome {
      let daemon = try FakeDaemon { answers in
        answers.envelopes["run"] = .init(status: 0, message: "Ok", data: #"{"status":0,"message":"Ok","id":"flow-1"}"#)
        answers.instanceEvents = [.init(instance: instance), .init(snapshotDone: true)]
      }
      return try run(daemon, "run", "--wait", "--timeout", "300ms", "calc", "-5")
    }

    let completed = try outcome(.init(id: "flow-1", state: .completed, result: Array("[3528.0]".utf8)))
    #expect(completed.exitCode == 0 && completed.stdout == "[3528.0]\n" && completed.stderr == "")
    let failed = try outcome(.init(id: "flow-1", state: .error, errorCode: "FAILED_TASK", failedElementID: "t"))
    #expect(failed.exitCode == 1 && failed.stdout == "" && failed.stderr.contains("ended ERROR at t"))
    #expect(try outcome(.init(id: "flow-1", state: .running)).exitCode == 6)
  }

  @Test("run sends its arguments, and an instance that did not start is an error (rows A29, A30)")
  func runArguments() throws {
    let daemon = try FakeDaemon {
      $0.envelopes["run"] = .init(status: 0, message: "Ok", data: #"{"calc":{"result":-1,"message":"calc not RUNNING"}}"#)
    }

    let outcome = try run(daemon, "run", "-s", "start", "calc", "1", "-5", "--", "-x")

    #expect(daemon.asked == [#"run: calc ["1", "-5", "-x"] start"#])
    #expect(outcome.exitCode == 5 && outcome.stderr.contains("calc not RUNNING"))
    #expect(try run(daemon, "run", "--wait", "calc").exitCode == 5)
  }

  @Test("items that failed decide the exit code, and a mistyped id is answered with the nearest")
  func items() throws {
    let daemon = try FakeDaemon { answers in
      answers.deployments = [.init(id: "calc-1a2b3c4d")]
      answers.envelopes["delete"] = .init(status: 0, message: "Ok", data: #"{"clac":{"result":-1,"message":"clac not found"}}"#)
      answers.envelopes["stop"] = .init(status: 0, message: "Ok", data: #"{"calc":{"status":-1,"message":"has running instances"}}"#)
      answers.envelopes["start"] = .init(status: -1, message: "AssertionError()", data: "")
    }

    let deleted = try run(daemon, "delete", "-d", "clac")

    #expect(deleted.exitCode == 3 && deleted.stderr.contains("did you mean 'calc-1a2b3c4d'?"))
    #expect(try run(daemon, "stop", "-d", "-f", "calc").exitCode == 5)
    let started = try run(daemon, "start", "x")
    #expect(
      started.exitCode == 255 && started.stderr.contains("|ERROR|")
        && started.stderr.contains("Error from server: -1, \"AssertionError()\""))
  }

  @Test("probe answers in the original's three shapes (row A25)")
  func probe() throws {
    let daemon = try FakeDaemon { answers in
      answers.health = [.init(deploymentID: "D", elements: [.init(elementID: "t", up: true), .init(elementID: "u", up: false)])]
    }
    let unknown = try FakeDaemon { $0.unknown = ["x"] }

    #expect(try run(daemon, "probe", "D", "-o").stdout == #"{"D":[["t","UP"],["u","DOWN"]]}"# + "\n")
    #expect(try run(daemon, "probe", "-o").stdout == #"[{"D":[["t","UP"],["u","DOWN"]]}]"# + "\n")
    let missing = try run(unknown, "probe", "x", "-o")
    #expect(missing.exitCode == 3 && missing.stdout == #"{"result":"Workflow 'x' not found"}"# + "\n")
  }

  @Test("health shows what is DOWN and why, and says it by its exit code")
  func health() throws {
    let daemon = try FakeDaemon { answers in
      answers.health = [
        .init(deploymentID: "calc-1", elements: [.init(elementID: "t", up: false, reason: "connection refused")], state: .error)
      ]
    }

    let outcome = try run(daemon, "health")

    #expect(
      outcome.exitCode == 1 && outcome.stdout.contains("calc-1      ERROR  t     DOWN") && outcome.stdout.contains("connection refused"))
    #expect(try run(daemon, "health", "other").exitCode == 3)
    #expect(try run(daemon, "health", "-o", "json").stdout.contains(#""status":"DOWN""#))
  }

  @Test("logs prints the lines of services, and completion the ids")
  func logs() throws {
    let daemon = try FakeDaemon { answers in
      answers.logs = [.init(service: "calc", timeMs: 1, text: "ready"), .init(service: "calc", timeMs: 2, text: "oops", isError: true)]
      answers.deployments = [.init(id: "calc-1"), .init(id: "b-2")]
    }

    #expect(try run(daemon, "logs", "calc").stdout == "calc | ready\ncalc | oops\n")
    #expect(try run(daemon, "logs", "--tail", "5", "calc", "calc").stdout == "ready\noops\n")
    #expect(daemon.asked == ["logs: calc  1000", "logs: calc calc 5"])
    #expect(try run(daemon, "__complete", "deployments", "ca").stdout == "calc-1\n")
  }

  @Test("a watch that broke off before all was told goes on at the flowd that took over")
  func watchOverTakeOver() throws {
    func event(_ id: String) -> FlowV1.DeploymentEvent { .init(position: 1, deployment: .init(id: id, state: .running)) }
    let (one, two) = (try FakeDaemon { $0.deploymentEvents = [event("a-1")] }, try FakeDaemon { $0.deploymentEvents = [event("b-2")] })
    two.stand(leader: nil)
    let process = Process()
    let (stdout, stderr) = (Pipe(), Pipe())
    process.executableURL = binary
    process.arguments = ["--flowd-host", "\(one.address),\(two.address)", "ps", "--watch", "-d", "-o", "name"]
    process.environment = ["HOME": "/nonexistent"]
    (process.standardOutput, process.standardError, process.standardInput) = (stdout, stderr, FileHandle.nullDevice)
    try process.run()
    defer { process.terminate() }

    let first = stdout.fileHandleForReading.availableData
    two.lead()
    one.stand(leader: two.address)
    let second = stdout.fileHandleForReading.availableData

    #expect(String(decoding: first, as: UTF8.self) == "a-1\n")
    #expect(String(decoding: second, as: UTF8.self) == "b-2\n")
    #expect(String(decoding: stderr.fileHandleForReading.availableData, as: UTF8.self) == "flowd went away, it is waited for\n")
  }

  @Test("a backup that is not complete leaves no file")
  func backup() throws {
    let daemon = try FakeDaemon { $0.chunks = [.init(data: [1, 2, 3])] }
    let path = try file("", "old") + ".backup"

    let outcome = try run(daemon, "store", "backup", path)

    #expect(outcome.exitCode == 1 && outcome.stderr.contains("not complete"))
    #expect(!FileManager.default.fileExists(atPath: path) && !FileManager.default.fileExists(atPath: path + ".partial"))
  }

  @Test("without a server: help, validate, feel, completion and mistakes")
  func local() throws {
    #expect(try run(nil).exitCode == 1)
    #expect(try run(nil, "bogus").exitCode == 2)
    let help = try run(nil, "ps", "-h")
    for option in ["-k,", "-d,", "-i,", "-o,", "--kubernetes-output"] { #expect(help.stdout.contains(option)) }
    let bad = try run(nil, "validate", "-o", "json", try file("<nothing/>"))
    #expect(bad.exitCode == 1 && bad.stdout.contains(#""ok":false"#))
    #expect(try run(nil, "feel", "1 + x", "--context", #"{"x": 2}"#).stdout == "3\n")
    #expect(try run(nil, "feel", "1 +").exitCode == 9)
    #expect(try run(nil, "completion", "fish").stdout.contains("complete -c flowctl"))
    #expect(try run(nil, "run", "./x.bpmn").exitCode != 0)
  }
}
