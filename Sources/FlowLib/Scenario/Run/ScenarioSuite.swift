import FlowCommandLine
import FlowCore
import FlowThreads
import Glibc

/// Many scenario files over a few threads, each file on an engine of its own. Results are told in the order of the files.
package struct ScenarioSuite: Sendable {
  package struct Options: Sendable {
    package var threads = 1
    /// Only files whose path, id, title or covered tags have this text, case ignored.
    package var filter: String?
    /// No file is begun any more after one that failed.
    package var failsFast = false
    /// How long one scenario may take: a model that goes round for ever is a failure, and the others go on.
    package var timeoutMs: Int64 = 60_000

    package init() {}
  }

  private struct Progress: Sendable {
    var next = 0
    var isEnding = false
    /// Workers that will still bring results.
    var workers: Int
    /// What each worker runs, and since when.
    var busy: [Int: (index: Int, sinceMs: Int64)] = [:]
    /// Workers that nobody waits for any more.
    var lost: Set<Int> = []
    var results: [ScenarioResult?]
  }

  private let files: [String]
  private let options: Options
  private let makeEngine: ScenarioEngineFactory

  package init(_ files: [String], options: Options, engine: @escaping ScenarioEngineFactory) {
    self.files = files
    self.options = options
    makeEngine = engine
  }

  /// - Parameter told: hears every result that is not `skipped` as soon as it and all before it are there.
  /// - Returns: all results, in the order of the files.
  @discardableResult
  package func run(_ told: (ScenarioResult) -> Void = { _ in }) -> [ScenarioResult] {
    let count = max(1, min(options.threads, files.count))
    let progress = Monitor(Progress(workers: count, results: Array(repeating: nil, count: files.count)))
    var workers = (0..<count).map { worker($0, progress) }
    var results: [ScenarioResult] = []
    for (index, file) in files.enumerated() {
      let result = result(at: index, progress, &workers) ?? ScenarioResult(file: file, id: "", title: "", outcome: .skipped)
      if case .skipped = result.outcome {} else { told(result) }
      results.append(result)
    }
    let lost = progress.withLock { $0.lost }
    for (number, worker) in workers.enumerated() { if lost.contains(number) { worker.detach() } else { worker.join() } }
    return results
  }

  /// - Returns: nil when no worker will bring it.
  private func result(at index: Int, _ progress: Monitor<Progress>, _ workers: inout [WorkerThread]) -> ScenarioResult? {
    while true {
      let found = progress.wait(ms: min(250, max(1, options.timeoutMs))) { progress -> ScenarioResult?? in
        if let result = progress.results[index] { return .some(result) }
        return progress.workers == 0 ? .some(nil) : nil
      }
      if let found { return found }
      // A thread can not be stopped from outside. It is left alone, and another does the rest of its work.
      for _ in 0..<giveUp(progress) { workers.append(worker(workers.count, progress)) }
    }
  }

  /// Ends the wait for scenarios that take too long.
  ///
  /// - Returns: how many workers were lost.
  private func giveUp(_ progress: Monitor<Progress>) -> Int {
    let now = MonotonicClock.milliseconds()
    return progress.withLock { progress in
      let late = progress.busy.filter { now - $0.value.sinceMs > options.timeoutMs }
      for (worker, work) in late {
        progress.busy[worker] = nil
        progress.lost.insert(worker)
        progress.results[work.index] = tooLate(files[work.index])
        if options.failsFast { progress.isEnding = true }
      }
      return late.count
    }
  }

  private func tooLate(_ file: String) -> ScenarioResult {
    let message = "it did not end within \(options.timeoutMs) ms; does a model go round for ever?"
    let failure = ScenarioFailure(step: "time", place: SourcePlace(line: 1, column: 1, path: ""), message: message)
    var result = ScenarioResult(file: file, id: ScenarioSuite.name(of: file), title: "", outcome: .failed(failure))
    result.microseconds = options.timeoutMs * 1000
    return result
  }

  // MARK: Workers

  private func worker(_ number: Int, _ progress: Monitor<Progress>) -> WorkerThread {
    WorkerThread(name: "scenario-\(number)") { work(number, progress) }
  }

  private func work(_ number: Int, _ progress: Monitor<Progress>) {
    while let index = progress.withLock({ take(number, &$0) }) {
      let result = run(files[index])
      let isLost = progress.change { progress in
        guard !progress.lost.contains(number) else { return true }
        progress.busy[number] = nil
        progress.results[index] = result
        if result.hasFailed, options.failsFast { progress.isEnding = true }
        return false
      }
      if isLost { return }
    }
    progress.change { $0.workers -= 1 }
  }

  private func take(_ worker: Int, _ progress: inout Progress) -> Int? {
    guard progress.next < files.count, !progress.isEnding else { return nil }
    defer { progress.next += 1 }
    progress.busy[worker] = (progress.next, MonotonicClock.milliseconds())
    return progress.next
  }

  // MARK: One file

  private func run(_ file: String) -> ScenarioResult {
    let began = MonotonicClock.microseconds()
    var result = ScenarioSuite.result(file, options.filter, makeEngine)
    result.microseconds = MonotonicClock.microseconds() - began
    return result
  }

  private static func result(_ file: String, _ filter: String?, _ makeEngine: ScenarioEngineFactory) -> ScenarioResult {
    let scenario: Scenario
    do throws(ScenarioMistakes) { scenario = try read(file) } catch {
      let isWanted = filter.map { contains(file, $0) } ?? true
      return ScenarioResult(file: file, id: name(of: file), title: "", outcome: isWanted ? .mistaken(error) : .skipped)
    }
    var result = ScenarioResult(file: file, id: scenario.id, title: scenario.title, outcome: .skipped)
    let words = [file, scenario.id, scenario.title] + scenario.covers
    if let filter, !words.contains(where: { contains($0, filter) }) { return result }
    do throws(Status) {
      let engine = try makeEngine(scenario.clock)
      defer { engine.close() }
      let run = ScenarioRun(scenario, path: file, engine: engine)
      result.outcome = run.run().map { .failed($0) } ?? .passed
      result.path = run.path
      result.coverage = run.coverage
    } catch {
      let start = SourcePlace(line: 1, column: 1, path: "")
      result.outcome = .failed(ScenarioFailure(step: "engine", place: start, message: "no engine: \(error)"))
    }
    return result
  }

  private static func read(_ file: String) throws(ScenarioMistakes) -> Scenario {
    let bytes: [UInt8]
    do throws(FileProblem) {
      guard ModelFolder.isFile(file) else { throw FileProblem(file, reason: "there is no such file") }
      bytes = try FileText.read(file, limit: Limits.scenarioFileBytes)
    } catch {
      let start = SourcePlace(line: 1, column: 1, path: "")
      throw ScenarioMistakes([ScenarioMistake(file: file, place: start, message: error.reason)])
    }
    return try ScenarioReader.read(bytes, file: file)
  }

  private static func name(of file: String) -> String {
    let name = file.split(separator: "/").last.map(String.init) ?? file
    return name.hasSuffix(".json") ? String(name.dropLast(5)) : name
  }

  private static func contains(_ text: String, _ part: String) -> Bool { text.lowercased().contains(part.lowercased()) }
}

extension MonotonicClock {
  static func microseconds() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000
  }
}
