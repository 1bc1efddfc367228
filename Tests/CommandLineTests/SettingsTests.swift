import FlowCommandLine
import Testing

@Suite("settings")
struct SettingsTests {
  private let daemon = CommandSpec(
    "flowd", "Run the daemon",
    options: [
      OptionSpec("grpc-address", type: .address, metavar: "ADDRESS", preset: "127.0.0.1:9001", help: "where gRPC listens"),
      OptionSpec("data-dir", type: .directory, metavar: "DIR", help: "where the store lies"),
      OptionSpec("join", .repeatable, type: .address, metavar: "ADDRESS", help: "members"),
      OptionSpec("lease-ttl", type: .duration, metavar: "TIME", preset: "6s", help: "lease"),
      OptionSpec("token", secret: true, help: "secret"),
      .flag("insecure", help: "no TLS"),
    ] + ProgramStart.daemonOptions("flowd"),
    envPrefix: "FLOWD_"
  )

  private func settings(_ words: [String], environment: [String: String] = [:], file: String? = nil) throws -> Settings {
    guard case .run(let invocation) = try ArgumentParser.parse(words, program: daemon) else { throw UsageError("not run", command: "") }
    let config = try file.map { try ConfigFile(path: "f.toml", text: $0, command: "flowd") }
    return try Settings(invocation, environment: { environment[$0] }, config: config)
  }

  private func message(_ words: [String], environment: [String: String] = [:], file: String? = nil) -> String {
    do {
      return "good: " + (try settings(words, environment: environment, file: file)).listing
    } catch let error as UsageError {
      return error.message + (error.hint.map { " | \($0)" } ?? "")
    } catch {
      return "\(error)"
    }
  }

  @Test("the command line goes before the environment, it before the file, and the file before the default")
  func precedence() throws {
    let file = "grpc_address = \"h:3\" # comment\n"
    let environment = ["FLOWD_GRPC_ADDRESS": "h:2"]

    #expect(try settings([]).text("grpc-address") == "127.0.0.1:9001")
    #expect(try settings([], file: file).text("grpc-address") == "h:3")
    #expect(try settings([], environment: environment, file: file).text("grpc-address") == "h:2")
    #expect(try settings(["--grpc-address", "h:1"], environment: environment, file: file).text("grpc-address") == "h:1")
  }

  @Test("values are read by their type")
  func types() throws {
    let settings = try settings(["--lease-ttl=1500ms", "--join=a:1", "--join", "b:2", "--insecure"])

    #expect(settings.milliseconds("lease-ttl") == 1500)
    #expect(settings.list("join") == ["a:1", "b:2"])
    #expect(settings.flag("insecure"))
    #expect(settings.address("grpc-address").map { "\($0.host) \($0.port)" } == "127.0.0.1 9001")
    #expect(settings.optional("data-dir") == nil)
    #expect(try self.settings(["--insecure=false"], environment: ["FLOWD_INSECURE": "1"]).flag("insecure") == false)
    #expect(try self.settings([], environment: ["FLOWD_JOIN": "a:1,b:2"]).list("join") == ["a:1", "b:2"])
  }

  @Test(
    "a wrong value or key is refused, and the message says where it stands",
    arguments: [
      ("grpc_adress = h:1", "f.toml:1: unknown key 'grpc-adress' | did you mean 'grpc-address'?"),
      ("\n[part]\ndata-dir = x", "f.toml:3: unknown key 'part.data-dir'"),
      ("lease-ttl = soon", "f.toml:1: lease-ttl: 'soon' is not a duration like 90s, 500ms, 2m"),
      ("insecure = maybe", "f.toml:1: insecure: 'maybe' is not true or false"),
      ("data-dir = [\"a\", \"b\"]", "f.toml:1: data-dir: one value expected"),
      ("data-dir = \"a", "f.toml:1: the quote is not closed"), ("data-dir = a b", "f.toml:1: text after the value; put it in quotes"),
      ("data-dir", "f.toml:1: '=' expected"), ("= a", "f.toml:1: a line must be `key = value`"),
      ("data-dir = a\ndata_dir = b", "f.toml:2: 'data-dir' was set in line 1 already"),
      ("join = [\"a:1\" \"b:1\"]", "f.toml:1: ',' expected"),
      ("join = [", "f.toml:1: a value is missing"), ("data-dir = \"\\x\"", "f.toml:1: unknown escape in a quoted text"),
    ])
  func refused(file: String, expected: String) {
    #expect(message([], file: file) == expected)
  }

  @Test("a wrong variable is refused by its name")
  func wrongVariable() {
    #expect(
      message([], environment: ["FLOWD_GRPC_ADDRESS": "9001"]) == "environment FLOWD_GRPC_ADDRESS: grpc-address: '9001' is not host:port")
  }

  @Test("the listing shows each value's origin, hides secrets, and reads back as a config file")
  func listing() throws {
    let settings = try settings(["--insecure", "--join", "a:1"], environment: ["FLOWD_TOKEN": "s3cret"], file: "data-dir = 'a \"b\"'\n")

    let listing = settings.listing

    #expect(!listing.contains("s3cret"))
    #expect(
      listing.contains("data-dir = \"a \\\"b\\\"\"") && listing.contains("# f.toml:1") && listing.contains("# environment FLOWD_TOKEN"))
    #expect(!listing.contains("print-config"))
    let again = try self.settings([], file: listing)
    #expect(again.text("data-dir") == "a \"b\"" && again.list("join") == ["a:1"] && again.flag("insecure"))
  }

  @Test("a daemon prints its settings, its version, its help and its mistakes, each to the right place")
  func daemonStart() {
    func start(_ words: String...) -> String {
      switch ProgramStart.daemon(daemon, version: "1.2", arguments: words, environment: { _ in nil }) {
      case .run: "run"
      case .leave(let stdout, let stderr, let code): "\(code) out \(stdout.prefix(14)) err \(stderr.prefix(14))"
      }
    }
    #expect(start() == "run")
    #expect(start("--version") == "0 out flowd 1.2\n err ")
    #expect(start("--check-config") == "0 out the settings a err ")
    #expect(start("--print-config") == "0 out # data-dir =   err ")
    #expect(start("-h") == "0 out Run the daemon err ")
    #expect(start("--config", "/nonexistent/f") == "2 out  err error: config ")
    #expect(start("--bogus") == "2 out  err error: unknown")
    #expect(start("extra") == "2 out  err error: unexpec")
  }

  @Test("--check-config says what a start would say")
  func checkedConfig() {
    func start(_ words: String...) -> String {
      let refusal = ProgramStart.Refusal(stderr: "no\n", exitCode: 2)
      switch ProgramStart.daemon(daemon, version: "1", arguments: words, environment: { _ in nil }, check: { _ in refusal }) {
      case .run: return "run"
      case .leave(let stdout, let stderr, let code): return "\(code) out \(stdout) err \(stderr)"
      }
    }

    #expect(start("--check-config") == "2 out  err no\n")
    #expect(start() == "run")
  }

  @Test("durations and addresses have one meaning or none")
  func texts() {
    #expect(
      ["500ms", "90s", "2m", "1h", "7d", "5", "1.5s"].map(SettingValue.milliseconds) == [
        500, 90_000, 120_000, 3_600_000, 604_800_000, 5000, 1500,
      ])
    #expect(["", "x", "-1s", "1y", "ms", "1e99", "nan", "inf"].compactMap(SettingValue.milliseconds).isEmpty)
    #expect(SettingValue.address("[::1]:9001").map { "\($0.host) \($0.port)" } == "::1 9001")
    #expect(["9001", "a:b", "a:70000", "::1:9001", "a:-1", ""].allSatisfy { SettingValue.address($0) == nil })
  }
}
