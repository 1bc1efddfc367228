import FlowClient
import FlowCommandLine
import FlowCore
import FlowRPC

// What the verbs for open work share.

enum WorkOptions {
  static let instance = OptionSpec(
    "instance", short: "i", type: .dynamic("instances"), metavar: "ID", configurable: false, help: "only of this instance")

  static func limit(_ what: String) -> OptionSpec {
    OptionSpec("limit", type: .integer(1...100_000), metavar: "N", preset: "100", configurable: false, help: "show the oldest N \(what)")
  }

  static func key(_ what: String) -> PositionalSpec { PositionalSpec("key", help: "the key of \(what)") }

  static let variables = PositionalSpec("variables", minimum: 0, help: "variables as a JSON object; `-` reads it from standard input")
}

extension Context {
  /// Calls flowd for one of our own verbs.
  func calling<T>(_ what: String, _ call: (FlowClient) throws(Status) -> T) throws(Failure) -> T {
    let client = try flowd()
    do throws(Status) { return try call(client) } catch {
      throw Failure(error, doing: error.isUnreached ? "\(what) failed at flowd on \(client.place(of: error))" : "\(what) failed")
    }
  }

  /// The JSON object that a word is, or standard input for `-`; nothing without a word.
  func variables(_ positional: String = "variables") throws(Failure) -> [UInt8] {
    guard let word = settings.word(positional) else { return [] }
    var bytes = Array(word.utf8)
    if word == "-" {
      do throws(FileProblem) { bytes = try FileText.read("-", limit: Limits.payloadBytes) } catch {
        throw Failure(error, exitCode: ExitCode.usage)
      }
    }
    let json: JSON
    do throws(JSONError) { json = try JSON(parsing: bytes) } catch { throw notAnObject(word, "\(error)") }
    guard case .object = json else { throw notAnObject(word, "it is JSON, but no object") }
    return bytes
  }

  private func notAnObject(_ word: String, _ why: String) -> Failure {
    Failure(ExitCode.usage, "'\(word)' is not a JSON object", why: why, hint: "'{\"paid\": true}', in quotes for the shell")
  }

  /// Nobody asked for data: the table is the answer, also in a pipe.
  func show(_ table: Table, _ data: JSON, names: [String], none: String) {
    print(data: data.text, names: names)
    guard format == nil || format == .table else { return }
    if table.rows.isEmpty { note(none) } else { print(table) }
  }

  /// What was done: for a person on stderr, as data where it was asked for.
  func done(_ what: String, key: String, position: UInt64) {
    let data: JSON = ["key": .string(key), "position": .string(String(position))]
    print(data: data.text, names: [key])
    if format == nil, stderr.isTerminal { note(what) }
  }

  /// All pages up to a limit.
  func pages<Row>(_ limit: Int, _ page: (UInt32, String) throws(Status) -> (rows: [Row], next: String)) throws(Status) -> (
    rows: [Row], hasMore: Bool
  ) {
    var rows: [Row] = []
    var token = ""
    repeat {
      let found = try page(UInt32(min(limit - rows.count, Limits.pageRows)), token)
      rows += found.rows
      token = found.next
    } while !token.isEmpty && rows.count < limit
    return (rows, !token.isEmpty)
  }

  func noteMore(_ hasMore: Bool, _ count: Int) {
    if hasMore { note("there are more than these \(count); --limit shows more") }
  }

  var now: Int64 { Instant.now.milliseconds }
}

extension JSON {
  /// A JSON text of flowd's; as text when it is none.
  static func of(_ bytes: [UInt8]) -> JSON {
    do throws(JSONError) { return try JSON(parsing: bytes) } catch { return .string(String(decoding: bytes, as: UTF8.self)) }
  }

  /// Nothing for an empty text, which is how the wire says that there is none.
  static func unlessEmpty(_ text: String) -> JSON? { text.isEmpty ? nil : .string(text) }

  static func time(_ milliseconds: Int64) -> JSON? { milliseconds == 0 ? nil : .string(Instant(milliseconds: milliseconds).rfc3339) }
}
