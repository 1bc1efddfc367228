import FlowCore
import FlowEngine
import FlowStorage
import Synchronization

/// A deployment as readers see it: its state and what is deployed.
package struct DeploymentStatus: Sendable {
  package let deployment: Deployment
  package let process: ExecutableProcess

  package var id: String { deployment.id }
  /// Elements that are probed, in document order.
  package var probed: [ExecutableElement] { process.elements.filter(\.isProbed) }
}

/// The latest durable picture of all deployments, and who wants to hear of changes.
package final class DeploymentBoard: Sendable {
  /// A change: the new status, or nil when the deployment is gone.
  package typealias Listener = @Sendable (_ position: Position, _ id: String, _ status: DeploymentStatus?) -> Void

  private struct State {
    var position = Position.start
    var byID: [String: DeploymentStatus] = [:]
    var listeners: [Int: Listener] = [:]
    var nextListener = 0
  }

  private let state = Mutex(State())

  package var position: Position { state.withLock { $0.position } }

  /// In the order in which they were applied.
  package var all: [DeploymentStatus] {
    state.withLock { Array($0.byID.values) }.sorted { $0.deployment.key < $1.deployment.key }
  }

  package subscript(id: String) -> DeploymentStatus? { state.withLock { $0.byID[id] } }

  /// The deployment with this id, else the one whose id contains the text, case ignored.
  ///
  /// - Throws: NOT_FOUND without one, INVALID_ARGUMENT with several.
  package func named(_ text: String) throws(Status) -> DeploymentStatus {
    if let exact = self[text] { return exact }
    let wanted = text.lowercased()
    let found = all.filter { !wanted.isEmpty && $0.id.lowercased().contains(wanted) }
    if found.count == 1 { return found[0] }
    guard found.isEmpty else {
      let ids = found.prefix(5).map(\.id).joined(separator: ", ")
      throw Status(.invalidArgument, "'\(text)' names \(found.count) deployments: \(ids)", hint: "give more of the id")
    }
    throw Status(.notFound, "no deployment '\(text)'", hint: "`flowctl ps -d` lists them")
  }

  /// The full id of what a text names, or the text itself when it names none.
  package func id(named text: String) -> String {
    do throws(Status) { return try named(text).id } catch { return text }
  }

  /// Calls the listener for every change from now on, after telling all that is.
  package func listen(_ listener: @escaping Listener) -> Int {
    state.withLock {
      for status in $0.byID.values.sorted(by: { $0.deployment.key < $1.deployment.key }) { listener($0.position, status.id, status) }
      $0.nextListener += 1
      $0.listeners[$0.nextListener] = listener
      return $0.nextListener
    }
  }

  package func stopListening(_ token: Int) { _ = state.withLock { $0.listeners.removeValue(forKey: token) } }

  /// Takes the state after a commit. Listeners hear of what differs, in the order of keys; they must not block.
  func update(_ position: Position, _ partition: PartitionState, _ catalog: Catalog) {
    var fresh: [String: DeploymentStatus] = [:]
    for deployment in partition.deployments.values {
      guard let process = catalog[deployment.key] else { continue }
      fresh[deployment.id] = DeploymentStatus(deployment: deployment, process: process)
    }
    state.withLock { state in
      let gone = state.byID.keys.filter { fresh[$0] == nil }.sorted()
      let changed = fresh.values.filter { !$0.deployment.isShown(as: state.byID[$0.id]?.deployment) }.sorted {
        $0.deployment.key < $1.deployment.key
      }
      state.position = position
      state.byID = fresh
      for (_, listener) in state.listeners.sorted(by: { $0.key < $1.key }) {
        for id in gone { listener(position, id, nil) }
        for status in changed { listener(position, status.id, status) }
      }
    }
  }

  /// Tells a deployment again, because something about it that is not part of its state has changed.
  func told(_ id: String) {
    state.withLock { state in
      guard let status = state.byID[id] else { return }
      for (_, listener) in state.listeners.sorted(by: { $0.key < $1.key }) { listener(state.position, id, status) }
    }
  }

  /// A commit that changed no deployment.
  func advance(_ position: Position) { state.withLock { $0.position = position } }
}

extension Deployment {
  /// Whether readers see no difference; when its timers fire next they do not see.
  fileprivate func isShown(as other: Deployment?) -> Bool {
    guard let other else { return false }
    return key == other.key && state == other.state && reason == other.reason && since == other.since
      && isBeingDeleted == other.isBeingDeleted && digest == other.digest && version == other.version
  }
}
