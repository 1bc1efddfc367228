import FlowCore
import FlowDashboard
import FlowRPC

/// What pages ask of flowd. Where flowd does not answer, they get what healthd knew last, and since when that is so.
struct FlowdReader: Sendable {
  private let flowd: Flowd
  private let monitor: HealthMonitor

  init(_ flowd: Flowd, _ monitor: HealthMonitor) {
    self.flowd = flowd
    self.monitor = monitor
  }

  /// Data with its freshness.
  struct Answer<Value: Sendable>: Sendable {
    var value: Value
    var link: FlowdLink
    var position: UInt64
  }

  struct Overview: Sendable {
    var deployments: [FlowV1.Deployment] = []
    /// One list for each request.
    var lists: [[FlowV1.Instance]] = []
    var nextToken = ""
  }

  /// - Parameters:
  ///   - names: as in `ListDeploymentsRequest`.
  ///   - requests: lists of instances to read with it.
  func overview(
    names: [String] = [], _ requests: [FlowV1.ListInstancesRequest], then: @escaping @Sendable (Answer<Overview>) -> Void
  ) {
    deployments(FlowV1.ListDeploymentsRequest(names: names), before: []) { result in
      switch result {
      case .failure(let status): then(known(requests, status))
      case .success(let start): lists(requests[...], start, all: requests, then)
      }
    }
  }

  /// All pages from the requested one on, behind those that are known.
  private func deployments(
    _ request: FlowV1.ListDeploymentsRequest, before: [FlowV1.Deployment],
    _ then: @escaping @Sendable (Result<Answer<Overview>, Status>) -> Void
  ) {
    flowd.call(FlowV1.FlowMethods.listDeployments, request) { result in
      switch result {
      case .failure(let status): then(.failure(status))
      case .success(let page):
        let all = before + monitor.read { state in page.deployments.map(state.enriched) }
        guard page.nextPageToken.isEmpty else {
          let next = FlowV1.ListDeploymentsRequest(names: request.names, pageToken: page.nextPageToken)
          return deployments(next, before: all, then)
        }
        then(.success(Answer(value: Overview(deployments: all), link: .live, position: page.position)))
      }
    }
  }

  private func lists(
    _ rest: ArraySlice<FlowV1.ListInstancesRequest>, _ answer: Answer<Overview>, all: [FlowV1.ListInstancesRequest],
    _ then: @escaping @Sendable (Answer<Overview>) -> Void
  ) {
    guard let request = rest.first else { return then(answer) }
    flowd.call(FlowV1.FlowMethods.listInstances, request) { result in
      switch result {
      case .failure(let status) where FlowdReader.isLost(status): then(known(all, status))
      // A filter that flowd does not take finds nothing.
      case .failure: lists(rest.dropFirst(), answer.adding([], "", position: 0), all: all, then)
      case .success(let response):
        let more = answer.adding(response.instances, response.nextPageToken, position: response.position)
        lists(rest.dropFirst(), more, all: all, then)
      }
    }
  }

  /// What is known without flowd; lists are picked from the instances heard of last.
  private func known(_ requests: [FlowV1.ListInstancesRequest], _ status: Status) -> Answer<Overview> {
    monitor.read { state in
      let lists = requests.map { request in
        let matching = state.recentInstances.filter { instance in
          (request.deploymentID.isEmpty || instance.deploymentID == request.deploymentID)
            && (request.state == .stateUnspecified || instance.state == request.state)
        }
        return Array(matching.prefix(Int(request.pageSize)))
      }
      let overview = Overview(deployments: state.knownDeployments, lists: lists)
      return Answer(value: overview, link: FlowdReader.lost(state), position: state.log.position)
    }
  }

  /// - Parameter then: nil when there is no such instance.
  func instance(_ id: String, then: @escaping @Sendable (Answer<FlowV1.GetInstanceResponse?>) -> Void) {
    flowd.call(FlowV1.FlowMethods.getInstance, FlowV1.GetInstanceRequest(id: id, history: true)) { result in
      switch result {
      case .success(let response): then(Answer(value: response, link: .live, position: response.position))
      case .failure(let status) where FlowdReader.isLost(status):
        then(
          monitor.read { state in
            let known = state.instance(id).map { FlowV1.GetInstanceResponse(instance: $0) }
            return Answer(value: known, link: FlowdReader.lost(state), position: state.log.position)
          })
      case .failure: then(Answer(value: nil, link: .live, position: monitor.read(\.log.position)))
      }
    }
  }

  /// The stream may not have noticed yet what a call has.
  private static func lost(_ state: HealthState) -> FlowdLink {
    let sinceMs = state.link.isLive ? Moment.now.wallMs : state.link.lostSinceMs
    return .lost(sinceMs: sinceMs, seenMs: state.link.lastContactMs)
  }

  private static func isLost(_ status: Status) -> Bool {
    switch status.code {
    case .unavailable, .deadlineExceeded, .cancelled, .unknown, .internal, .resourceExhausted, .unauthenticated, .permissionDenied: true
    case .ok, .invalidArgument, .notFound, .alreadyExists, .failedPrecondition, .aborted, .outOfRange, .unimplemented, .dataLoss: false
    }
  }
}

extension FlowdReader.Answer where Value == FlowdReader.Overview {
  fileprivate func adding(_ list: [FlowV1.Instance], _ token: String, position: UInt64) -> Self {
    var more = self
    more.value.lists.append(list)
    more.value.nextToken = token
    // The oldest of the parts: from there on nothing is missed.
    more.position = position == 0 ? more.position : min(more.position, position)
    return more
  }
}
