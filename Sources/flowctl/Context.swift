import FlowClient
import FlowCommandLine
import FlowCore
import Glibc
import Synchronization

/// What a verb works with: its settings, its two outputs, and the servers.
struct Context: Sendable {
  let settings: Settings
  let stdout: Terminal
  let stderr: Terminal

  init(_ invocation: Invocation) throws(UsageError) {
    settings = try UserConfig.settings(invocation)
    stdout = Context.terminal(STDOUT_FILENO, settings)
    stderr = Context.terminal(STDERR_FILENO, settings)
  }

  private static func terminal(_ descriptor: Int32, _ settings: Settings) -> Terminal {
    var terminal = Terminal(descriptor: descriptor)
    let wish = settings.text("color").lowercased()
    if wish != "auto" { terminal.colour = wish == "always" }
    return terminal
  }

  /// What `-o` asked for; nil without it.
  var format: OutputFormat? { settings.optional("output").flatMap(OutputFormat.init(rawValue:)) }

  /// A person looks at stdout, and asked for nothing else.
  var isForPeople: Bool { stdout.isTerminal && format == nil }

  /// Tables are for terminals; a pipe gets them when it asks.
  var wantsTable: Bool { isForPeople || format == .table }
}

// MARK: - Servers

extension Context {
  /// With several addresses the one that leads, whichever that is at each call.
  func flowd() throws(Failure) -> FlowClient {
    let (hosts, port) = (settings.text("flowd-host"), settings.integer("flowd-port") ?? 9001)
    guard let addresses = SettingValue.addresses(hosts, port: port) else {
      throw Failure(ExitCode.usage, "option --flowd-host: '\(hosts)' is not HOST or HOST:PORT", hint: "flowctl help config")
    }
    return try client(FlowEndpoint(name: "flowd", addresses: addresses))
  }

  /// Whether another flowd may take over from one that goes away.
  var hasSeveralFlowd: Bool { SettingValue.addresses(settings.text("flowd-host"), port: 1)?.count ?? 0 > 1 }

  func healthd() throws(Failure) -> FlowClient {
    try client(FlowEndpoint(name: "healthd", host: settings.text("healthd-host"), port: settings.integer("healthd-port") ?? 5051))
  }

  private func client(_ plain: FlowEndpoint) throws(Failure) -> FlowClient {
    var endpoint = plain
    endpoint.timeoutMs = settings.milliseconds("request-timeout") ?? FlowEndpoint.defaultTimeoutMs
    if settings.flag("tls") || settings.optional("ca") != nil || settings.optional("cert") != nil || settings.optional("key") != nil {
      guard (settings.optional("cert") == nil) == (settings.optional("key") == nil) else {
        throw Failure(ExitCode.usage, "--cert and --key belong together; one of them is missing", hint: "flowctl help config")
      }
      endpoint.tls = FlowEndpoint.TLS(ca: try pem("ca"), certificate: try pem("cert"), key: try pem("key"))
    }
    do throws(Status) {
      return try FlowClient(endpoint) { [self] in
        if stderr.isTerminal { note("no flowd that leads is found yet; waiting for one") }
      }
    } catch {
      throw Failure(error, doing: "can not connect to \(endpoint.name) at \(endpoint.addresses.joined(separator: ", "))")
    }
  }

  func pem(_ option: String) throws(Failure) -> [UInt8]? {
    guard let path = settings.optional(option) else { return nil }
    do throws(FileProblem) {
      let bytes = try FileText.read(path, limit: Limits.configFileBytes)
      if let problem = PEMFile.problem(bytes, of: option) { throw FileProblem(path, reason: problem) }
      return bytes
    } catch {
      throw Failure(ExitCode.usage, "option --\(option): \(error.description)")
    }
  }
}

// MARK: - Output

extension Context {
  /// Data, to stdout.
  func print(_ text: String) {
    guard !Output.write(text, to: STDOUT_FILENO) else { return }
    LostOutput.cause.store(errno, ordering: .relaxed)
  }

  /// Everything else, to stderr.
  func note(_ text: String) { Output.write(text + "\n", to: STDERR_FILENO) }

  func complain(_ failure: Failure) { Output.write(failure.text, to: STDERR_FILENO) }

  /// A line of the original's log. A person who sees a table is spared the same as JSON.
  func log(_ level: LogLevel, _ message: String, file: StaticString = #fileID, line: UInt = #line) {
    guard level.rawValue >= settings.integer("log-level") ?? LogLevel.info.rawValue else { return }
    note(LogText.line(program: "flowctl", level, message, at: .now, file: file, line: line))
  }

  func print(_ table: Table) { print(table.text(for: format == .table ? plainTerminal : stdout)) }

  /// What `-o table` is for: nothing is cut, and colours are there only when somebody asked for them.
  private var plainTerminal: Terminal? {
    let isForced = stdout.colour && (!stdout.isTerminal || settings.text("color").lowercased() == "always")
    return isForced ? Terminal(isTerminal: false, columns: nil, colour: true) : nil
  }

  /// A JSON text as `-o` wants it.
  ///
  /// - Parameter names: ids for `-o name`.
  func print(data: String, names: [String]) {
    switch format {
    case nil, .table?: break
    case .json?: print(data + "\n")
    case .yaml?: print(YAML.of(data))
    case .name?: print(names.map { Printable.line($0) + "\n" }.joined())
    }
  }
}

/// Data that did not get out: a full disk behind stdout must not look like success.
enum LostOutput {
  fileprivate static let cause = Atomic<Int32>(0)

  /// nil while all was written, and when nobody reads any more, which is the reader's choice.
  static var failure: Failure? {
    let code = cause.load(ordering: .relaxed)
    return code == 0 || code == EPIPE ? nil : Failure(FileProblem("stdout", errno: code), exitCode: ExitCode.negative)
  }
}

/// Data that flowd sent as JSON text, in YAML; as it is when it is no JSON.
private enum YAML {
  static func of(_ data: String) -> String {
    do {
      return YAMLText.text(try JSON(parsing: data))
    } catch {
      return data + "\n"
    }
  }
}
