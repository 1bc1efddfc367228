import FlowCommandLine

/// Options of every verb, and groups of options that several verbs share.
enum GlobalOptions {
  static let all: [OptionSpec] = [
    OptionSpec(
      "flowd-host", .optionalValue(bare: "", words: []), type: .addresses, metavar: "HOST[:PORT],...", preset: "localhost",
      env: "FLOWD_HOST", help: "host of flowd; of several that share a store the one that leads is found"),
    OptionSpec(
      "flowd-port", .optionalValue(bare: "", words: []), type: .integer(1...65_535), metavar: "PORT", preset: "9001", env: "FLOWD_PORT",
      help: "gRPC port of flowd, where its address names none"),
    OptionSpec("healthd-host", metavar: "HOST", preset: "localhost", env: "HEALTHD_HOST", help: "host of healthd"),
    OptionSpec(
      "healthd-port", type: .integer(1...65_535), metavar: "PORT", preset: "5051", env: "HEALTHD_PORT", help: "gRPC port of healthd"),
    OptionSpec(
      "log-level", .optionalValue(bare: "", words: []), type: .integer(0...100), metavar: "N", preset: "20",
      help: "lines on stderr from this level on: 10 debug, 20 info, 40 error"),
    .flag("tls", help: "speak TLS with flowd and healthd"),
    OptionSpec("ca", type: .file, metavar: "FILE", help: "certificates that vouch for the server (PEM)"),
    OptionSpec("cert", type: .file, metavar: "FILE", help: "own certificate for mutual TLS (PEM)"),
    OptionSpec("key", type: .file, metavar: "FILE", help: "key of the own certificate (PEM)"),
    OptionSpec("request-timeout", type: .duration, metavar: "TIME", preset: "30s", help: "longest wait for one answer"),
    OptionSpec("color", type: .choice(["auto", "always", "never"]), metavar: "WHEN", preset: "auto", help: "colours: auto, always, never"),
    OptionSpec("config", type: .file, metavar: "FILE", env: "FLOWCTL_CONFIG", configurable: false, help: "read settings from FILE"),
    OptionSpec("context", metavar: "NAME", env: "FLOWCTL_CONTEXT", help: "take settings of this [section] of the config file first"),
    .flag("print-config", configurable: false, help: "print the effective settings and where each comes from"),
    .flag("version", configurable: false, help: "print the version and exit"),
  ]

  static let output = OptionSpec(
    "output", short: "o", .optionalValue(bare: "json", words: OutputFormat.allCases.map(\.rawValue)), metavar: "FORMAT",
    help: "data on stdout as json (when no word follows), yaml, name or table")

  static let kinds: [OptionSpec] = [
    OptionSpec(
      "kind", short: "k", type: .choice(["DEPLOYMENT", "INSTANCE"]), metavar: "KIND", group: "kind",
      help: "what the ids name: DEPLOYMENT or INSTANCE (the default)"),
    .flag("deployment", short: "d", group: "kind", help: "the ids name deployments"),
    .flag("instance", short: "i", group: "kind", help: "the ids name instances"),
  ]

  static let timeout = OptionSpec(
    "timeout", type: .duration, metavar: "TIME", configurable: false, help: "longest wait with --wait; then the exit code is 6")

  static func bpmnFiles(_ help: String) -> PositionalSpec { PositionalSpec("bpmn_spec", maximum: nil, type: .file, help: help) }

  static func ids(minimum: Int, _ help: String) -> PositionalSpec {
    PositionalSpec("ids", minimum: minimum, maximum: nil, type: .dynamic("ids"), help: help)
  }
}

/// What `-o` can ask for.
enum OutputFormat: String, CaseIterable, Sendable {
  case json, yaml, name, table
}
