import FlowAPI
import FlowCommandLine
import FlowCore
import FlowEngine
import FlowRPC
import FlowRuntime
import FlowServer
import FlowStorage
import FlowThreads
import FlowView
import Glibc

/// `run FILE.bpmn ARGS`: the process runs here, in memory, with its services started by the embedded orchestrator.
enum RunInProcess {
  /// - Parameter path: a BPMN file.
  /// - Parameter arguments: the instance's input, as `run` takes it.
  /// - Returns: the exit code of `run --wait`: 0 completed, 1 ended otherwise, 6 the time is over.
  static func run(_ path: String, _ arguments: [String], _ context: Context) throws(Failure) -> Int32 {
    let model = PreparedModel(try read(path))
    guard model.errors.isEmpty else {
      throw Failure(ExitCode.invalidDocument, "\(path) can not run", why: model.errorText, hint: "flowctl validate \(path)")
    }
    // Before the node's threads begin, so that the signals reach us alone: services that we started must not outlive us.
    let signals = StopSignals()
    let folder = try temporaryFolder()
    defer { TemporaryFolder.remove(folder) }
    let server = try node(folder)
    defer { server.stop() }
    return try run(model, path, arguments, on: server, context, signals)
  }

  private static func read(_ path: String) throws(Failure) -> [UInt8] {
    do throws(FileProblem) { return try FileText.read(path, limit: Limits.bpmnFileBytes) } catch {
      throw Failure(error, exitCode: ExitCode.notFound)
    }
  }

  private static func temporaryFolder() throws(Failure) -> String {
    var template = Array("/tmp/flowctl-run-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else {
      throw Failure(ExitCode.negative, "no temporary folder", why: String(cString: strerror(errno)))
    }
    return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  private static func node(_ folder: String) throws(Failure) -> Server {
    signal(SIGPIPE, SIG_IGN)
    do throws(ServerError) {
      let server = try Server(ServerConfiguration(dataDirectory: folder), store: MemoryStore(), viewPath: ":memory:")
      try server.start()
      return server
    } catch {
      throw Failure(ExitCode.negative, "the engine does not start", why: error.description)
    }
  }

  private static func run(
    _ model: PreparedModel, _ path: String, _ arguments: [String], on server: Server, _ context: Context, _ signals: StopSignals
  ) throws(Failure) -> Int32 {
    let ids: [String]
    do throws(ApplyFailure) {
      ids = try server.apply(model, resourceName: path, isStopped: false).deployments.map(\.id)
    } catch {
      throw Failure(ExitCode.negative, "\(path) can not be deployed", why: "\(error)")
    }
    let deadline = Deadline(ms: context.settings.milliseconds("timeout"))
    for id in ids where try !waitUntilRunning(id, server, deadline, signals) {
      let down = server.health(of: id).filter { !$0.isUp }.map { "\($0.elementID): \($0.reason)" }.joined(separator: ", ")
      throw Failure(
        ExitCode.timeout, "\(id) is not RUNNING in time", why: down, hint: "are its services reachable, and their commands right?")
    }
    let instance = try create(first(ids, server), arguments, on: server, context)
    guard let row = try waitUntilEnded(instance, server, deadline, signals) else {
      throw Failure(ExitCode.timeout, "\(instance) has not ended in time", hint: "--timeout gives it longer")
    }
    return InstanceOutcome.tell(FlowV1.Instance(row), context)
  }

  /// The first process of the file that can be started by hand, else the first.
  private static func first(_ ids: [String], _ server: Server) -> String {
    ids.first { server.board[$0]?.process.startEvents.isEmpty == false } ?? ids[0]
  }

  private static func waitUntilRunning(
    _ id: String, _ server: Server, _ deadline: Deadline, _ signals: StopSignals
  ) throws(Failure) -> Bool {
    while !deadline.isOver {
      switch server.board[id]?.deployment.state {
      case .running: return true
      case .error:
        throw Failure(ExitCode.negative, "\(id) can not start", why: server.board[id]?.deployment.reason)
      case .starting, .stopping, .stopped, nil: try signals.pause(milliseconds: 10)
      }
    }
    return false
  }

  private static func create(_ id: String, _ arguments: [String], on server: Server, _ context: Context) throws(Failure) -> String {
    guard let status = server.board[id] else { throw Failure(ExitCode.negative, "\(id) is gone") }
    let created = Promise<Result<String, Refusal>>()
    let start = context.settings.text("start-event-id")
    let metadata = try Run.metadata(context).map { ($0.key, $0.value) }
    server.createInstance(
      of: status.deployment.key, start: start.isEmpty ? nil : start, payload: runPayload(arguments, of: status), metadata: metadata
    ) { created.keep($0.map(\.id.text)) }
    switch created.wait() {
    case .success(let instance): return instance
    case .failure(let refusal): throw Failure(ExitCode.negative, "no instance was started", why: refusal.description)
    }
  }

  private static func waitUntilEnded(
    _ id: String, _ server: Server, _ deadline: Deadline, _ signals: StopSignals
  ) throws(Failure) -> InstanceRow? {
    var looks = 0
    while !deadline.isOver {
      do throws(Status) {
        if let row = try server.instance(id), row.state != .running { return row }
      } catch {
        throw Failure(error, doing: "can not look at \(id)")
      }
      looks += 1
      if looks.isMultiple(of: looksBetween), let waiting = server.waitsForOutside(), !waiting.isEmpty {
        // It may have ended between the two looks.
        do throws(Status) { if let row = try server.instance(id), row.state != .running { return row } } catch {
          throw Failure(error, doing: "can not look at \(id)")
        }
        throw stuck(id, waiting, server)
      }
      try signals.pause(milliseconds: 2)
    }
    return nil
  }

  private static let looksBetween = 25

  /// Nobody can reach what runs in this process, so that waiting for a worker or a message would never end.
  private static func stuck(
    _ id: String, _ waiting: [(instance: InstanceID, active: Server.LiveInstance.Active)], _ server: Server
  ) -> Failure {
    let reasons = waiting.prefix(5).map { item in
      if let incident = item.active.incident, let message = message(of: incident, server) {
        return "\(item.active.element.id) has an incident: \(message)"
      }
      return "\(item.active.element.id) waits for \(item.active.waitsFor)"
    }
    let why = reasons.joined(separator: "; ")
    return Failure(
      ExitCode.negative, "\(id) can not go on by itself", why: why + (waiting.count > 5 ? "; and others" : ""),
      hint:
        "with flowd: flowctl apply FILE, flowctl run, then flowctl jobs, tasks, publish or incidents; or flowctl test, which plays workers")
  }
}

extension RunInProcess {
  private static func message(of incident: Key, _ server: Server) -> String? {
    do throws(Status) {
      let found = try server.incidents(of: nil, after: Key(raw: incident.raw - 1), limit: 1).rows.first?.incident
      return found?.key == incident ? found?.message : nil
    } catch {
      return nil
    }
  }
}

/// A point in time after which nobody waits; never when there is none.
private struct Deadline {
  private let end: Instant?

  init(ms: Int64?) { end = ms.map { Instant.now + $0 } }

  var isOver: Bool { end.map { Instant.now > $0 } ?? false }
}

/// SIGINT and SIGTERM, blocked and asked for, so that they end a run between two looks and what it started is stopped.
private struct StopSignals {
  private var set = sigset_t()

  init() {
    sigemptyset(&set)
    sigaddset(&set, SIGINT)
    sigaddset(&set, SIGTERM)
    pthread_sigmask(SIG_BLOCK, &set, nil)
  }

  /// - Throws: when one came; the exit code is the shell's for it.
  func pause(milliseconds: Int) throws(Failure) {
    var wanted = set
    var time = timespec(tv_sec: 0, tv_nsec: milliseconds * 1_000_000)
    let signal = sigtimedwait(&wanted, nil, &time)
    guard signal > 0 else { return }
    throw Failure(ExitCode.signalled + signal, "interrupted", why: "the instance and its services are gone: they ran in this process")
  }
}
