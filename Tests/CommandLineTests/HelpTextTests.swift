import FlowCommandLine
import Foundation
import Testing

@Suite("help, man page and completion")
struct HelpTextTests {
  private let places = [Sample.program] + Sample.program.subcommands

  @Test("no line of help is wider than 80 columns, and none ends with a space")
  func width() {
    let pages = places.map { HelpText.text(for: $0.name == "tool" ? [$0] : [Sample.program, $0]) }
    for line in pages.joined().split(separator: "\n") {
      #expect(String(line).columns <= 80)
      #expect(line.last != " ")
    }
  }

  @Test("a default that is nothing is not named")
  func emptyDefault() {
    let option = OptionSpec("tls-cert", metavar: "FILE", preset: "", help: "a certificate")
    let text = HelpText.text(for: [CommandSpec("tool", "Do", options: [option], envPrefix: "TOOL_")])

    #expect(text.contains("a certificate (env TOOL_TLS_CERT)"))
    #expect(!text.contains("default"))
  }

  @Test("help shows the usage, then the examples, then what can be said")
  func order() throws {
    let text = HelpText.text(for: [Sample.program])

    let titles = ["Drive the sample.", "Usage: tool [options] VERB", "Examples:", "Verbs:", "Options:", "Topics"]
    let places = try titles.map { try #require(text.range(of: $0)).lowerBound }
    #expect(places == places.sorted())
    #expect(!text.contains("__complete"))
    #expect(HelpText.text(for: [Sample.program, Sample.program.subcommands[0]]).contains("-k, --kind KIND"))
  }

  @Test("help finds verbs, subcommands and topics, and suggests the nearest")
  func topics() throws {
    #expect(try HelpText.help(on: ["ps"], program: Sample.program).contains("tool ps [options] [IDS...]"))
    #expect(try HelpText.help(on: ["store", "backup"], program: Sample.program).contains("tool store backup"))
    #expect(try HelpText.help(on: ["exit-codes"], program: Sample.program) == "0 ok\n")
    #expect(try HelpText.help(on: ["topics"], program: Sample.program).contains("environment"))
    #expect(try HelpText.help(on: ["environment"], program: Sample.program).contains("FLOWD_HOST"))
    #expect(throws: UsageError("there is no help on 'exit-code'", hint: "did you mean 'exit-codes'?", command: "tool")) {
      try HelpText.help(on: ["exit-code"], program: Sample.program)
    }
  }

  @Test("the man page has a section for each part, and man reads it without a warning")
  func man() throws {
    let page = ManPage.text(for: Sample.program, version: "1.2")

    for part in [".TH TOOL 1", ".SH NAME", ".SH SYNOPSIS", ".SH OPTIONS", ".SH VERBS", ".SS store backup", ".SH EXIT CODES"] {
      #expect(page.contains(part))
    }
    let result = try run("/usr/bin/env", ["groff", "-man", "-Tascii", "-ww"], input: page)
    if result.status != 127 { #expect(result.status == 0 && result.error == "") }
  }

  @Test("bash takes the completion script, and completes verbs, options, values and ids with it")
  func bash() throws {
    let script = Completion.script(for: Sample.program, shell: .bash)
    func complete(_ words: String...) throws -> String {
      let list = words.map { "'\($0)'" }.joined(separator: " ")
      let test = """
        \(script)
        tool() { [ "$1 $2" = '__complete instances' ] && printf 'flow-1\\nflow-2\\n'; }
        COMP_WORDS=(\(list)); COMP_CWORD=\(words.count - 1); _tool; echo "${COMPREPLY[@]}"
        """
      return try run("/bin/bash", ["-c", test], input: "").output.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    #expect(try run("/bin/bash", ["-n"], input: script).status == 0)
    #expect(try complete("tool", "") == "ps run store")
    #expect(try complete("tool", "store", "") == "backup hash")
    #expect(try complete("tool", "ps", "--kin") == "--kind")
    #expect(try complete("tool", "ps", "--flowd-p") == "--flowd-port")
    #expect(try complete("tool", "ps", "-k", "INS") == "INSTANCE")
    #expect(try complete("tool", "ps", "--kind", "=", "DEP") == "DEPLOYMENT")
    #expect(try complete("tool", "ps", "flow-") == "flow-1 flow-2")
    #expect(try complete("tool", "ps", "-o", "ya").contains("yaml"))
  }

  @Test("zsh and fish scripts name every verb and option", arguments: [Completion.Shell.zsh, .fish])
  func otherShells(shell: Completion.Shell) throws {
    let script = Completion.script(for: Sample.program, shell: shell)

    for word in ["ps", "backup", "kind", "flowd-host", "DEPLOYMENT", "__complete instances"] { #expect(script.contains(word)) }
    #expect(!script.contains("Words for the shell"))
    let shellPath = "/usr/bin/\(shell.rawValue)"
    if access(shellPath, X_OK) == 0 { #expect(try run(shellPath, ["-n", "/dev/stdin"], input: script).status == 0) }
  }

  @Test("fish offers the words of an option and no files beside them, and files where a file is meant")
  func fishValues() throws {
    let lines = Completion.script(for: Sample.program, shell: .fish).split(separator: "\n").map(String.init)

    let kind = try #require(lines.first { $0.contains("-l kind") })
    #expect(kind.contains(" -x ") && !kind.contains(" -r "))
    let fish = "/usr/bin/fish"
    if access(fish, X_OK) == 0 {
      let script = Completion.script(for: Sample.program, shell: .fish)
      let test = script + "\ncomplete -C 'tool ps -k '"
      let words = try run(fish, ["--no-config"], input: test).output.split(separator: "\n").map { $0.prefix { $0 != "\t" } }
      #expect(words.sorted() == ["DEPLOYMENT", "INSTANCE"])
    }
  }

  private func run(_ path: String, _ arguments: [String], input: String) throws -> (status: Int32, output: String, error: String) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = arguments
    let (stdin, stdout, stderr) = (Pipe(), Pipe(), Pipe())
    (process.standardInput, process.standardOutput, process.standardError) = (stdin, stdout, stderr)
    try process.run()
    try stdin.fileHandleForWriting.write(contentsOf: Data(input.utf8))
    try stdin.fileHandleForWriting.close()
    let output = stdout.fileHandleForReading.readDataToEndOfFile()
    let error = stderr.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: output, as: UTF8.self), String(decoding: error, as: UTF8.self))
  }
}
