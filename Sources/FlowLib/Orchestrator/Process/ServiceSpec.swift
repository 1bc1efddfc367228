import FlowCore
import FlowHTTP

/// What names a service: elements with the same host in one deployment share it.
package struct ServiceKey: Sendable, Hashable, Comparable, CustomStringConvertible {
  package var deployment: String
  package var host: String

  package init(deployment: String, host: String) {
    self.deployment = deployment
    self.host = host
  }

  package static func < (left: ServiceKey, right: ServiceKey) -> Bool {
    (left.deployment, left.host) < (right.deployment, right.host)
  }

  package var description: String { "\(deployment)/\(host)" }
}

/// A service that a deployment wants to run.
package struct ServiceSpec: Sendable, Equatable {
  package var deployment: String
  package var host: String
  /// Ids of the elements that call it.
  package var elements: [String]
  /// Program and arguments; no shell looks at them.
  package var command: [String]

  package init(deployment: String, host: String, elements: [String], command: [String]) {
    self.deployment = deployment
    self.host = host
    self.elements = elements
    self.command = command
  }

  package var key: ServiceKey { ServiceKey(deployment: deployment, host: host) }

  /// One spec a key, elements joined, sorted by key.
  ///
  /// - Throws: when two specs of one host name different commands, or a command can not be run at all.
  package static func merged(_ specs: [ServiceSpec]) throws(OrchestratorError) -> [ServiceSpec] {
    var merged: [ServiceKey: ServiceSpec] = [:]
    for spec in specs {
      guard spec.command.first?.isEmpty == false, !spec.command.contains(where: { $0.utf8.contains(0) }) else {
        throw OrchestratorError("the service '\(spec.host)' has no command that can be run")
      }
      guard var known = merged[spec.key] else {
        merged[spec.key] = spec
        continue
      }
      guard known.command == spec.command else {
        throw OrchestratorError("the service '\(spec.host)' has two different commands: \(known.command) and \(spec.command)")
      }
      known.elements += spec.elements.filter { !known.elements.contains($0) }
      merged[spec.key] = known
    }
    return merged.values.sorted { $0.key < $1.key }
  }
}

/// Why services can not be run, as a sentence.
package struct OrchestratorError: Error, Sendable, Equatable, CustomStringConvertible {
  package let description: String
  init(_ description: String) { self.description = description }
}

/// How a service is, for people and for `flowctl`.
package struct ServiceStatus: Sendable, Equatable {
  package enum State: String, Sendable {
    case running, stopping
    /// Down, and started again at its time.
    case waiting
  }

  package let key: ServiceKey
  package let elements: [String]
  package let state: State
  package let pid: Int32?
  package let address: HTTPAddress?
  /// How often it was started again.
  package let restarts: Int
  package let since: Instant
  /// How it ended last, or why it could not start.
  package let detail: String?
}

/// Whether flowd may start commands that models name.
package enum OrchestratorPolicy {
  /// Who can reach flowd could start programs, so by default only this machine may.
  package static func allowsCommands(listeningOn addresses: [HTTPAddress]) -> Bool {
    addresses.allSatisfy(\.isLoopback)
  }
}
