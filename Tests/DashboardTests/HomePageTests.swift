import FlowCore
import FlowRPC
import Testing

@testable import FlowDashboard

@Suite("Home page") struct HomePageTests {
  private func render(
    _ deployments: [FlowV1.Deployment], instances: [FlowV1.Instance] = [], failed: [FlowV1.Instance] = [], link: FlowdLink = .live,
    query: String = ""
  ) -> String {
    HomePage(frame: Sample.frame(link, query: query), deployments: deployments, instances: instances, failed: failed).render()
  }

  @Test("an empty house says what to type")
  func empty() {
    let page = render([])

    #expect(page.contains("Nothing is deployed yet"))
    #expect(page.contains("flowctl apply examples/calc/calcprocess.bpmn"))
    #expect(!page.contains("Needs attention"))
  }

  @Test("what is broken comes before the tables")
  func brokenFirst() throws {
    let page = render(
      [Sample.deployment("a-1", tasks: ["x": true]), Sample.deployment("b-2", .error, tasks: ["y": false], reason: "late")],
      failed: [Sample.instance(7, .stopped, code: "FAILED_TASK", message: "HTTP 500")])

    #expect(page.contains("3 things need attention"))
    let attention = try #require(page.firstRange(of: "id=attention"))
    let tables = try #require(page.firstRange(of: "id=deployments"))
    #expect(attention.lowerBound < tables.lowerBound)
    #expect(page.contains("connection refused"))
    #expect(page.contains("flowctl start -i \(Sample.instance(7).id)"))
  }

  @Test("a task that is down while its deployment stops is no news")
  func stoppingIsQuiet() {
    for state in [FlowV1.DeploymentState.stopping, .stopped] {
      #expect(!render([Sample.deployment("a-1", state, tasks: ["x": false])]).contains("Needs attention"))
    }
    #expect(render([Sample.deployment("a-1", .running, tasks: ["x": false])]).contains("Needs attention"))
  }

  @Test(
    "each state is a word and a shape",
    arguments: [
      (FlowV1.DeploymentState.starting, "STARTING", "i-starting"), (.running, "RUNNING", "i-on"), (.stopping, "STOPPING", "i-stopping"),
      (.stopped, "STOPPED", "i-off"), (.error, "ERROR", "i-error"), (.unrecognized(99), "UNKNOWN", "i-dash"),
    ])
  func states(_ state: FlowV1.DeploymentState, word: String, shape: String) {
    let page = render([Sample.deployment("a-1", state)])

    #expect(page.contains("<use href=\"#\(shape)\"/></svg>\(word)</span>"))
  }

  @Test("a lost flowd is said on the page, with since when and from when")
  func stale() {
    let page = render([Sample.deployment()], link: .lost(sinceMs: Sample.ago(60), seenMs: Sample.ago(61)))

    #expect(page.contains("flowd can not be reached since"))
    #expect(page.contains(TimeWords.clock(Instant(milliseconds: Sample.ago(60)))))
    #expect(page.contains(TimeWords.clock(Instant(milliseconds: Sample.ago(61)))))
    #expect(page.contains("data-lost=\"\(Sample.ago(60))\""))
    #expect(page.contains("Calculate"))
    #expect(!render([Sample.deployment()]).contains("can not be reached"))
  }

  @Test("a flowd that was never reached does not read as an empty one")
  func neverReached() {
    let page = render([], link: .lost(sinceMs: Sample.ago(1), seenMs: 0))

    #expect(page.contains("flowd has not been reached yet"))
    #expect(!page.contains("Nothing is deployed yet"))
  }

  @Test("names, reasons and results are text, whatever they hold")
  func escapes() {
    var deployment = Sample.deployment("evil-1", .error, tasks: [Sample.evil: false], reason: Sample.evil)
    deployment.processName = Sample.evil
    let instance = Sample.instance(1, .completed, result: Sample.evil)
    let failed = Sample.instance(2, .stopped, code: Sample.evil, message: Sample.evil)

    let page = render([deployment], instances: [instance, failed], failed: [failed], query: Sample.evil)

    #expect(!page.contains("<script>alert"))
    #expect(page.contains("&lt;script&gt;alert(&quot;x&quot;)"))
  }

  @Test("the search field keeps rows by id and name")
  func filters() {
    let page = render([Sample.deployment("calc-1"), Sample.deployment("other-2")], query: "OTHER")

    #expect(page.contains("other-2"))
    #expect(!page.contains("/deployments/calc-1"))
    #expect(page.contains("value=\"OTHER\""))
  }

  @Test("a page for hundreds of deployments and instances stays within 60 KB")
  func bounded() {
    let long = String(repeating: "long-name-", count: 30)
    let deployments = (0..<500).map {
      Sample.deployment("\(long)-\($0)", .error, tasks: ["t": false], reason: String(repeating: "why ", count: 500))
    }
    let instances = (0..<20).map { Sample.instance($0, .stopped, code: "C", message: String(repeating: "m", count: 5000)) }

    let page = render(deployments, instances: instances, failed: Array(instances.prefix(16)))

    #expect(page.utf8.count <= 60_000)
    #expect(page.contains("more; the search field finds them"))
    #expect(render((0..<40).map { Sample.deployment("calc-\($0)", tasks: ["a": true]) }, instances: instances).utf8.count <= 60_000)
  }

  @Test("nothing on a page comes from elsewhere")
  func selfContained() {
    let page = render([Sample.deployment()], instances: [Sample.instance()])

    for reference in ["src=", "@import", "url(", "http://", "https://"] {
      let found = page.ranges(of: reference).filter { !page[..<$0.lowerBound].hasSuffix("xmlns=&#39;") }
      #expect(found.isEmpty, "\(reference)")
    }
    #expect(page.contains("<style nonce=\"abc123\">"))
    #expect(page.contains("<script nonce=\"abc123\">"))
    #expect(!page.contains(" style="))
    #expect(!page.contains(" onclick="))
  }

  @Test("landmarks, skip link, captions and scopes are there")
  func semantics() {
    let page = render([Sample.deployment()], instances: [Sample.instance()])

    for part in [
      "<html lang=en>", "<main id=main", "href=\"#main\"", "<header>", "<footer>", "<nav aria-label", "<caption", "scope=col", "scope=row",
      "role=status", "<noscript>",
    ] {
      #expect(page.contains(part), "\(part)")
    }
  }
}
