import FlowCommandLine
import FlowCore
import FlowHTTP
import FlowRPC

/// What healthd was told, read and checked.
struct Options {
  /// gRPC addresses of flowd, tried in turn.
  var flowd: [String]
  var flowdTLS: ClientTLS?
  var http: HTTPAddress
  var grpc: HTTPAddress
  var serverTLS: ServerTLS?
  var guarded: HTTPGuard
  var endpointsFile: String?
  var logLevel: LogLevel
  var logForm: LogText.Form

  static let version = "0.1.0"

  static let program = CommandSpec(
    "healthd", "Probe what flowd deploys, and show it in a browser",
    details: "healthd watches flowd's deployments, probes their tasks and reports to flowd what it sees. "
      + "It keeps nothing on disk; it may start before flowd and outlive it.",
    options: own + ProgramStart.daemonOptions("healthd"),
    examples: [
      Example("healthd", "with a flowd on this machine; the dashboard is http://127.0.0.1:5050/"),
      Example("healthd --flowd 10.0.0.5:9001 --flowd-ca ca.pem", "with a flowd elsewhere, over TLS"),
      Example("healthd --flowd 10.0.0.5:9001,10.0.0.6:9001", "with the one of two that leads"),
      Example("healthd --http-address 127.0.0.1:0 --endpoints-file healthd.json", "on a free port, named in a file"),
    ], envPrefix: "HEALTHD_")

  private static let own: [OptionSpec] = [
    OptionSpec(
      "flowd", .repeatable, type: .addresses, metavar: "HOST:PORT,...", preset: "127.0.0.1:9001",
      help: "gRPC address of flowd; of several that share a store the one that leads is found"),
    OptionSpec(
      "http-address", type: .address, metavar: "HOST:PORT", preset: "127.0.0.1:5050", help: "where dashboard and probes are served"),
    OptionSpec("grpc-address", type: .address, metavar: "HOST:PORT", preset: "127.0.0.1:5051", help: "where flow.v1.Health is served"),
    OptionSpec("endpoints-file", type: .file, metavar: "FILE", help: "write the addresses in use to FILE once both listen"),
    OptionSpec("log-level", metavar: "LEVEL", preset: "INFO", help: "DEBUG, INFO, WARNING, ERROR, or the number that Python gives it"),
    OptionSpec("log-format", type: .choice(["original", "json"]), metavar: "FORM", preset: "original", help: "form of the log lines"),
    .flag("insecure", help: "listen beyond this machine without TLS"),
    OptionSpec("tls-cert", type: .file, metavar: "FILE", help: "certificate chain of healthd's own servers (PEM)"),
    OptionSpec("tls-key", type: .file, metavar: "FILE", help: "key of that certificate (PEM)"),
    OptionSpec(
      "tls-client-ca", type: .file, metavar: "FILE", help: "clients of gRPC and HTTP must show a certificate of these authorities"),
    OptionSpec(
      "http-hosts", .repeatable, metavar: "NAME", help: "further names by which HTTP may be asked (`Host`); `*` takes any name"),
    .flag("flowd-tls", help: "speak TLS with flowd, trusting what the system trusts"),
    OptionSpec("flowd-ca", type: .file, metavar: "FILE", help: "speak TLS with flowd, trusting these authorities (PEM)"),
    OptionSpec("flowd-cert", type: .file, metavar: "FILE", help: "own certificate towards flowd (PEM)"),
    OptionSpec("flowd-key", type: .file, metavar: "FILE", help: "key of that certificate (PEM)"),
  ]

  /// - Throws: `UsageError` for what can not be, and for files that can not be read.
  init(_ settings: Settings) throws(UsageError) {
    flowd = try Options.flowd(settings.list("flowd"))
    http = try Options.address(settings, "http-address")
    grpc = try Options.address(settings, "grpc-address")
    guarded = try Options.guarded(settings, http)
    serverTLS = try Options.serverTLS(settings)
    if let problem = serverTLS.map(HTTPServer.TLS.init)?.problem {
      throw Options.fail("\(problem.part == .pair ? "--tls-cert and --tls-key" : "--tls-client-ca"): \(problem.reason)")
    }
    flowdTLS = try Options.clientTLS(settings)
    endpointsFile = settings.optional("endpoints-file")
    logLevel = try Options.level(settings.text("log-level"))
    logForm = settings.text("log-format").lowercased() == "json" ? .json : .text
    let open = [("http-address", http), ("grpc-address", grpc)].first { !$0.1.isLoopback }
    if let open, serverTLS == nil, !settings.flag("insecure") {
      throw Options.fail(
        "--\(open.0) \(open.1) is reached from other machines, and there is no TLS", hint: "--tls-cert and --tls-key, or --insecure")
    }
  }

  private static func flowd(_ lists: [String]) throws(UsageError) -> [String] {
    var all: [String] = []
    for list in lists {
      // 0 stands for a port that is not there; nobody can be reached at it.
      guard let addresses = SettingValue.addresses(list, port: 0), addresses.allSatisfy({ !$0.hasSuffix(":0") }) else {
        throw fail("--flowd: '\(list)' is not HOST:PORT, or several of them by commas")
      }
      for address in addresses where !all.contains(address) { all.append(address) }
    }
    guard !all.isEmpty, all.count <= Limits.daemonAddresses else {
      throw fail("--flowd names none, or more than \(Limits.daemonAddresses)")
    }
    return all
  }

  static func fail(_ message: String, hint: String? = nil) -> UsageError { UsageError(message, hint: hint, command: "healthd") }

  /// `:5050` is all interfaces, as usual.
  private static func address(_ settings: Settings, _ name: String) throws(UsageError) -> HTTPAddress {
    guard let value = settings.address(name), let port = UInt16(exactly: value.port) else { throw fail("--\(name) is not host:port") }
    return HTTPAddress(host: value.host.isEmpty ? "0.0.0.0" : value.host, port: port)
  }

  private static func guarded(_ settings: Settings, _ listening: HTTPAddress) throws(UsageError) -> HTTPGuard {
    do throws(HTTPGuard.BadName) {
      return try HTTPGuard(
        listening: listening, names: settings.list("http-hosts").flatMap { $0.split(separator: ",").map(String.init) })
    } catch {
      throw fail("--http-hosts: \(error)")
    }
  }

  private static func level(_ text: String) throws(UsageError) -> LogLevel {
    let found = LogLevel.allCases.first { $0.name == text.uppercased() || String($0.rawValue) == text }
    guard let found else { throw fail("--log-level: '\(text)' is not one of DEBUG, INFO, WARNING, ERROR") }
    return found
  }

  private static func serverTLS(_ settings: Settings) throws(UsageError) -> ServerTLS? {
    let (certificate, key) = (try pem(settings, "tls-cert"), try pem(settings, "tls-key"))
    let authorities = try pem(settings, "tls-client-ca")
    switch (certificate, key) {
    case (let certificate?, let key?):
      return ServerTLS(certificateChain: certificate, privateKey: key, clientAuthorities: authorities)
    case (nil, nil):
      guard authorities == nil else { throw fail("--tls-client-ca needs --tls-cert and --tls-key") }
      return nil
    case (.some, nil), (nil, .some): throw fail("--tls-cert and --tls-key belong together")
    }
  }

  private static func clientTLS(_ settings: Settings) throws(UsageError) -> ClientTLS? {
    let (certificate, key) = (try pem(settings, "flowd-cert"), try pem(settings, "flowd-key"))
    guard (certificate == nil) == (key == nil) else { throw fail("--flowd-cert and --flowd-key belong together") }
    let authorities = try pem(settings, "flowd-ca")
    if let problem = PEMProblem.of(certificate: certificate, key: key, authorities: authorities) {
      throw fail("\(problem.part == .pair ? "--flowd-cert and --flowd-key" : "--flowd-ca"): \(problem.reason)")
    }
    guard settings.flag("flowd-tls") || authorities != nil || certificate != nil else { return nil }
    return ClientTLS(authorities: authorities, certificateChain: certificate, privateKey: key)
  }

  /// Certificates are small; a chain of hundreds is a mistake.
  private static let pemBytesMax = 1 << 20

  private static func pem(_ settings: Settings, _ name: String) throws(UsageError) -> String? {
    guard let path = settings.optional(name) else { return nil }
    do throws(FileProblem) {
      return String(decoding: try FileText.read(path, limit: pemBytesMax), as: UTF8.self)
    } catch {
      throw fail("--\(name): \(error)")
    }
  }
}

extension HTTPServer.TLS {
  /// The same papers for HTTP.
  init(_ tls: ServerTLS) {
    self.init(certificate: tls.certificateChain, key: tls.privateKey, clientAuthorities: tls.clientAuthorities)
  }
}
