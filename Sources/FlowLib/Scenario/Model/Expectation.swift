import FlowCore

/// What must be seen, each thing only when the file names it.
package struct Expectation: Sendable {
  package enum State: String, Sendable, CaseIterable { case completed, active, canceled, none, any, rejected }

  package var state: State?
  /// Of a refused deployment.
  package var status: StatusCode?
  package var messageMentions: [String] = []
  package var completed: [(element: String, count: Count)] = []
  package var terminated: [(element: String, count: Count)] = []
  package var entered: [(element: String, count: Count)] = []
  package var never: [String] = []
  /// Loop activities that were entered without any inner instance.
  package var neverInner: [String] = []
  /// A subsequence of what completes, in time.
  package var order: [String] = []
  package var variables: JSON.Object = [:]
  package var variablesAbsent: [String] = []
  package var incidents: [ExpectedIncident]?
  package var jobs: [(type: String, count: Int)]?
  package var job: ExpectedJob?
  package var waiting: [String] = []
  package var instances: [(process: String, states: ExpectedInstances)] = []
  package var deployed: [String]?

  package init() {}

  package enum Count: Sendable, Equatable, CustomStringConvertible {
    case exactly(Int)
    case atLeast(Int)

    package func includes(_ seen: Int) -> Bool {
      switch self {
      case .exactly(let wanted): seen == wanted
      case .atLeast(let least): seen >= least
      }
    }

    package var description: String {
      switch self {
      case .exactly(let wanted): "\(wanted)"
      case .atLeast(let least): ">=\(least)"
      }
    }
  }
}

package struct ExpectedIncident: Sendable, Equatable, CustomStringConvertible {
  package var element: String
  package var type: String
  /// What the incident's message holds somewhere.
  package var message: String?

  package var description: String { "\(element) \(type)" + (message.map { " \(JSON.quote($0))" } ?? "") }
}

package struct ExpectedJob: Sendable, Equatable {
  package var type: String
  package var element: String?
  package var variables: JSON.Object = [:]
  /// All variables that the job sees.
  package var variablesExact: JSON.Object?
  package var headers: JSON.Object = [:]
  package var retries: Int?
}

package struct ExpectedInstances: Sendable, Equatable {
  package var active: Int?
  package var completed: Int?
  package var canceled: Int?
}
