import FlowCommandLine
import Testing

@Suite("the argument parser")
struct ArgumentParserTests {
  private func parse(_ words: String) throws -> Invocation {
    let result = try ArgumentParser.parse(words.split(separator: " ").map(String.init), program: Sample.program)
    guard case .run(let invocation) = result else { throw NotRun(result: "\(result)") }
    return invocation
  }

  private struct NotRun: Error { let result: String }

  private func message(_ words: String) -> String {
    do {
      return "ran: \(try parse(words).given)"
    } catch let error as UsageError {
      return error.message + (error.hint.map { " | \($0)" } ?? "")
    } catch {
      return "\(error)"
    }
  }

  @Test("options of the program stand before the verb and after it")
  func globalOptions() throws {
    #expect(try parse("--flowd-port 1 ps").given["flowd-port"] == ["1"])
    #expect(try parse("ps --flowd_port=2").given["flowd-port"] == ["2"])
    #expect(try parse("ps a b").words["ids"] == ["a", "b"])
  }

  @Test("an unambiguous prefix of a long option is enough")
  func prefixes() throws {
    #expect(try parse("ps --kub x").given["kubernetes-output"] == ["x"])
    #expect(message("ps --k x") == "ambiguous option '--k' | one of --kind, --kubernetes-output")
    #expect(message("ps --flowd x") == "ambiguous option '--flowd' | one of --flowd-host, --flowd-port")
  }

  @Test("a negative number is an argument, and so is all after the dashes")
  func negativeNumbers() throws {
    #expect(try parse("run D -5 -.5 -- --x -f").words["args"] == ["-5", "-.5", "--x", "-f"])
    #expect(try parse("run D - 1").words["args"] == ["-", "1"])
    #expect(message("run D -x") == "unknown option '-x' | `--` before an argument that begins with '-'")
  }

  @Test("the output option takes the next word only when it is a format")
  func optionalValue() throws {
    #expect(try parse("run -o D 1").given["output"] == ["json"])
    #expect(try parse("run -o D 1").words["workflow"] == ["D"])
    #expect(try parse("run -o yaml D").given["output"] == ["yaml"])
    #expect(try parse("run D -oname").given["output"] == ["name"])
    #expect(try parse("run D --output=table").given["output"] == ["table"])
    #expect(message("ps --output=xml") == "option -o/--output does not know 'xml' | one of json, yaml, name, table")
  }

  @Test("a host without a word is as if it was not given")
  func bareHost() throws {
    #expect(try parse("ps --flowd_host").given["flowd-host"] == nil)
    #expect(try parse("--flowd_host h ps").given["flowd-host"] == ["h"])
    #expect(try parse("ps --flowd_host -o").given["flowd-host"] == nil)
  }

  @Test("short options can be joined, and carry their value")
  func shortOptions() throws {
    #expect(try parse("run -fo D").given == ["force": ["true"], "output": ["json"]])
    #expect(try parse("ps -kINSTANCE").given["kind"] == ["INSTANCE"])
    #expect(try parse("ps -k=INSTANCE").given["kind"] == ["INSTANCE"])
    #expect(try parse("ps -la -l b").given["label"] == ["a", "b"])
  }

  @Test("options of one group exclude each other")
  func exclusive() throws {
    #expect(message("ps -d -i") == "option -i/--instance can not be used with -d/--deployment")
    #expect(try parse("ps -d -d").given["deployment"] == ["true"])
  }

  @Test("an option of the verb hides the program's option of the same name")
  func shadowing() throws {
    #expect(try parse("--flowd-port 1 store hash").given["flowd-port"] == nil)
    #expect(try parse("store hash --flowd-port x").given["flowd-port"] == ["x"])
  }

  @Test(
    "what makes no sense is refused with a hint",
    arguments: [
      ("bogus", "unknown verb 'bogus'"), ("pss", "unknown verb 'pss' | did you mean 'tool ps'?"),
      ("store bakcup f", "unknown verb 'bakcup' | did you mean 'tool store backup'?"),
      ("ps --kimd x", "unknown option '--kimd' | did you mean '--kind'?"), ("run", "argument WORKFLOW is missing"),
      ("store backup a b", "unexpected argument 'b'"), ("ps -k", "option -k/--kind needs a value"),
      ("ps --kubernetes-output -o", "option --kubernetes-output needs a value | --kubernetes-output=VALUE when the value begins with '-'"),
      ("ps --insecure=maybe", "option --insecure takes true or false, not 'maybe'"),
    ])
  func refused(words: String, expected: String) {
    #expect(message(words) == expected)
  }

  @Test("a verb that runs alone takes its own options and its subcommands")
  func runsAlone() throws {
    let list = CommandSpec(
      "jobs", "Show jobs", options: [OptionSpec("type", help: "only these")],
      subcommands: [CommandSpec("complete", "Complete one", positionals: [PositionalSpec("key", help: "which")])], runsAlone: true)
    let program = CommandSpec("tool", "Test", subcommands: [list])
    func name(_ words: [String]) throws -> String {
      guard case .run(let invocation) = try ArgumentParser.parse(words, program: program) else { return "help" }
      return invocation.commandName
    }

    #expect(try name(["jobs"]) == "tool jobs")
    #expect(try name(["jobs", "--type", "pay"]) == "tool jobs")
    #expect(try name(["jobs", "complete", "1"]) == "tool jobs complete")
    #expect(HelpText.usage(for: [program, list]) == "tool jobs [options] [VERB]")
  }

  @Test("help is asked for at each level, and shown when the verb is missing")
  func help() throws {
    func path(_ words: [String]) throws -> String {
      guard case .help(let path, let code) = try ArgumentParser.parse(words, program: Sample.program) else { return "none" }
      return path.map(\.name).joined(separator: " ") + " \(code)"
    }
    #expect(try path([]) == "tool 1")
    #expect(try path(["-h"]) == "tool 0")
    #expect(try path(["ps", "--help"]) == "tool ps 0")
    #expect(try path(["store"]) == "tool store 1")
    #expect(try path(["run", "--he"]) == "tool run 0")
    #expect(try path(["ps", "--", "-h"]) == "none")
  }
}
