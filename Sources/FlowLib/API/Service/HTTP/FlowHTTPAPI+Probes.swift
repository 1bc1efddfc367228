import FlowCore
import FlowHTTP
import FlowServer

/// Probes for supervisors and load balancers, in the manner of Kubernetes' own components.
extension FlowHTTPAPI {
  func addProbes(to router: inout Router) {
    router.on("GET", "/livez") { request, reply in reply.send(probe("livez", [], request)) }
    router.on("GET", "/readyz") { request, reply in reply.send(probe("readyz", readiness, request)) }
    router.on("GET", "/metrics") { _, reply in later(reply) { () throws(HTTPProblem) in metrics() } }
  }

  struct Check {
    let name: String
    /// Nil when all is well.
    let problem: String?
  }

  /// What has to be well before work is accepted.
  var readiness: [Check] {
    [
      Check(name: "store", problem: server.readOnlyReason),
      Check(name: "shutdown", problem: info.isDraining() ? "flowd is stopping" : nil),
    ]
  }

  private func probe(_ name: String, _ checks: [Check], _ request: HTTPRequest) -> HTTPResponse {
    let failed = checks.filter { $0.problem != nil }
    let status = failed.isEmpty ? 200 : 503
    var text = failed.isEmpty ? "ok\n" : failed.map { "\($0.name): \($0.problem ?? "")\n" }.joined()
    if request.query("verbose") != nil {
      let lines = checks.map { check in check.problem.map { "[-] \(check.name): \($0)\n" } ?? "[+] \(check.name) ok\n" }
      text = (["[+] ping ok\n"] + lines).joined() + "\(name) check \(failed.isEmpty ? "passed" : "failed")\n"
    }
    var response = HTTPResponse.text(text, status: status)
    response.headers["Cache-Control"] = "no-store"
    return response
  }
}
