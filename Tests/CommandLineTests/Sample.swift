import FlowCommandLine

/// A small program that has each kind of option.
enum Sample {
  static let kinds: [OptionSpec] = [
    OptionSpec("kind", short: "k", type: .choice(["DEPLOYMENT", "INSTANCE"]), metavar: "KIND", group: "kind", help: "what the ids name"),
    .flag("deployment", short: "d", group: "kind", help: "the ids are deployments"),
    .flag("instance", short: "i", group: "kind", help: "the ids are instances"),
  ]
  static let output = OptionSpec(
    "output", short: "o", .optionalValue(bare: "json", words: ["json", "yaml", "name", "table"]), metavar: "FORMAT", help: "data on stdout")

  static let program = CommandSpec(
    "tool", "Drive the sample",
    options: [
      OptionSpec(
        "flowd-host", .optionalValue(bare: "", words: []), metavar: "HOST", preset: "localhost", env: "FLOWD_HOST", help: "host of flowd"),
      OptionSpec("flowd-port", type: .integer(0...65_535), metavar: "PORT", preset: "9001", env: "FLOWD_PORT", help: "port of flowd"),
      .flag("insecure", help: "no TLS"),
      OptionSpec("label", short: "l", .repeatable, metavar: "LABEL", help: "a label"),
    ],
    examples: [Example("tool ps", "show what runs"), Example("tool run D 1", "run D"), Example("tool stop D", "stop D")],
    subcommands: [
      CommandSpec(
        "ps", "Show what runs", options: kinds + [output, OptionSpec("kubernetes-output", type: .file, help: "manifests")],
        positionals: [PositionalSpec("ids", minimum: 0, maximum: nil, type: .dynamic("instances"), help: "ids")]),
      CommandSpec(
        "run", "Run a deployment", options: [output, .flag("force", short: "f", help: "now")],
        positionals: [
          PositionalSpec("workflow", type: .dynamic("deployments"), help: "deployment"),
          PositionalSpec("args", minimum: 0, maximum: nil, help: "arguments"),
        ]),
      CommandSpec(
        "store", "Keep the store",
        subcommands: [
          CommandSpec("backup", "Copy the store", positionals: [PositionalSpec("file", type: .file, help: "where to")]),
          CommandSpec("hash", "Hash the store", options: [OptionSpec("flowd-port", help: "an inner option of the same name")]),
        ]),
      CommandSpec("__complete", "Words for the shell", hidden: true),
    ],
    topics: [HelpTopic("exit-codes", "What exit codes mean", body: "0 ok\n")],
    envPrefix: "TOOL_"
  )
}
