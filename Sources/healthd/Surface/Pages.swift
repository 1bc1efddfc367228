import FlowCore
import FlowDashboard
import FlowHTTP
import FlowRPC

/// Answers with pages: reads what a page needs, and renders it.
struct Pages: Sendable {
  private let monitor: HealthMonitor
  private let reader: FlowdReader

  init(_ monitor: HealthMonitor, _ reader: FlowdReader) {
    self.monitor = monitor
    self.reader = reader
  }

  private static let homeRows: UInt32 = 20
  private static let failedRows: UInt32 = 8
  private static let deploymentRows: UInt32 = 15
  /// An old error is history; who has not acted on it for a day does not mean to.
  private static let errorAgeMsMax: Int64 = 86_400_000
  private static let queryMax = 200

  // MARK: pages

  func home(_ request: HTTPRequest, _ reply: HTTPReply) {
    let query = String((request.query("q") ?? "").filter { !$0.isWhitespace }.prefix(Pages.queryMax))
    if Pages.isInstanceID(query) { return redirect(to: "/instances/" + PercentCoding.encode(query), reply) }
    let lists = [
      FlowV1.ListInstancesRequest(pageSize: Pages.homeRows), FlowV1.ListInstancesRequest(state: .stopped, pageSize: Pages.failedRows),
      FlowV1.ListInstancesRequest(state: .error, pageSize: Pages.failedRows),
    ]
    reader.overview(lists) { answer in
      let frame = frame(answer.link, answer.position, query: query)
      let value = answer.value
      let errors = Pages.list(value, 2).filter { frame.now.milliseconds &- max($0.endedMs, $0.createdMs) < Pages.errorAgeMsMax }
      let page = HomePage(
        frame: frame, deployments: value.deployments, instances: Pages.list(value, 0), failed: Pages.list(value, 1) + errors)
      send(page.render(), frame, reply)
    }
  }

  func deployment(_ request: HTTPRequest, _ reply: HTTPReply) {
    let id = request.parameters["id"] ?? ""
    let filter = request.query("state").flatMap { FlowV1.InstanceState(word: $0) }
    let list = FlowV1.ListInstancesRequest(deploymentID: id, state: filter ?? .stateUnspecified, pageSize: Pages.deploymentRows)
    reader.overview(names: [id], [list]) { answer in
      let frame = frame(answer.link, answer.position)
      let value = answer.value
      if let deployment = value.deployments.first(where: { $0.id == id }) {
        let page = DeploymentPage(
          frame: frame, deployment: deployment, instances: Pages.list(value, 0), filter: filter, hasMore: !value.nextToken.isEmpty)
        return send(page.render(), frame, reply)
      }
      let similar = value.deployments.filter { $0.id.lowercased().contains(id.lowercased()) }
      if let only = similar.first, similar.count == 1 { return redirect(to: "/deployments/" + PercentCoding.encode(only.id), reply) }
      missing("There is no deployment \(id); it may have been deleted.", frame, reply)
    }
  }

  func instances(_ request: HTTPRequest, _ reply: HTTPReply) {
    let filter = request.query("state").flatMap { FlowV1.InstanceState(word: $0) }
    let deployment = String((request.query("deployment") ?? "").prefix(Pages.queryMax))
    let token = request.query("page") ?? ""
    let list = FlowV1.ListInstancesRequest(
      deploymentID: deployment, state: filter ?? .stateUnspecified, pageSize: InstancesPage.rows, pageToken: token)
    reader.overview([list]) { answer in
      let frame = frame(answer.link, answer.position)
      let page = InstancesPage(
        frame: frame, instances: Pages.list(answer.value, 0), deployments: answer.value.deployments.map(\.id), filter: filter,
        deployment: deployment, token: token, nextToken: answer.value.nextToken)
      send(page.render(), frame, reply)
    }
  }

  func instance(_ request: HTTPRequest, _ reply: HTTPReply) {
    let id = request.parameters["id"] ?? ""
    reader.instance(id) { answer in
      let frame = frame(answer.link, answer.position)
      if let found = answer.value, let instance = found.instance {
        return send(InstancePage(frame: frame, instance: instance, history: found.history).render(), frame, reply)
      }
      let detail =
        answer.link == .live ? "it may have been deleted, or be older than what is kept" : "it is not known here while flowd is away"
      missing("There is no instance \(id); \(detail).", frame, reply)
    }
  }

  func problem(_ problem: HTTPProblem, _ reply: HTTPReply) {
    let link = monitor.read { state -> FlowdLink in
      state.link.isLive ? .live : .lost(sinceMs: state.link.lostSinceMs, seenMs: state.link.lastContactMs)
    }
    let frame = frame(link, monitor.read(\.log.position))
    let page = MessagePage(frame: frame, title: problem.title, detail: problem.detail ?? "")
    var response = HTTPResponse.html(page.render(), status: problem.status, nonce: frame.nonce)
    response.headers.merge(problem.headers)
    reply.send(response)
  }

  // MARK: parts

  private static func list(_ value: FlowdReader.Overview, _ index: Int) -> [FlowV1.Instance] {
    value.lists.indices.contains(index) ? value.lists[index] : []
  }

  /// `flow-` and 32 hex digits.
  private static func isInstanceID(_ text: String) -> Bool {
    text.hasPrefix("flow-") && text.utf8.count == 37 && text.dropFirst(5).allSatisfy { $0.isASCII && $0.isHexDigit }
  }

  private func frame(_ link: FlowdLink, _ position: UInt64, query: String = "") -> PageFrame {
    // 128 bits that nobody can guess: the policy lets in what carries them.
    let nonce = String(UInt64.random(in: .min ... .max), radix: 36) + String(UInt64.random(in: .min ... .max), radix: 36)
    return PageFrame(now: Moment.now.instant, nonce: nonce, position: position, link: link, query: query)
  }

  private func send(_ page: String, _ frame: PageFrame, _ reply: HTTPReply) {
    reply.send(.html(page, nonce: frame.nonce))
  }

  private func missing(_ detail: String, _ frame: PageFrame, _ reply: HTTPReply) {
    reply.send(.html(MessagePage(frame: frame, title: "Not found", detail: detail).render(), status: 404, nonce: frame.nonce))
  }

  private func redirect(to path: String, _ reply: HTTPReply) {
    reply.send(HTTPResponse(303, headers: ["Location": path, "Cache-Control": "no-store"]))
  }
}
