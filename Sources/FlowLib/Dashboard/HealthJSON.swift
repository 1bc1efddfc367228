import FlowCore
import FlowRPC

/// The original's JSON about probes, as its clients read it.
package enum HealthJSON {
  /// `{did: {tid: "UP"}}`. A deployment appears when each of its tasks was probed once.
  package static func overview(_ deployments: [FlowV1.DeploymentHealth]) -> JSON {
    var all = JSON.Object()
    for deployment in sorted(deployments) {
      var tasks = JSON.Object()
      for element in sorted(deployment.elements) { tasks[element.elementID] = word(element) }
      all[deployment.deploymentID] = .object(tasks)
    }
    return .object(all)
  }

  /// `{did: [[tid, "UP"], …]}`.
  package static func probed(_ deployment: FlowV1.DeploymentHealth) -> JSON {
    let rows = sorted(deployment.elements).map { JSON.array([.string($0.elementID), word($0)]) }
    var object = JSON.Object()
    object[deployment.deploymentID] = .array(rows)
    return .object(object)
  }

  /// A list with one object for each deployment, or words when there is none.
  package static func probed(all deployments: [FlowV1.DeploymentHealth]) -> JSON {
    deployments.isEmpty ? ["result": "No workflows exist"] : .array(sorted(deployments).map { probed($0) })
  }

  package static func unknown(_ id: String) -> JSON { ["result": .string("Workflow '\(id)' not found")] }

  private static func word(_ element: FlowV1.ElementHealth) -> JSON { element.up ? "UP" : "DOWN" }

  private static func sorted(_ items: [FlowV1.DeploymentHealth]) -> [FlowV1.DeploymentHealth] {
    items.sorted { $0.deploymentID < $1.deploymentID }
  }

  private static func sorted(_ items: [FlowV1.ElementHealth]) -> [FlowV1.ElementHealth] {
    items.sorted { $0.elementID < $1.elementID }
  }
}
