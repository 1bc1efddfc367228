import FlowCore

extension ScenarioReader {
  static let expectationKeys = [
    "state", "status", "message_mentions", "completed", "terminated", "entered", "never", "never_inner", "order", "variables",
    "variables_absent", "incidents", "jobs", "job", "waiting", "instances", "deployed",
  ]

  /// - Parameter extra: what the object may have beside checks, already read.
  mutating func expectation(_ node: Node, extra: [String]) -> Expectation {
    var expect = Expectation()
    // A step's members are checked where the step is read.
    if extra.isEmpty, !fields.isObject(node, of: "'expect'", keys: ScenarioReader.expectationKeys) { return expect }
    expect.state = node["state"].flatMap { fields.word($0, of: "state", Expectation.State.self) }
    expect.status = fields.status(node["status"])
    expect.messageMentions = fields.texts(node["message_mentions"])
    expect.completed = counts(node["completed"])
    expect.terminated = counts(node["terminated"])
    expect.entered = counts(node["entered"])
    expect.never = fields.elements(node["never"])
    expect.neverInner = fields.elements(node["never_inner"])
    expect.order = fields.elements(node["order"])
    expect.variables = fields.document(node["variables"])
    expect.variablesAbsent = fields.texts(node["variables_absent"])
    expect.incidents = node["incidents"].map { incidents($0) }
    expect.jobs = node["jobs"].map { jobs($0) }
    expect.job = node["job"].flatMap { job($0) }
    expect.waiting = fields.elements(node["waiting"])
    expect.instances = members(node["instances"], of: "process ids").compactMap { name, node in
      instances(node).map { (name, $0) }
    }
    expect.deployed = node["deployed"].map { fields.texts($0) }
    return expect
  }

  /// Members of an object whose names are the file's own.
  private mutating func members(_ node: Node?, of what: String) -> [(name: String, node: Node)] {
    guard let node else { return [] }
    guard node.json.object != nil else {
      fields.mistake(node, "an object with \(what) is needed, not \(FieldReader.kind(node.json))")
      return []
    }
    for (name, offset) in node.spot.repeated {
      fields.mistake(at: offset, path: node.path, "\(JSON.quote(FieldReader.short(name))) comes twice")
    }
    return node.members
  }

  private mutating func counts(_ node: Node?) -> [(element: String, count: Expectation.Count)] {
    members(node, of: "element ids").compactMap { name, node in
      fields.elementNamed(name, at: node)
      return count(node).map { (name, $0) }
    }
  }

  private mutating func count(_ node: Node) -> Expectation.Count? {
    if let number = node.json.int, (0...Int64(Int32.max)).contains(number) { return .exactly(Int(number)) }
    if let text = node.json.string, text.hasPrefix(">=") {
      let digits = text.dropFirst(2).drop { $0 == " " }
      if digits.utf8.count <= 9, digits.utf8.allSatisfy({ (48...57).contains($0) }), let least = Int(digits) { return .atLeast(least) }
    }
    fields.mistake(node, "a count is needed", hint: "a whole number, or a text such as \">=1\"")
    return nil
  }

  private mutating func incidents(_ node: Node) -> [ExpectedIncident] {
    fields.list(node).compactMap { node in
      guard fields.isObject(node, of: "an incident", keys: ["element", "type", "message"]) else { return nil }
      return ExpectedIncident(
        element: fields.element(fields.required(node, "element", of: "an incident")),
        type: fields.name(fields.required(node, "type", of: "an incident")), message: fields.optionalText(node["message"]))
    }
  }

  private mutating func jobs(_ node: Node) -> [(type: String, count: Int)] {
    members(node, of: "job types").map { name, node in (name, fields.number(node, in: 0...Int64(Limits.scenarioCount), orElse: 0)) }
  }

  private mutating func job(_ node: Node) -> ExpectedJob? {
    let keys = ["type", "element", "variables", "variables_exact", "headers", "retries"]
    guard fields.isObject(node, of: "'job'", keys: keys) else { return nil }
    return ExpectedJob(
      type: fields.name(fields.required(node, "type", of: "'job'")), element: node["element"].map { fields.element($0) },
      variables: fields.document(node["variables"]), variablesExact: node["variables_exact"].map { fields.document($0) },
      headers: fields.document(node["headers"]), retries: fields.optionalNumber(node["retries"], in: 0...Int64(Int32.max)))
  }

  private mutating func instances(_ node: Node) -> ExpectedInstances? {
    guard fields.isObject(node, of: "'instances' of a process", keys: ["active", "completed", "canceled"]) else { return nil }
    let range: ClosedRange<Int64> = 0...Int64(Int32.max)
    return ExpectedInstances(
      active: fields.optionalNumber(node["active"], in: range), completed: fields.optionalNumber(node["completed"], in: range),
      canceled: fields.optionalNumber(node["canceled"], in: range))
  }
}
