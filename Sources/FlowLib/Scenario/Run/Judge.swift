import FlowCore
import FlowEngine

/// One thing that is not as the file says.
package struct Mismatch: Sendable, Equatable {
  /// The check in the file's words: `completed.extras`.
  package var what: String
  package var expected: String
  package var seen: String

  package init(_ what: String, expected: String, seen: String) {
    self.what = what
    self.expected = expected
    self.seen = seen
  }
}

/// Compares what a scenario expects with what is seen, and tells everything that differs, not the first thing only.
struct Judge {
  private let seen: Sighting
  private var mismatches: [Mismatch] = []

  static func mismatches(_ expect: Expectation, _ seen: Sighting) -> [Mismatch] {
    var judge = Judge(seen: seen)
    judge.state(expect)
    judge.counts("completed", expect.completed, seen.tally.completed)
    judge.counts("terminated", expect.terminated, seen.tally.terminated)
    judge.counts("entered", expect.entered, seen.tally.entered)
    judge.never(expect)
    judge.order(expect.order)
    judge.variables(expect)
    judge.incidents(expect.incidents)
    judge.jobs(expect.jobs)
    judge.job(expect.job)
    judge.waiting(expect.waiting)
    judge.instances(expect.instances)
    judge.deployed(expect.deployed)
    return judge.mismatches
  }

  private init(seen: Sighting) { self.seen = seen }

  private mutating func note(_ what: String, _ expected: String, _ seen: String) {
    mismatches.append(Mismatch(what, expected: expected, seen: seen))
  }

  // MARK: State

  private mutating func state(_ expect: Expectation) {
    switch expect.state {
    case nil, .none?, .any?: break
    case .rejected?: return refusal(expect)
    case .completed?: instanceState(.completed)
    case .active?: instanceState(.active)
    case .canceled?: instanceState(.canceled)
    }
    if expect.status != nil || !expect.messageMentions.isEmpty { refusal(expect) }
  }

  private mutating func instanceState(_ wanted: InstanceSummary.State) {
    if seen.main?.state != wanted { note("state", wanted.rawValue, seen.main?.state.rawValue ?? "no instance was started") }
  }

  private mutating func refusal(_ expect: Expectation) {
    guard let refusal = seen.refusal else {
      let accepted = seen.deployed.isEmpty ? "nothing was refused" : "deployed \(seen.deployed.joined(separator: ", "))"
      return note("state", "rejected" + (expect.status.map { " with \($0.name)" } ?? ""), accepted)
    }
    if let status = expect.status, status != refusal.code { note("status", status.name, "\(refusal.code.name): \(refusal.message)") }
    for word in expect.messageMentions where !refusal.message.contains(word) && !(refusal.hint ?? "").contains(word) {
      note("message_mentions", JSON.quote(word), refusal.message)
    }
  }

  // MARK: Elements

  private mutating func counts(_ what: String, _ wanted: [(element: String, count: Expectation.Count)], _ counted: [String: Int]) {
    for (element, count) in wanted where !count.includes(counted[element] ?? 0) {
      note("\(what).\(element)", count.description, String(counted[element] ?? 0))
    }
  }

  private mutating func never(_ expect: Expectation) {
    for element in expect.never where seen.tally.touched.contains(element) {
      note("never.\(element)", "never entered", "entered \(seen.tally.entered[element] ?? 0) times")
    }
    for element in expect.neverInner {
      if let count = seen.tally.entered[element] { note("never_inner.\(element)", "no inner instance", "\(count) inner instances") }
      if !seen.tally.touched.contains(element) { note("never_inner.\(element)", "entered without inner instances", "never entered") }
    }
  }

  private mutating func order(_ wanted: [String]) {
    var rest = wanted[...]
    for element in seen.tally.completions where element == rest.first { rest.removeFirst() }
    guard let missing = rest.first else { return }
    let named = Set(wanted)
    let order = seen.tally.completions.filter(named.contains).joined(separator: ", ")
    note(
      "order", wanted.joined(separator: ", "), (order.isEmpty ? "none of them completed" : order) + " ('\(missing)' is not in its place)")
  }

  // MARK: Variables

  private mutating func variables(_ expect: Expectation) {
    guard !expect.variables.isEmpty || !expect.variablesAbsent.isEmpty else { return }
    guard let variables = seen.variables else { return note("variables", JSON.object(expect.variables).text, "no instance was started") }
    let table = variables.table
    for (name, value) in expect.variables.members where table[name]?.agrees(with: value) != true {
      note("variables.\(name)", value.text, table[name]?.text ?? "no such variable")
    }
    for name in expect.variablesAbsent {
      if let value = table[name] { note("variables_absent.\(name)", "no such variable", value.text) }
    }
  }

  // MARK: Work

  private mutating func incidents(_ wanted: [ExpectedIncident]?) {
    guard let wanted else { return }
    // Only this engine tells of a token that nothing can come to any more: a scenario that knows the neutral types does not ask for it.
    let namesDeadlock = wanted.contains { $0.type == IncidentType.deadlock.name }
    var open = seen.incidents.filter { namesDeadlock || $0.type != IncidentType.deadlock.name }
    // Those that say more choose first: another may do with what they leave.
    let ranked = wanted.filter { $0.message != nil } + wanted.filter { $0.message == nil }
    let missing = ranked.filter { incident in
      guard let index = open.firstIndex(where: { incident.matches($0) }) else { return true }
      open.remove(at: index)
      return false
    }
    guard !missing.isEmpty || !open.isEmpty else { return }
    note("incidents", Judge.list(wanted.map(\.description)), Judge.list(seen.incidents.map(\.description)))
  }

  private mutating func jobs(_ wanted: [(type: String, count: Int)]?) {
    guard let wanted else { return }
    var counted: [String: Int] = [:]
    for job in seen.jobs where job.state == .activatable { counted[job.type, default: 0] += 1 }
    let sought = wanted.filter { $0.count > 0 }
    guard sought.count != counted.count || sought.contains(where: { counted[$0.type] != $0.count }) else { return }
    let found = counted.keys.sorted().map { "\($0): \(counted[$0] ?? 0)" }
    note("jobs", Judge.list(sought.sorted { $0.type < $1.type }.map { "\($0.type): \($0.count)" }), Judge.list(found))
  }

  private mutating func job(_ wanted: ExpectedJob?) {
    guard let wanted else { return }
    let candidates = seen.jobs.filter { $0.state == .activatable && $0.type == wanted.type }
    guard !candidates.contains(where: { wanted.matches($0) }) else { return }
    note(
      "job", wanted.description,
      candidates.isEmpty ? "no activatable job of type \(wanted.type)" : Judge.list(candidates.map(\.description)))
  }

  private mutating func waiting(_ wanted: [String]) {
    let active = Set(seen.active.map(\.element))
    guard !wanted.allSatisfy(active.contains) else { return }
    note("waiting", wanted.joined(separator: ", "), Judge.list(seen.waiting))
  }

  // MARK: Processes

  private mutating func instances(_ wanted: [(process: String, states: ExpectedInstances)]) {
    for (process, states) in wanted {
      let own = seen.instances.filter { $0.process == process }
      for (state, count) in [(InstanceSummary.State.active, states.active), (.completed, states.completed), (.canceled, states.canceled)] {
        let counted = own.count { $0.state == state }
        if let count, count != counted { note("instances.\(process).\(state.rawValue)", String(count), String(counted)) }
      }
    }
  }

  private mutating func deployed(_ wanted: [String]?) {
    guard let wanted, Set(wanted) != Set(seen.deployed) else { return }
    note("deployed", Judge.list(wanted), Judge.list(seen.deployed))
  }

  private static func list(_ items: [String]) -> String {
    guard !items.isEmpty else { return "none" }
    let over = items.count - Limits.scenarioShown
    return items.prefix(Limits.scenarioShown).joined(separator: ", ") + (over > 0 ? " … and \(over) more" : "")
  }
}

extension ExpectedIncident {
  func matches(_ open: OpenIncident) -> Bool {
    element == open.element && type == open.type && (message.map { $0.isEmpty || open.message.contains($0) } ?? true)
  }
}

extension ExpectedJob {
  func matches(_ job: OpenJob) -> Bool {
    (element ?? job.element) == job.element && (retries ?? job.retries) == job.retries && job.variables.holds(variables)
      && job.headers.holds(headers) && (variablesExact.map { JSON.object($0).agrees(with: .object(job.variables.object)) } ?? true)
  }

  var description: String {
    var parts = [type]
    if let element { parts.append("at \(element)") }
    if let retries { parts.append("retries \(retries)") }
    if !headers.isEmpty { parts.append("headers \(JSON.object(headers).text)") }
    if !variables.isEmpty { parts.append("variables \(JSON.object(variables).text)") }
    if let variablesExact { parts.append("exactly the variables \(JSON.object(variablesExact).text)") }
    return parts.joined(separator: " ")
  }
}

extension OpenJob {
  fileprivate var description: String {
    "\(type) at \(element) retries \(retries)" + (headers.isEmpty ? "" : " headers \(JSON.object(headers).text)")
      + " variables \(JSON.object(variables.object).text)"
  }
}
