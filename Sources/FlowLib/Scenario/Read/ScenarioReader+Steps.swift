import FlowCommandLine
import FlowCore

/// The words of `do`.
enum StepVerb: String, CaseIterable {
  case complete, fail, `throw`, activate
  case updateRetries = "update_retries"
  case completeUserTask = "complete_user_task"
  case publish, signal, advance
  case setVariables = "set_variables"
  case resolve, cancel, start, deploy, modify, migrate
  case activateAdHoc = "activate_adhoc"
  case completeAdHoc = "complete_adhoc"
  case expect

  /// What a step of this kind may say beside `do`.
  var keys: [String] {
    switch self {
    case .complete: ["type", "where", "count", "variables"]
    case .fail: ["type", "where", "count", "retries", "message", "backoff", "variables"]
    case .throw: ["type", "where", "count", "code", "message", "variables"]
    case .activate: ["type", "count", "timeout"]
    case .updateRetries: ["type", "where", "count", "retries"]
    case .completeUserTask: ["element", "where", "count", "variables"]
    case .publish: ["name", "key", "variables", "ttl", "message_id"]
    case .signal: ["name", "variables"]
    case .advance: ["by"]
    case .setVariables: ["variables", "scope", "local"]
    case .resolve: ["element"]
    case .cancel: []
    case .start: ["process", "variables", "version", "at"]
    case .deploy: ["model"]
    case .modify: ["activate", "terminate"]
    case .migrate: ["version", "mapping"]
    case .activateAdHoc: ["scope", "elements"]
    case .completeAdHoc: ["scope"]
    case .expect: ScenarioReader.expectationKeys
    }
  }
}

extension ScenarioReader {
  mutating func step(_ node: Node) -> ScenarioStep? {
    guard node.json.object != nil else {
      fields.mistake(node, "a step is an object, not \(FieldReader.kind(node.json))")
      return nil
    }
    guard let word = fields.required(node, "do", of: "a step"), let verb = fields.word(word, of: "step", StepVerb.self) else { return nil }
    let allowed = ["do", "note"] + verb.keys + (verb == .expect ? [] : ["expect_status"])
    guard fields.isObject(node, of: "a step '\(verb.rawValue)'", keys: allowed) else { return nil }
    _ = fields.optionalText(node["note"])
    return ScenarioStep(action: action(verb, node), expectedStatus: fields.status(node["expect_status"]), place: fields.place(node))
  }

  private mutating func action(_ verb: StepVerb, _ node: Node) -> StepAction {
    switch verb {
    case .complete, .fail, .throw, .activate, .updateRetries: return jobAction(verb, node)
    case .publish: return .publish(publication(node))
    case .signal: return .signal(name: name("name", node, verb), variables: fields.document(node["variables"]))
    case .advance: return .advance(fields.duration(fields.required(node, "by", of: "a step 'advance'")))
    case .cancel: return .cancel
    case .start: return .start(startRequest(node))
    case .deploy:
      guard let file = fields.required(node, "model", of: "a step 'deploy'") else { return .deploy(model: "") }
      return .deploy(model: model(file))
    case .expect: return .expect(expectation(node, extra: ["do", "note"]))
    case .completeUserTask, .setVariables, .resolve, .modify, .migrate, .activateAdHoc, .completeAdHoc: return elementAction(verb, node)
    }
  }

  private mutating func jobAction(_ verb: StepVerb, _ node: Node) -> StepAction {
    let choice = jobChoice(verb, node)
    let variables = fields.document(node["variables"])
    let message = fields.text(node["message"])
    let retries = fields.optionalNumber(node["retries"], in: 0...Int64(Int32.max))
    if verb == .activate {
      return .activate(type: choice.type, count: choice.count, lockMs: milliseconds(node["timeout"], orElse: 300_000))
    }
    if verb == .fail {
      return .fail(
        choice, JobFailure(retries: retries, message: message, backoffMs: milliseconds(node["backoff"], orElse: 0), variables: variables))
    }
    if verb == .throw { return .throw(choice, JobError(code: name("code", node, verb), message: message, variables: variables)) }
    guard verb == .updateRetries else { return .complete(choice, variables: variables) }
    if node["retries"] == nil { _ = fields.required(node, "retries", of: "a step '\(verb.rawValue)'") }
    return .updateRetries(choice, retries: retries ?? 1)
  }

  private mutating func jobChoice(_ verb: StepVerb, _ node: Node) -> JobChoice {
    var choice = JobChoice(type: name("type", node, verb), count: count(node))
    guard let filter = node["where"], fields.isObject(filter, of: "'where'", keys: ["element", "variables"]) else { return choice }
    choice.element = filter["element"].map { fields.element($0) }
    choice.variables = fields.document(filter["variables"])
    return choice
  }

  private mutating func elementAction(_ verb: StepVerb, _ node: Node) -> StepAction {
    let variables = fields.document(node["variables"])
    switch verb {
    case .completeUserTask:
      var wanted: JSON.Object = [:]
      if let filter = node["where"], fields.isObject(filter, of: "'where'", keys: ["variables"]) {
        wanted = fields.document(filter["variables"])
      }
      return .completeUserTask(element: element("element", node, verb), where: wanted, count: count(node), variables: variables)
    case .resolve: return .resolve(element: element("element", node, verb))
    case .modify: return .modify(activate: fields.elements(node["activate"]), terminate: fields.elements(node["terminate"]))
    case .migrate:
      return .migrate(version: fields.optionalNumber(node["version"], in: 1...Int64(Int32.max)), mapping: mapping(node["mapping"]))
    case .activateAdHoc:
      return .activateAdHoc(
        scope: element("scope", node, verb), elements: fields.elements(fields.required(node, "elements", of: "a step 'activate_adhoc'")))
    case .completeAdHoc: return .completeAdHoc(scope: element("scope", node, verb))
    case .setVariables, .complete, .fail, .throw, .activate, .updateRetries, .publish, .signal, .advance, .cancel, .start, .deploy, .expect:
      let scope = node["scope"].flatMap { $0.json.isNull ? nil : fields.element($0) }
      return .setVariables(variables, scope: scope, isLocal: fields.boolean(node["local"], orElse: false))
    }
  }

  /// Ids of elements, old to new.
  private mutating func mapping(_ node: Node?) -> [(from: String, to: String)] {
    guard let node else { return [] }
    guard let object = node.json.object else {
      fields.mistake(node, "'mapping' is an object of element ids, not \(FieldReader.kind(node.json))")
      return []
    }
    return object.members.map { (from: $0.name, to: node[$0.name].map { fields.element($0) } ?? "") }
  }

  private mutating func publication(_ node: Node) -> MessagePublication {
    MessagePublication(
      name: name("name", node, .publish), key: fields.text(node["key"]), variables: fields.document(node["variables"]),
      ttlMs: milliseconds(node["ttl"], orElse: 0), messageID: fields.optionalText(node["message_id"]))
  }

  private mutating func name(_ key: String, _ node: Node, _ verb: StepVerb) -> String {
    fields.name(fields.required(node, key, of: "a step '\(verb.rawValue)'"))
  }

  private mutating func element(_ key: String, _ node: Node, _ verb: StepVerb) -> String {
    fields.element(fields.required(node, key, of: "a step '\(verb.rawValue)'"))
  }

  private mutating func count(_ node: Node) -> Int { fields.number(node["count"], in: 1...Int64(Limits.scenarioCount), orElse: 1) }

  private mutating func milliseconds(_ node: Node?, orElse missing: Int64) -> Int64 {
    node.map { fields.duration($0).approximateMs } ?? missing
  }
}
