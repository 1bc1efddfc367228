/// Grows one model: every node gets a number of its own, blocks are joined by flows within their scope.
struct ModelGrower {
  /// First and last node of a block.
  struct Ends {
    var first: String
    var last: String
  }

  /// The text of one process or subprocess so far, in the order that BPMN's schema wants.
  struct ScopeText {
    var nodes: [String] = []
    var flows: [String] = []
    var artifacts: [String] = []

    var text: String { (nodes + flows + artifacts).joined(separator: "\n") }
  }

  var random: SplitMix
  let knobs: RandomKnobs
  var vocabulary = RandomVocabulary()
  private var blocksLeft: Int
  private var number = 0
  private(set) var callsOther = false

  init(random: SplitMix, knobs: RandomKnobs) {
    self.random = random
    self.knobs = knobs
    blocksLeft = knobs.blocks
  }

  // MARK: File

  mutating func file(mainProcess: String) -> (xml: String, RandomVocabulary) {
    var main = ScopeText()
    var start = node("start", "startEvent", startDefinition(), in: &main)
    let body = sequence(in: &main, depth: 0)
    flow(start, body.first, in: &main)
    start = end(in: &main)
    flow(body.last, start, in: &main)
    eventSubProcess(in: &main, ofProcess: true)
    let processes = process(mainProcess, main) + (callsOther ? called() : "")
    return (
      """
      <?xml version="1.0" encoding="UTF-8"?>
      <definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" \
      xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" id="random" targetNamespace="urn:rexflow:random">
      \(roots())\(processes)</definitions>

      """, vocabulary
    )
  }

  private func process(_ id: String, _ scope: ScopeText) -> String {
    "<process id=\"\(id)\" isExecutable=\"true\">\n\(scope.text)\n</process>\n"
  }

  /// The process that call activities call; it calls nothing, so that no model calls itself.
  private func called() -> String {
    process(
      "called",
      ScopeText(
        nodes: [
          "<startEvent id=\"c-start\"/>",
          "<serviceTask id=\"c-work\"><extensionElements><zeebe:taskDefinition type=\"called\"/></extensionElements></serviceTask>",
          "<endEvent id=\"c-end\"/>",
        ],
        flows: [
          "<sequenceFlow id=\"c-f1\" sourceRef=\"c-start\" targetRef=\"c-work\"/>",
          "<sequenceFlow id=\"c-f2\" sourceRef=\"c-work\" targetRef=\"c-end\"/>",
        ]))
  }

  private func roots() -> String {
    let messages = vocabulary.messages.map {
      "<message id=\"m-\($0)\" name=\"\($0)\"><extensionElements><zeebe:subscription correlationKey=\"= key\"/></extensionElements></message>\n"
    }
    let signals = vocabulary.signals.map { "<signal id=\"s-\($0)\" name=\"\($0)\"/>\n" }
    let errors = vocabulary.errorCodes.map { "<error id=\"e-\($0)\" name=\"\($0)\" errorCode=\"\($0)\"/>\n" }
    return (messages + signals + errors).joined() + "<escalation id=\"x-UP\" name=\"UP\" escalationCode=\"UP\"/>\n"
  }

  // MARK: Nodes and flows

  mutating func fresh(_ prefix: String) -> String {
    number += 1
    return "\(prefix)\(number)"
  }

  mutating func node(
    _ prefix: String, _ tag: String, _ inner: String = "", attributes: String = "", in scope: inout ScopeText
  ) -> String {
    let id = fresh(prefix)
    vocabulary.elements.append(id)
    let head = "<\(tag) id=\"\(id)\"" + (attributes.isEmpty ? "" : " \(attributes)")
    scope.nodes.append(inner.isEmpty ? head + "/>" : "\(head)>\(inner)</\(tag)>")
    return id
  }

  @discardableResult
  mutating func flow(_ source: String, _ target: String, if condition: String? = nil, in scope: inout ScopeText) -> String {
    let id = fresh("f")
    let head = "<sequenceFlow id=\"\(id)\" sourceRef=\"\(source)\" targetRef=\"\(target)\""
    scope.flows.append(condition.map { "\(head)>\(expression("conditionExpression", $0))</sequenceFlow>" } ?? head + "/>")
    return id
  }

  func expression(_ tag: String, _ text: String) -> String {
    "<\(tag) xsi:type=\"tFormalExpression\">\(text.replacing("<", with: "&lt;").replacing(">", with: "&gt;"))</\(tag)>"
  }

  /// `= x1 > 3`
  mutating func condition() -> String {
    "= \(pick(vocabulary.numbers)) \(pick([">", "<", "=", ">=", "!="])) \(roll(0...6))"
  }

  // MARK: Chance

  mutating func roll(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }

  mutating func chance(_ percent: Int) -> Bool { roll(1...100) <= percent }

  mutating func pick<Choice>(_ choices: [Choice]) -> Choice {
    guard let choice = choices.randomElement(using: &random) else { preconditionFailure("nothing to pick from") }
    return choice
  }

  // MARK: Blocks

  /// One to three blocks in a row.
  mutating func sequence(in scope: inout ScopeText, depth: Int) -> Ends {
    var ends = block(in: &scope, depth: depth)
    for _ in 0..<roll(0...2) where blocksLeft > 0 {
      let next = block(in: &scope, depth: depth)
      flow(ends.last, next.first, in: &scope)
      ends.last = next.last
    }
    return ends
  }

  private mutating func block(in scope: inout ScopeText, depth: Int) -> Ends {
    blocksLeft -= 1
    let goesDeeper = depth < knobs.depth && blocksLeft > 1 && !knobs.composites.isEmpty
    return goesDeeper && chance(45) || knobs.leaves.isEmpty && goesDeeper
      ? composite(pick(knobs.composites), in: &scope, depth: depth + 1)
      : leaf(knobs.leaves.isEmpty ? .task : pick(knobs.leaves), in: &scope)
  }

  // MARK: Names

  mutating func message() -> String {
    if vocabulary.messages.isEmpty || chance(60) && vocabulary.messages.count < 6 { vocabulary.messages.append(fresh("note")) }
    return "m-" + pick(vocabulary.messages)
  }

  /// One that no start event listens to: a model must not start itself for ever.
  mutating func signal() -> String {
    var names = vocabulary.signals.filter { !$0.hasPrefix(ModelGrower.startSignal) }
    if names.isEmpty || chance(50) && names.count < 4 {
      names.append(fresh("call"))
      vocabulary.signals.append(names[names.count - 1])
    }
    return "s-" + pick(names)
  }

  private static let startSignal = "wake"

  mutating func signalForStart() -> String {
    vocabulary.signals.append(fresh(ModelGrower.startSignal))
    return "s-" + vocabulary.signals[vocabulary.signals.count - 1]
  }

  mutating func error() -> String {
    if vocabulary.errorCodes.isEmpty || chance(50) && vocabulary.errorCodes.count < 3 { vocabulary.errorCodes.append(fresh("BAD")) }
    return "e-" + pick(vocabulary.errorCodes)
  }

  mutating func jobType() -> String {
    if vocabulary.jobTypes.isEmpty || vocabulary.jobTypes.count < 8 { vocabulary.jobTypes.append(fresh("job")) }
    return pick(vocabulary.jobTypes)
  }

  mutating func callOther() -> String {
    if !callsOther { vocabulary.jobTypes.append("called") }
    callsOther = true
    return "<zeebe:calledElement processId=\"called\"/>"
  }
}
