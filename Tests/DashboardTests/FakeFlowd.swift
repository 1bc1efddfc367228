import FlowCore
import FlowHTTP
import FlowRPC
import FlowThreads
import TestSupport

/// A flowd that says what a test tells it to. Only what healthd calls is there; the rest is UNIMPLEMENTED.
final class FakeFlowd: FlowV1.FlowService {
  private struct State {
    var deployments: [FlowV1.Deployment] = []
    var instances: [FlowV1.Instance] = []
    var position: UInt64 = 1
    var watches: [ServerStreamCall<FlowV1.WatchDeploymentsRequest, FlowV1.DeploymentEvent>] = []
    var instanceWatches: [ServerStreamCall<FlowV1.WatchInstancesRequest, FlowV1.InstanceEvent>] = []
    var reports: [FlowV1.ReportProbesRequest] = []
  }

  private let state: Monitor<State>

  init(_ deployments: [FlowV1.Deployment] = [], instances: [FlowV1.Instance] = []) {
    state = Monitor(State(deployments: deployments, instances: instances))
  }

  // MARK: for tests

  static let patienceMs: Int64 = 20_000

  /// Waits for a report that is as wanted.
  func report(where isWanted: (FlowV1.ReportProbesRequest) -> Bool) -> FlowV1.ReportProbesRequest? {
    state.wait(untilMs: MonotonicClock.milliseconds() + FakeFlowd.patienceMs) { $0.reports.first(where: isWanted) }
  }

  /// Waits until both streams of a healthd are open.
  func isWatched() -> Bool {
    let seen: Bool? = state.wait(untilMs: MonotonicClock.milliseconds() + FakeFlowd.patienceMs) { state in
      state.watches.isEmpty || state.instanceWatches.isEmpty ? nil : true
    }
    return seen == true
  }

  func add(_ instance: FlowV1.Instance) {
    let (calls, position) = state.change { state in
      state.position += 1
      state.instances.insert(instance, at: 0)
      return (state.instanceWatches, state.position)
    }
    for call in calls { call.send(FlowV1.InstanceEvent(position: position, instance: instance)) }
  }

  // MARK: the service

  func listDeployments(_ call: UnaryCall<FlowV1.ListDeploymentsRequest, FlowV1.ListDeploymentsResponse>) {
    let names = call.request.names
    call.respond(
      state.withLock { state in
        let found = state.deployments.filter { deployment in names.isEmpty || names.contains { deployment.id.contains($0) } }
        return FlowV1.ListDeploymentsResponse(deployments: found, position: state.position)
      })
  }

  func watchDeployments(_ call: ServerStreamCall<FlowV1.WatchDeploymentsRequest, FlowV1.DeploymentEvent>) {
    let (deployments, position) = state.change { state in
      state.watches.append(call)
      return (state.deployments, state.position)
    }
    for deployment in deployments { call.send(FlowV1.DeploymentEvent(position: position, deployment: deployment)) }
    call.send(FlowV1.DeploymentEvent(position: position, snapshotDone: true))
  }

  func listInstances(_ call: UnaryCall<FlowV1.ListInstancesRequest, FlowV1.ListInstancesResponse>) {
    let request = call.request
    call.respond(
      state.withLock { state in
        let found = state.instances.filter { instance in
          (request.deploymentID.isEmpty || instance.deploymentID == request.deploymentID)
            && (request.state == .stateUnspecified || instance.state == request.state)
        }
        let page = Array(found.prefix(Int(request.pageSize)))
        return FlowV1.ListInstancesResponse(
          instances: page, nextPageToken: found.count > page.count ? "next" : "", position: state.position)
      })
  }

  func getInstance(_ call: UnaryCall<FlowV1.GetInstanceRequest, FlowV1.GetInstanceResponse>) {
    let found = state.withLock { state in state.instances.first { $0.id == call.request.id } }
    guard let found else { return call.fail(Status(.notFound, "no instance \(call.request.id)")) }
    let entry = FlowV1.HistoryEntry(position: 1, timeMs: found.createdMs, event: "instance created")
    call.respond(FlowV1.GetInstanceResponse(instance: found, history: [entry], position: 1))
  }

  func watchInstances(_ call: ServerStreamCall<FlowV1.WatchInstancesRequest, FlowV1.InstanceEvent>) {
    let (instances, position) = state.change { state in
      state.instanceWatches.append(call)
      return (state.instances, state.position)
    }
    for instance in instances { call.send(FlowV1.InstanceEvent(position: position, instance: instance)) }
    call.send(FlowV1.InstanceEvent(position: position, snapshotDone: true))
  }

  func reportProbes(_ call: UnaryCall<FlowV1.ReportProbesRequest, FlowV1.ReportProbesResponse>) {
    let unknown = state.change { state in
      state.reports.append(call.request)
      let known = Set(state.deployments.map(\.id))
      return call.request.reports.map(\.deploymentID).filter { !known.contains($0) }
    }
    call.respond(FlowV1.ReportProbesResponse(unknownDeploymentIDs: unknown))
  }

  private var missing: Status { Status(.unimplemented, "not here") }

  func apply(_ call: UnaryCall<FlowV1.ApplyRequest, FlowV1.ApplyResponse>) { call.fail(missing) }
  func createInstance(_ call: UnaryCall<FlowV1.CreateInstanceRequest, FlowV1.CreateInstanceResponse>) { call.fail(missing) }
  func logs(_ call: ServerStreamCall<FlowV1.LogsRequest, FlowV1.LogLine>) { call.finish(missing) }
  func backup(_ call: ServerStreamCall<FlowV1.BackupRequest, FlowV1.BackupChunk>) { call.finish(missing) }
}
