import FlowCore
import FlowEngine

/// What can be seen of an engine at rest, for checks and for the reader of a failure.
struct Sighting {
  var tally: Tally
  var active: [ActiveElement]
  var jobs: [OpenJob]
  var userTasks: [OpenUserTask]
  var incidents: [OpenIncident]
  var instances: [InstanceSummary]
  /// The main instance, or the last one that nobody called.
  var main: InstanceSummary?
  var variables: JSON.Object?
  var deployed: [String]
  /// The answer to a deployment that was refused.
  var refusal: Status?
  var clock: Instant

  /// Elements that are active, each once, in the order of entry.
  var waiting: [String] {
    var seen: Set<String> = []
    return active.map(\.element).filter { seen.insert($0).inserted }
  }
}

/// A sighting in words, bounded: what a failed scenario shows.
package struct Scene: Sendable, Equatable {
  package var clock: Instant
  /// Ids of what was entered, in time.
  package var path: [String]
  package var waiting: [String]
  package var jobs: [String]
  package var userTasks: [String]
  package var incidents: [String]
  package var instances: [String]
  package var variables: JSON.Object?

  init(_ sighting: Sighting) {
    clock = sighting.clock
    path = Scene.last(sighting.tally.path)
    waiting = Scene.first(sighting.waiting)
    jobs = Scene.first(sighting.jobs.map(Scene.text))
    userTasks = Scene.first(sighting.userTasks.map(\.element))
    incidents = Scene.first(sighting.incidents.map(\.description))
    instances = Scene.first(sighting.instances.map { "\($0.process) \($0.state.rawValue)" + ($0.isCalled ? " (called)" : "") })
    variables = sighting.variables
  }

  private static func text(_ job: OpenJob) -> String {
    let state =
      switch job.state {
      case .activatable: ""
      case .locked: ", locked"
      case .failed: ", failed"
      }
    return "\(job.type) at \(job.element) (retries \(job.retries)\(state)) \(JSON.object(job.variables.object).text)"
  }

  private static func first(_ list: [String]) -> [String] {
    let over = list.count - Limits.scenarioShown
    return over > 0 ? list.prefix(Limits.scenarioShown) + ["… and \(over) more"] : list
  }

  private static func last(_ list: [String]) -> [String] {
    let over = list.count - Limits.scenarioShown
    return over > 0 ? ["\(over) before …"] + list.suffix(Limits.scenarioShown) : list
  }
}
