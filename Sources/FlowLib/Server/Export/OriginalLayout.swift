import FlowBPMNRead
import FlowCore
import FlowEngine
import FlowView

/// One key of the original's layout, whole, and its value.
package struct OriginalEntry: Sendable, Equatable {
  package var key: String
  package var value: [UInt8]

  package init(_ key: String, _ value: [UInt8]) {
    self.key = key
    self.value = value
  }
}

/// The keys under which the original keeps deployments and instances in etcd, and what it writes there.
///
/// Those of what does not run here are never made: forms, catch events, timers, token pools, asynchronous calls, hosts. `probes/…` are
/// what healthd sees at a moment; no store holds them.
/// - Source: reference, section 5 (rows A99, A100).
package struct OriginalLayout: Sendable {
  /// With a slash before it and none behind it; "" for the root of everything.
  package let root: String

  /// - Parameter root: what `REXFLOW_ROOT_PREFIX` says: `x` and `/x/` are `/x`.
  package init(root: String) {
    let words = root.split(separator: "/")
    self.root = words.map { "/" + $0 }.joined()
  }

  /// Where the layout's keys are.
  package var prefixes: [String] { [root + "/instances/", root + "/workflows/"] }

  /// In the order of the keys.
  package func entries(of row: InstanceRow) -> [OriginalEntry] {
    let base = root + "/instances/" + row.id + "/"
    var metadata = JSON.Object()
    for pair in row.metadata { metadata[pair.name] = .string(pair.value) }
    // The original has no word of its own for what was canceled: its error object says so.
    let state = row.state == .canceled ? InstanceState.error : row.state
    var entries: [OriginalEntry] = []
    if let contentType = row.contentType { entries.append(OriginalEntry(base + "content_type", Array(contentType.utf8))) }
    if let endEvent = row.endEvent { entries.append(OriginalEntry(base + "end_event", Array(endEvent.utf8))) }
    entries.append(OriginalEntry(base + "metadata", JSON.object(metadata).bytes))
    entries.append(OriginalEntry(base + "parent", Array(row.deployment.utf8)))
    if let result = row.result { entries.append(OriginalEntry(base + "result", result)) }
    entries.append(OriginalEntry(base + "state", Array(state.name.utf8)))
    return entries
  }

  /// - Parameter file: the model as it was applied.
  /// - Returns: nil when the file does not have the deployment's process.
  package func entries(of deployment: Deployment, file: [UInt8]) -> [OriginalEntry]? {
    let base = root + "/workflows/" + deployment.id + "/"
    guard let process = originalProcessXML(of: file, process: deployment.processID) else { return nil }
    return [OriginalEntry(base + "proc", process), OriginalEntry(base + "state", Array(deployment.state.name.utf8))]
  }
}
