import FlowCore
import FlowRPC
import Testing

@testable import FlowDashboard

@Suite("Deployment page") struct DeploymentPageTests {
  private func render(_ deployment: FlowV1.Deployment, instances: [FlowV1.Instance] = [], filter: FlowV1.InstanceState? = nil) -> String {
    DeploymentPage(frame: Sample.frame(), deployment: deployment, instances: instances, filter: filter, hasMore: false).render()
  }

  @Test("tasks that are down stand first, with why and since when")
  func tasks() throws {
    let page = render(Sample.deployment(tasks: ["alpha": true, "zulu": false]))

    let zulu = try #require(page.firstRange(of: "data-key=\"zulu\""))
    let alpha = try #require(page.firstRange(of: "data-key=\"alpha\""))
    #expect(zulu.lowerBound < alpha.lowerBound)
    #expect(page.contains("connection refused"))
    #expect(page.contains("1 min ago"))
    #expect(page.contains("GET http://127.0.0.1:4000/zulu"))
  }

  @Test("a target without a result is not yet probed")
  func notProbed() {
    var deployment = Sample.deployment(tasks: ["a": true])
    deployment.health = []

    #expect(render(deployment).contains("not probed"))
  }

  @Test(
    "what to type fits the state",
    arguments: [
      (FlowV1.DeploymentState.running, "stop</span> <span>-d"), (.stopped, "start</span> <span>-d"), (.error, "probe</span>"),
      (.starting, "ps</span> <span>-d"),
    ])
  func commands(_ state: FlowV1.DeploymentState, words: String) {
    #expect(render(Sample.deployment("calc-1", state)).contains(words))
  }

  @Test("the chosen state is marked and the links keep it")
  func filter() {
    let page = render(Sample.deployment(), filter: .error)

    #expect(page.contains("?state=error\" aria-current=true"))
    #expect(page.contains("No instance is ERROR."))
    #expect(page.contains("/instances?") == false)
  }

  @Test("metadata and reasons can not become markup")
  func escapes() {
    var deployment = Sample.deployment("a\"><b", .error, tasks: [Sample.evil: false], reason: Sample.evil)
    deployment.userMetadata = [Sample.evil: Sample.evil]
    deployment.resourceName = Sample.evil

    let page = render(deployment)

    #expect(!page.contains("<script>alert"))
    #expect(!page.contains("a\"><b"))
    #expect(page.contains("/deployments/a%22%3E%3Cb"))
  }
}

@Suite("Instance page") struct InstancePageTests {
  private func render(_ instance: FlowV1.Instance, history: [FlowV1.HistoryEntry] = []) -> String {
    InstancePage(frame: Sample.frame(), instance: instance, history: history).render()
  }

  @Test("a JSON result is laid out, other text is as it came, bytes are counted")
  func results() {
    var instance = Sample.instance(result: "{\"a\":[1,\"<b>\"]}")
    #expect(render(instance).contains("{\n  &quot;a&quot;: [\n    1,\n    &quot;&lt;b&gt;&quot;\n  ]\n}"))

    instance.result = Array("plain <text>".utf8)
    #expect(render(instance).contains("plain &lt;text&gt;</pre>"))

    instance.result = [0xFF, 0xFE, 0x00]
    #expect(render(instance).contains("3 bytes that are no text"))
  }

  @Test("a huge or deep result does not make a huge page")
  func bounded() {
    let deep = String(repeating: "[", count: 120) + "1,2,3" + String(repeating: "]", count: 120)
    for result in [String(repeating: "\"", count: 1 << 20), deep, "[" + String(repeating: "1,", count: 2000) + "1]"] {
      #expect(render(Sample.instance(result: result)).utf8.count <= 60_000)
    }
    let history = (0..<5000).map {
      FlowV1.HistoryEntry(
        position: UInt64($0), timeMs: Sample.ago(1), event: "element entered", elementID: "task-\($0)",
        detail: String(repeating: "d", count: 1000))
    }
    let page = render(Sample.instance(), history: history)
    #expect(page.contains("4900 earlier entries are not shown"))
    #expect(page.contains("task-4999"))
    #expect(page.utf8.count <= 60_000)
  }

  @Test("an error shows code, place, message and data, all as text")
  func failure() {
    var instance = Sample.instance(1, .error, result: "{\"why\":\"<script>\"}", code: "FAILED_TASK", message: Sample.evil)
    instance.failedElementID = "<i>task"

    let page = render(instance)

    #expect(page.contains("FAILED_TASK"))
    #expect(page.contains("&lt;i&gt;task"))
    #expect(page.contains("Error data"))
    #expect(!page.contains("<script>alert"))
    #expect(!page.contains("<i>task"))
  }

  @Test("a running instance shows where it is and what it waits for")
  func active() {
    var instance = Sample.instance(1, .running, result: "")
    instance.active = [
      FlowV1.ActiveElement(elementID: "t1", elementName: Sample.evil, type: "serviceTask", sinceMs: Sample.ago(3), waitsFor: "service call")
    ]

    let page = render(instance)

    #expect(page.contains("Now at"))
    #expect(page.contains("service call"))
    #expect(page.contains("3 s ago"))
    #expect(!page.contains("<script>alert"))
    #expect(!page.contains("Result"))
  }

  @Test("only a stopped instance offers a retry")
  func retry() {
    #expect(render(Sample.instance(1, .stopped)).contains("try the failed task again"))
    #expect(!render(Sample.instance(1, .error)).contains("try the failed task again"))
  }

  @Test("history counts from the start and links back to the deployment")
  func history() {
    let entry = FlowV1.HistoryEntry(
      position: 3, timeMs: Sample.ago(10) + 1_250, event: "job <created>", elementID: "calc", detail: Sample.evil)

    let page = render(Sample.instance(), history: [entry])

    #expect(page.contains("+1.2 s"))
    #expect(page.contains("job &lt;created&gt;"))
    #expect(page.contains("href=\"/deployments/calc-00000001\""))
    #expect(!page.contains("<script>alert"))
  }
}

@Suite("Instances page") struct InstancesPageTests {
  private func render(
    _ instances: [FlowV1.Instance], filter: FlowV1.InstanceState? = nil, deployment: String = "", token: String = "", next: String = ""
  ) -> String {
    InstancesPage(
      frame: Sample.frame(), instances: instances, deployments: ["calc-00000001", "b-2"], filter: filter, deployment: deployment,
      token: token,
      nextToken: next
    ).render()
  }

  @Test("the next page keeps the filter, and its token is a value and not markup")
  func paging() {
    let page = render([Sample.instance()], filter: .error, deployment: "b-2", next: "a&b=\"<c>")

    #expect(page.contains("rel=next href=\"/instances?state=error&amp;deployment=b-2&amp;page=a%26b%3D%22%3Cc%3E\""))
    #expect(!page.contains(">Newest</a>"))
    #expect(render([], token: "x").contains(">Newest</a>"))
  }

  @Test("the choices show what is chosen, also a deployment that is gone")
  func choices() {
    let page = render([], filter: .stopped, deployment: "gone-<1>")

    #expect(page.contains("<option value=\"stopped\" selected>"))
    #expect(page.contains("<option value=\"gone-&lt;1&gt;\" selected>"))
    #expect(page.contains("No instance is like this."))
  }

  @Test("a full page stays within 60 KB")
  func bounded() {
    let rows = (0..<Int(InstancesPage.rows)).map {
      Sample.instance($0, .error, code: "FAILED_CONNECTION", message: String(repeating: "m", count: 4000))
    }

    #expect(render(rows, next: "n").utf8.count <= 60_000)
  }

  @Test("words name states, other words none")
  func words() {
    #expect(FlowV1.InstanceState(word: "Running") == .running)
    #expect(FlowV1.InstanceState(word: "nope") == nil)
    #expect(FlowV1.InstanceState(word: "") == nil)
  }
}

@Suite("Times") struct TimeWordsTests {
  @Test(
    "ages and durations read like speech",
    arguments: [
      (0, "just now"), (-5_000, "just now"), (12_000, "12 s ago"), (180_000, "3 min ago"), (7_300_000, "2 h ago"), (432_000_000, "5 d ago"),
    ])
  func ages(_ milliseconds: Int64, words: String) { #expect(TimeWords.age(milliseconds) == words) }

  @Test(
    "durations keep two units",
    arguments: [
      (340, "340 ms"), (1_250, "1.2 s"), (130_000, "2 min 10 s"), (12_000_000, "3 h 20 min"), (190_800_000, "2 d 5 h"), (-1, "0 ms"),
    ])
  func durations(_ milliseconds: Int64, words: String) { #expect(TimeWords.duration(milliseconds) == words) }

  @Test("times of a hostile peer do not trap")
  func extremes() {
    for value in [Int64.max, Int64.min, -1, 0, 1] {
      _ = TimeWords.ago(value, now: Sample.now)
      var instance = Sample.instance()
      (instance.createdMs, instance.endedMs) = (value, Int64.max)
      let entry = FlowV1.HistoryEntry(position: .max, timeMs: value, event: "", elementID: "", detail: "")
      #expect(InstancePage(frame: Sample.frame(), instance: instance, history: [entry]).render().contains("</html>"))
    }
  }
}
