import FlowBPMN
import FlowBPMNRead
import Testing

@Suite struct IdentityTests {
  /// Deployment ids that the original gave.
  static let vectors: [(file: String, id: String)] = [
    ("calc/calcprocess", "calcprocess-d8e04dfd"), ("underpants/underpants", "underpants-6f9668a9"),
    ("k8s/k8s-underpants", "underpants-9634ed92"), ("istio/istio-underpants", "underpants-ea006594"),
    ("full-functionality/async-service-task/async", "async-force-98b88f35"),
    ("full-functionality/async-service-task/async_bavs", "async-bavs-607e6af2"),
    ("full-functionality/async-service-task/notifier", "underpants-01a1f91e"),
    ("full-functionality/closure/closure_example", "closure-example-7f1aad1c"),
    ("full-functionality/closure/closure_array", "closure-array-29398ca0"),
    ("full-functionality/error_gateway/closure_bad_input", "underpants-4ea46d0c"),
    ("full-functionality/error_gateway/closure_bad_output", "underpants-c3d6fba4"),
    ("full-functionality/error_gateway/error_gateway", "error-demo-4a229bc9"),
    ("full-functionality/error_gateway/unreliable", "error-demo-73c4527b"),
    ("full-functionality/error_gateway/upstream_unavailable/upstream_unavailable", "unavailable-a89768c2"),
    ("full-functionality/exclusive-gateway/conditional_feel", "conditional-b4e83f41"),
    ("full-functionality/exclusive-gateway/conditional_python", "conditional-e55771e6"),
    ("full-functionality/heterogeneous-workflows/heterogeneous-underpants", "h-pants-e303608f"),
    ("full-functionality/heterogeneous-workflows/heterogeneous-underpants-2", "h2-pants-9555d7f2"),
    ("full-functionality/multiple-start-events/istio-underpants", "closure-b6f73d44"),
    ("full-functionality/passthrough", "process-1mfsu4j-8fe5cc98"),
    ("full-functionality/path_templating/path_templating", "process-1tbxrdw-287383a9"),
    ("full-functionality/reliable/reliable", "underpants-3fa4b794"),
    ("full-functionality/reliable/conditional", "conditional-79ae9866"),
    ("full-functionality/repeated-task/repeated", "repeated-4d93f507"),
    ("full-functionality/retries/retry-demo", "retry-demo-568f6aad"),
    ("full-functionality/shadow/traffic_shadow", "shadow-1ab2dd6d"),
    ("full-functionality/start-stop-events/a", "a-acc42a41"), ("full-functionality/start-stop-events/b", "underpants-5a7e1c79"),
    ("full-functionality/throw-catch-events/throw", "throw-demo-0a5d4efe"),
    ("full-functionality/throw-catch-events/catch", "catch-demo-dd20c530"),
    ("full-functionality/timed_events/simple_tice", "tice-6b3ab9ef"),
    ("full-functionality/timed_events/simple_tice_dual", "tice-23e4f936"),
    ("full-functionality/timed_events/simple_tice_r31m", "tice-r3t1m-7359408c"),
    ("full-functionality/timed_events/conditional_feel_timed", "conditional-72fe9bf1"),
    ("full-functionality/timed_events/conditional_feel_timed_multi", "underpants-bc32ac12"),
    ("full-functionality/timed_events/conditional_feel_timed_start", "conditional-b40d248c"),
    ("full-functionality/timed_events/istio-underpants-timed", "underpants-e3ee0caf"),
    ("full-functionality/timed_events/timed_start_cycle", "timedstart-442e31b8"),
    ("full-functionality/timed_events/timed_start_date", "timedstart-94ba59d9"),
    ("full-functionality/timed_events/timed_start_delay", "timedstart-25ed7a15"),
    ("full-functionality/timed_events/timed_start_delay_conditional_feel_timed", "timedcond-a41e491d"),
    ("full-functionality/timed_events/timed_subst_test", "timed-subst-9da9135c"),
  ]

  @Test("deployment ids are those of the original", arguments: vectors)
  func deploymentID(_ file: String, _ id: String) throws {
    #expect(try Corpus.read("rexflow/examples/\(file).bpmn").process.deploymentID == id)
  }

  @Test("a model with forms has the hash of its file as it is")
  func userTasks() throws {
    #expect(try Corpus.read("rexflow/uibridge/tests/sadness.bpmn").process.digest.hasPrefix("920288e3"))
  }

  @Test("only what is in the process and what it refers to counts")
  func whatCounts() throws {
    let body = "<bpmn:task id='t' name='A'/><bpmn:receiveTask id='r' messageRef='m'/>"
    func id(_ bytes: [UInt8]) throws -> String? { try readDefinitions(bytes).process.deploymentID }
    let plain = try id(model(body, root: "<bpmn:message id='m' name='one'/>"))

    #expect(try id(model(body, root: "<bpmn:message id='m' name='one'/><bpmn:signal id='x' name='y'/>")) == plain)
    #expect(try id(model(body, root: "<bpmn:message id='m' name='two'/>")) != plain)
    #expect(try id(model(body + " ", root: "<bpmn:message id='m' name='one'/>")) == plain)
    #expect(try id(model(body.replacing("'A'", with: "'B'"), root: "<bpmn:message id='m' name='one'/>")) != plain)
  }

  @Test(
    "names become DNS labels",
    arguments: [
      ("Dot dot dot...", "dot-dot-dot"), ("Profit!", "profit"), ("emailed_1", "emailed-1"), ("a--b__c", "a-b-c"), ("Événement", "vnement"),
      (String(repeating: "x", count: 70), String(repeating: "x", count: 54) + "-c71bd109"), ("foo.rexhomes.com", "foo-rexhomes-com"),
    ])
  func sanitising(_ text: String, _ name: String) {
    #expect(sanitised(text) == name)
  }

  @Test("a text of which nothing is left has no name", arguments: ["数据", "", "---", "!"])
  func nothingLeft(_ text: String) {
    #expect(sanitised(text) == nil)
  }
}
