import FlowCore
import FlowDashboard
import FlowHTTP
import FlowRPC

/// healthd over HTTP: the dashboard for people, the original's JSON for its clients, and what operators ask.
struct Site: Sendable {
  private let monitor: HealthMonitor
  private let pages: Pages

  init(_ monitor: HealthMonitor, flowd: Flowd) {
    self.monitor = monitor
    pages = Pages(monitor, FlowdReader(flowd, monitor))
  }

  /// All routes; who wants HTML gets errors as pages too.
  var handler: HTTPHandler {
    let route = router.handler
    let pages = pages
    return { request, reply in
      do {
        try route(request, reply)
      } catch let problem as HTTPProblem where request.accepts("text/html") {
        pages.problem(problem, reply)
      }
    }
  }

  private var router: Router {
    var router = Router()
    router.on("GET", "/") { request, reply in
      if request.accepts("text/html") { pages.home(request, reply) } else { reply.send(.json(overview)) }
    }
    router.on("GET", "/deployments/{id}") { request, reply in pages.deployment(request, reply) }
    router.on("GET", "/instances") { request, reply in pages.instances(request, reply) }
    router.on("GET", "/instances/{id}") { request, reply in pages.instance(request, reply) }
    router.on("GET", "/events") { request, reply in
      monitor.openEvents(reply, since: request.headers["Last-Event-ID"] ?? request.query("after") ?? "")
    }
    router.on("GET", "/probe/{id}") { request, reply in
      // It is a GET as in the original, but it calls services.
      if let problem = HTTPGuard.foreignPage(request) { throw problem }
      probe(request.parameters["id"] ?? "", reply)
    }
    addOperations(to: &router)
    return router
  }

  private func addOperations(to router: inout Router) {
    router.on("GET", "/livez") { _, reply in reply.send(.text("ok\n")) }
    router.on("GET", "/readyz") { _, reply in
      let isLive = monitor.read(\.link.isLive)
      reply.send(isLive ? .text("ok\n") : .text("flowd can not be reached\n", status: 503))
    }
    router.on("GET", "/metrics") { _, reply in
      reply.send(HTTPResponse(200, headers: ["Content-Type": Metrics.contentType], body: Array(monitor.metrics.text.utf8)))
    }
  }

  // MARK: the original's JSON

  private var overview: JSON { HealthJSON.overview(monitor.read(\.settledHealth)) }

  private func probe(_ name: String, _ reply: HTTPReply) {
    if name == "all" {
      let ids = monitor.read { $0.allHealth.map(\.deploymentID) }
      return monitor.probeNow(ids) { reply.send(.json(HealthJSON.probed(all: $0))) }
    }
    guard let id = monitor.read({ $0.resolve(name) }) else {
      reply.send(.json(HealthJSON.unknown(name)))
      return
    }
    monitor.probeNow([id]) { seen in
      reply.send(.json(seen.first.map { HealthJSON.probed($0) } ?? HealthJSON.unknown(name)))
    }
  }
}
