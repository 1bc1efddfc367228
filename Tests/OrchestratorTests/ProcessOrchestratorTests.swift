import FlowCore
import FlowHTTP
import FlowThreads
import Glibc
import Testing

@testable import FlowOrchestrator

@Suite("ProcessOrchestrator")
struct ProcessOrchestratorTests {
  /// A folder of its own for each test.
  private let folder: String

  init() throws {
    var template = Array("/tmp/flow-orchestrator-XXXXXX".utf8CString)
    let made = try #require(mkdtemp(&template))
    folder = String(cString: made)
  }

  private func orchestrator(_ environment: [String]? = nil) throws -> ProcessOrchestrator {
    var options = ProcessOrchestrator.Options(dataDirectory: folder, servicesDirectory: folder)
    if let environment { options.environment = environment }
    return try ProcessOrchestrator(options)
  }

  private func shell(_ script: String, host: String = "calc", deployment: String = "d", elements: [String] = ["t"]) -> ServiceSpec {
    ServiceSpec(deployment: deployment, host: host, elements: elements, command: ["sh", "-c", script])
  }

  /// Looks until it finds; a deadline that only a broken test reaches.
  private func eventually<T>(_ look: () throws -> T?) rethrows -> T? {
    let deadline = MonotonicClock.milliseconds() + 20_000
    while MonotonicClock.milliseconds() < deadline {
      if let found = try look() { return found }
      usleep(5_000)
    }
    return nil
  }

  private func lines(_ orchestrator: ProcessOrchestrator, host: String = "calc", atLeast count: Int) -> [LogLine]? {
    eventually {
      let lines = orchestrator.tail(ServiceKey(deployment: "d", host: host), lines: 100)
      return lines.count >= count ? lines : nil
    }
  }

  private func pid(_ orchestrator: ProcessOrchestrator) -> Int32? { orchestrator.status().first?.pid }

  @Test("a service runs in the services' folder with a port, and answers there")
  func runs() throws {
    let program = """
      import http.server, os
      class H(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
          self.send_response(200); self.end_headers(); self.wfile.write(os.getcwd().encode())
        def log_message(self, *a): pass
      http.server.HTTPServer(("127.0.0.1", int(os.environ["PORT"])), H).serve_forever()
      """
    let path = folder + "/service.py"
    let file = open(path, O_WRONLY | O_CREAT, 0o600)
    _ = program.withCString { write(file, $0, strlen($0)) }
    close(file)
    let orchestrator = try orchestrator()
    let spec = ServiceSpec(deployment: "d", host: "calc", elements: ["t"], command: ["python3", "service.py"])

    try orchestrator.setDesired([spec], deployment: "d")

    let client = HTTPClient()
    let body = eventually { () -> String? in
      guard let address = orchestrator.endpoint(of: "calc", deployment: "d") else { return nil }
      return (try? client.sendAndWait(HTTPClientRequest("GET", "http://\(address)/"))).map { String(decoding: $0.body, as: UTF8.self) }
    }
    #expect(body == folder)
    orchestrator.shutdown(keepServices: false)
    #expect(orchestrator.endpoint(of: "calc", deployment: "d") == nil)
  }

  @Test("output is kept by stream, in order, with times; arguments see no shell")
  func logs() throws {
    let orchestrator = try orchestrator()
    let before = WallClock.now()

    try orchestrator.setDesired([shell("echo one; echo bad >&2; printf two; exec sleep 1000")], deployment: "d")
    let first = try #require(lines(orchestrator, atLeast: 2))
    #expect(Set(first.map(\.text)) == ["one", "bad"])
    #expect(first.first { $0.text == "bad" }?.isError == true)
    #expect(first.allSatisfy { $0.time >= before })
    try orchestrator.setDesired([], deployment: "d")
    #expect(orchestrator.waitUntilGone(timeoutMs: 20_000))

    #expect(orchestrator.tail(ServiceKey(deployment: "d", host: "calc"), lines: 2).count == 2)
    try orchestrator.setDesired(
      [ServiceSpec(deployment: "d", host: "echo", elements: [], command: ["echo", "$HOME; ls"])], deployment: "d")
    #expect(lines(orchestrator, host: "echo", atLeast: 1)?.first?.text == "$HOME; ls")
    orchestrator.shutdown(keepServices: false)
  }

  @Test("a follower gets the tail and then each new line once")
  func follows() throws {
    let orchestrator = try orchestrator()
    let key = ServiceKey(deployment: "d", host: "calc")
    try orchestrator.setDesired([shell("echo 1; while [ ! -e go ]; do sleep 0.01; done; echo 2; echo 3; exec sleep 1000")], deployment: "d")
    _ = lines(orchestrator, atLeast: 1)
    let seen = Monitor<[String]>([])

    let follower = orchestrator.follow(key, tail: 10) { line in seen.change { $0.append(line.text) } }
    close(open(folder + "/go", O_WRONLY | O_CREAT, 0o600))

    #expect(seen.wait(untilMs: MonotonicClock.milliseconds() + 20_000) { $0.count == 3 ? $0 : nil } == ["1", "2", "3"])
    follower.cancel()
    orchestrator.shutdown(keepServices: false)
  }

  @Test("a service that ends is started again, each time later")
  func restarts() throws {
    let orchestrator = try orchestrator()

    try orchestrator.setDesired([shell("date +%s%N; exit 3")], deployment: "d")

    let times = try #require(lines(orchestrator, atLeast: 4)).compactMap { Int64($0.text) }
    let gaps = zip(times.dropFirst(), times).map { ($0 - $1) / 1_000_000 }
    #expect(gaps[0] >= 100)
    #expect(gaps[1] >= 200)
    #expect(gaps[2] >= 400)
    let status = try #require(orchestrator.status().first)
    #expect(status.restarts >= 3)
    #expect(status.detail == "exit 3")
    orchestrator.shutdown(keepServices: false)
  }

  @Test("a command that is not there is a status with its reason, not a crash")
  func missingCommand() throws {
    let orchestrator = try orchestrator()

    try orchestrator.setDesired([ServiceSpec(deployment: "d", host: "x", elements: [], command: ["./nothing-here"])], deployment: "d")

    let detail = eventually { orchestrator.status().first?.detail }
    #expect(detail == "can not start './nothing-here' in '\(folder)': No such file or directory")
    orchestrator.shutdown(keepServices: false)
  }

  @Test("stopping ends the whole group, children of the service too")
  func stopsGroup() throws {
    let orchestrator = try orchestrator()
    try orchestrator.setDesired([shell("sleep 1000 & echo $!; wait")], deployment: "d")
    let child = try #require(lines(orchestrator, atLeast: 1)?.first.flatMap { Int32($0.text) })
    #expect(kill(child, 0) == 0)

    try orchestrator.setDesired([], deployment: "d")

    #expect(orchestrator.waitUntilGone(timeoutMs: 20_000))
    #expect(ProcessTable.startTicks(child) == nil)
    orchestrator.shutdown(keepServices: false)
  }

  @Test("a service that ignores SIGTERM is killed after its grace")
  func kills() throws {
    let orchestrator = try orchestrator()
    try orchestrator.setDesired([shell("trap '' TERM; echo up; while true; do sleep 0.05; done")], deployment: "d")
    _ = lines(orchestrator, atLeast: 1)
    let pid = try #require(self.pid(orchestrator))
    let began = MonotonicClock.milliseconds()

    try orchestrator.setDesired([], deployment: "d")

    #expect(orchestrator.waitUntilGone(timeoutMs: 20_000))
    #expect(MonotonicClock.milliseconds() - began >= ServicePlan.graceMs)
    #expect(ProcessTable.startTicks(pid) == nil)
    orchestrator.shutdown(keepServices: false)
  }

  @Test("a forgotten service is adopted with its pid, port and log, and stopped when it is wanted no more")
  func adopts() throws {
    var first: ProcessOrchestrator? = try orchestrator()
    let spec = shell("echo $PORT; trap 'echo bye; exit 0' TERM; while true; do sleep 0.02; done")
    try first?.setDesired([spec], deployment: "d")
    let port = try #require(first.flatMap { lines($0, atLeast: 1) }?.first?.text)
    let pid = try #require(first.flatMap { self.pid($0) })
    first = nil
    #expect(ProcessTable.startTicks(pid) != nil)

    let second = try orchestrator()
    try second.setDesired([spec], deployment: "d")

    #expect(self.pid(second) == pid)
    #expect(second.endpoint(of: "calc", deployment: "d").map { String($0.port) } == port)
    #expect(second.tail(spec.key, lines: 10).map(\.text) == [port])
    second.retain(deployments: [])
    #expect(second.waitUntilGone(timeoutMs: 20_000))
    #expect(ProcessTable.startTicks(pid) == nil)
    #expect(second.tail(spec.key, lines: 10).filter { !$0.isError }.map(\.text) == [port, "bye"])
    second.shutdown(keepServices: false)
  }

  @Test("an adopted service that ends is started again")
  func adoptedRestarts() throws {
    var first: ProcessOrchestrator? = try orchestrator()
    let spec = shell("echo up; exec sleep 1000")
    try first?.setDesired([spec], deployment: "d")
    _ = first.flatMap { lines($0, atLeast: 1) }
    let pid = try #require(first.flatMap { self.pid($0) })
    first = nil
    let second = try orchestrator()

    kill(pid, SIGKILL)

    let other = eventually { () -> Int32? in
      guard let now = self.pid(second), now != pid else { return nil }
      return now
    }
    #expect(other != nil)
    second.shutdown(keepServices: false)
  }

  @Test("a process that was started but not written down is found by its token")
  func findsByToken() throws {
    var first: ProcessOrchestrator? = try orchestrator()
    let spec = shell("echo $FLOW_SERVICE_TOKEN; exec sleep 1000")
    try first?.setDesired([spec], deployment: "d")
    let token = try #require(first.flatMap { lines($0, atLeast: 1) }?.first?.text)
    let pid = try #require(first.flatMap { self.pid($0) })
    first = nil
    let record = ServiceRecord(spec: spec, pid: nil, startTicks: 0, port: 4711, token: token)
    try ServiceRecordFile(path: folder + "/services.json").write([record], boot: try ProcessTable.bootID())

    let second = try orchestrator()

    #expect(self.pid(second) == pid)
    second.shutdown(keepServices: false)
    #expect(ProcessTable.startTicks(pid) == nil)
  }

  @Test("a process with a recorded pid but another start time is a stranger, and is left alone")
  func stranger() throws {
    let file = ServiceRecordFile(path: folder + "/services.json")
    let record = ServiceRecord(spec: shell("true"), pid: getpid(), startTicks: 1, port: 1, token: "no such token")
    try file.write([record], boot: try ProcessTable.bootID())

    let orchestrator = try orchestrator()

    #expect(orchestrator.status() == [])
    orchestrator.shutdown(keepServices: false)
  }

  @Test("records survive, and are void after a reboot or when they are garbage", arguments: ["", "{", "[]", #"{"version":2}"#])
  func records(garbage: String) throws {
    let file = ServiceRecordFile(path: folder + "/services.json")
    let record = ServiceRecord(spec: shell("true", elements: ["a", "b"]), pid: 7, startTicks: UInt64.max, port: 80, token: "t")
    try file.write([record], boot: "now")
    #expect(try file.read(boot: "now") == [record])
    #expect(try file.read(boot: "later") == [])

    let descriptor = open(folder + "/services.json", O_WRONLY | O_TRUNC)
    _ = garbage.withCString { write(descriptor, $0, strlen($0)) }
    close(descriptor)

    #expect(throws: OrchestratorError.self) { try file.read(boot: "now") }
    let orchestrator = try orchestrator()
    #expect(orchestrator.status() == [])
    orchestrator.shutdown(keepServices: false)
  }

  @Test("a service inherits no descriptor, no ignored signal and no setting of flowd")
  func inheritsNothing() throws {
    signal(SIGPIPE, SIG_IGN)
    let leaked = open("/dev/null", O_RDONLY)
    let orchestrator = try orchestrator(["PATH=/usr/local/bin:/usr/bin:/bin", "FLOWD_TOKEN=secret", "PORT=1", "A=b"])
    let script = "ls /proc/$$/fd; grep SigIgn /proc/$$/status; echo ${FLOWD_TOKEN:-none} $A; exec sleep 1000"

    try orchestrator.setDesired([shell(script)], deployment: "d")

    let text = try #require(lines(orchestrator, atLeast: 5)).map(\.text)
    #expect(text[..<3] == ["0", "1", "2"])
    let ignored = text[3].split(separator: "\t").last.flatMap { UInt64($0, radix: 16) }
    #expect(ignored.map { $0 & 1 << UInt64(SIGPIPE - 1) } == 0)
    #expect(text[4] == "none b")
    close(leaked)
    orchestrator.shutdown(keepServices: false)
  }

  @Test("a log that grows beyond its limit is cut, and one old file is kept")
  func rotates() throws {
    var log = LogFile(path: folder + "/x.log")
    let writer = try log.openForAppend()
    let line = Array(String(repeating: "x", count: 1023).utf8) + [0x0A]
    var taken = 0
    for _ in 0..<20 {
      for _ in 0..<512 { _ = line.withUnsafeBytes { write(writer, $0.baseAddress, $0.count) } }
      taken += log.take(ended: false).count
    }
    close(writer)

    #expect(taken == 20 * 512)
    var info = stat()
    #expect(stat(folder + "/x.log", &info) == 0 && Int(info.st_size) < Limits.logFileBytes)
    #expect(stat(folder + "/x.log.1", &info) == 0 && Int(info.st_size) >= Limits.logFileBytes)
  }

  @Test("an endless line is cut into pieces", arguments: [Limits.logLineBytes * 3 + 5])
  func longLine(bytes: Int) throws {
    var log = LogFile(path: folder + "/y.log")
    let writer = try log.openForAppend()
    let text = [UInt8](repeating: 65, count: bytes)
    _ = text.withUnsafeBytes { write(writer, $0.baseAddress, $0.count) }
    close(writer)

    #expect(log.take(ended: true).map(\.utf8.count) == [Limits.logLineBytes, Limits.logLineBytes, Limits.logLineBytes, 5])
  }

  @Test(
    "file names stay in their folder", arguments: [("calc", "calc"), ("../x", "%2E.%2Fx"), (".", "%2E"), ("a.b", "a.b"), ("ä", "%C3%A4")])
  func fileNames(text: String, name: String) {
    #expect(ServiceLog.fileName(text) == name)
  }
}
