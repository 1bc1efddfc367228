import FlowRuntime
import FlowTestKit
import Glibc
import Testing

@Suite("laws that hold in every world")
struct LawsTests {
  /// Run once for all tests of this suite.
  private static let worlds = SimulationRun(1..<101).run(workers: 2)

  /// What each of the checkers says holds; `doctor` stands for all of `flowctl doctor`'s.
  private static let laws =
    [
      "replay", "events-apply", "codec", "deterministic", "positions", "durability", "recovery", "obligations", "instances", "requests",
      "conserved", "jobs-once", "timers", "messages-once", "messages-life", "doctor", "ended",
    ] + StateCheck.all.map(\.name)

  @Test("no world breaks a law", arguments: laws)
  func holds(_ law: String) {
    let broken = LawsTests.worlds.violations.filter { $0.checker.split(separator: " ").first == law[...] }

    #expect(broken.isEmpty, "\(broken)")
  }

  @Test("every violation is one of a law that this suite knows")
  func known() {
    #expect(LawsTests.worlds.violations.isEmpty, "\(LawsTests.worlds.violations)")
    #expect(LawsTests.worlds.seeds == 100)
  }

  @Test("the worlds are harmed, and much happens in them")
  func happens() {
    let counts = LawsTests.worlds.sightings.counts

    for name in ["recovered", "replay leaves out", "whole journal replayed", "checkpoint mark", "fault crashAfterAppend", "due wait"] {
      #expect(counts[name, default: 0] > 0, "\(name)")
    }
    #expect(LawsTests.worlds.events > 3_000)
    #expect(LawsTests.worlds.simulatedMs > 0)
  }

  @Test("the same seed is the same world, another seed another")
  func repeats() {
    let (first, again, other) = (simulate(seed: 5), simulate(seed: 5), simulate(seed: 6))

    #expect(first.hash == again.hash)
    #expect(first.sightings.counts == again.sightings.counts)
    #expect(first.hash != other.hash)
  }

  /// The order of dictionaries is another in each process, and must not be seen in what is decided.
  @Test("two processes decide the same")
  func processes() throws {
    let first = try lastLine(seeds: 30)

    #expect(first.contains("hash"))
    #expect(first == (try lastLine(seeds: 30)))
  }

  private struct NotRun: Error { let path: String }

  /// What a `flowsim` of its own says in the end.
  private func lastLine(seeds: Int) throws -> String {
    let path = try folder() + "/flowsim --seeds \(seeds) --workers 1 --hash"
    guard let pipe = popen(path, "r") else { throw NotRun(path: path) }
    var (text, buffer) = ("", [CChar](repeating: 0, count: 4_096))
    while fgets(&buffer, 4_096, pipe) != nil {
      text += String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
    guard pclose(pipe) == 0, let last = text.split(separator: "\n").last else { throw NotRun(path: path) }
    return String(last)
  }

  /// Where the tests were built, and `flowsim` with them.
  private func folder() throws -> String {
    var buffer = [CChar](repeating: 0, count: 4_096)
    let count = readlink("/proc/self/exe", &buffer, buffer.count)
    // Swift Testing's own program runs the tests where there is one; the bundle is named by its arguments then.
    let program = String(decoding: buffer.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    for path in [program] + CommandLine.arguments {
      let folder = path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
      if access(folder + "/flowsim", X_OK) == 0 { return folder }
    }
    throw NotRun(path: program)
  }
}
