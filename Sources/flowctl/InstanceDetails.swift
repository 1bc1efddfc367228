import FlowClient
import FlowCommandLine
import FlowCore
import FlowRPC

/// Below the row of one instance that lives: where its tokens are, what they wait for, and what they know.
enum InstanceDetails {
  /// Rows of each table.
  private static let rows: UInt32 = 50

  private struct Inside {
    var elements: [FlowV1.ActiveElement]
    var variables: [FlowV1.Variable]
    var jobs: [FlowV1.Job]
    var tasks: [FlowV1.UserTask]
    var incidents: [FlowV1.Incident]
  }

  static func print(_ id: String, _ context: Context) throws(Failure) {
    guard let inside = try look(id, context) else { return }
    section(WorkTables.elements(inside.elements), context)
    section(WorkTables.incidents(inside.incidents), context)
    section(WorkTables.jobs(inside.jobs), context)
    section(WorkTables.tasks(inside.tasks), context)
    section(WorkTables.variables(inside.variables), context)
    if let incident = inside.incidents.first {
      context.note("stuck at \(incident.elementID): \(Printable.line(incident.message))")
      context.note("try:   flowctl set \(id) NAME=VALUE, then flowctl incidents resolve \(incident.key)")
    }
  }

  /// - Returns: nil when it ended meanwhile, or flowd is too old to say.
  private static func look(_ id: String, _ context: Context) throws(Failure) -> Inside? {
    try context.asking("ps \(id)") { client throws(Status) in
      do throws(Status) {
        return Inside(
          elements: try client.listElements(.init(instanceID: id)).elements,
          variables: try variables(of: id, client),
          jobs: try client.listJobs(.init(instanceID: id, pageSize: rows)).jobs,
          tasks: try client.listUserTasks(.init(instanceID: id, pageSize: rows)).userTasks,
          incidents: try client.listIncidents(.init(instanceID: id, pageSize: rows)).incidents)
      } catch {
        if error.code == .notFound || error.code == .unimplemented { return nil }
        throw error
      }
    }
  }

  private static func variables(of id: String, _ client: FlowClient) throws(Status) -> [FlowV1.Variable] {
    var request = FlowV1.GetVariablesRequest(instanceID: id)
    var variables: [FlowV1.Variable] = []
    repeat {
      let page = try client.getVariables(request)
      variables += page.variables
      request.pageToken = page.nextPageToken
    } while !request.pageToken.isEmpty
    return variables
  }

  private static func section(_ table: Table, _ context: Context) {
    guard !table.rows.isEmpty else { return }
    context.print("\n")
    context.print(table)
  }
}
