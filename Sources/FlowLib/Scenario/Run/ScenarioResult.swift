import FlowCore

/// How one scenario file went.
package struct ScenarioResult: Sendable {
  package enum Outcome: Sendable {
    case passed
    case failed(ScenarioFailure)
    /// The file has mistakes, so nothing was run.
    case mistaken(ScenarioMistakes)
    /// Left out by `--filter`, or not begun any more after a failure with `--fail-fast`.
    case skipped
  }

  /// The path as it was given.
  package var file: String
  package var id: String
  package var title: String
  package var outcome: Outcome
  package var microseconds: Int64 = 0
  /// Ids of what was entered, in time.
  package var path: [String] = []
  package var coverage: [ModelCoverage] = []

  package init(file: String, id: String, title: String, outcome: Outcome) {
    self.file = file
    self.id = id
    self.title = title
    self.outcome = outcome
  }

  package var hasPassed: Bool {
    if case .passed = outcome { true } else { false }
  }

  package var hasFailed: Bool {
    switch outcome {
    case .failed, .mistaken: true
    case .passed, .skipped: false
    }
  }
}

/// Where a scenario stopped, and what was to be seen there.
package struct ScenarioFailure: Sendable, Equatable {
  /// `steps[2] (complete)`, `start`, `expect`.
  package var step: String
  package var place: SourcePlace
  /// What went wrong when it was no check.
  package var message: String?
  package var mismatches: [Mismatch]
  package var scene: Scene?

  package init(step: String, place: SourcePlace, message: String? = nil, mismatches: [Mismatch] = [], scene: Scene? = nil) {
    self.step = step
    self.place = place
    self.message = message
    self.mismatches = mismatches
    self.scene = scene
  }
}

/// Which flow nodes of a process were entered.
package struct ModelCoverage: Sendable, Equatable {
  package var file: String
  package var process: ModelProcess
  package var entered: Set<String>

  package var missing: [String] { process.elements.filter { !entered.contains($0) } }

  /// The same process of several scenarios as one, in the order of file and process.
  package static func joined(_ all: [ModelCoverage]) -> [ModelCoverage] {
    var byName: [String: ModelCoverage] = [:]
    for one in all { byName[one.file + "\n" + one.process.id, default: one].entered.formUnion(one.entered) }
    return byName.keys.sorted().compactMap { byName[$0] }
  }
}
