import FlowCore
import FlowFEEL

/// Why a step can not be done; with variables it becomes an incident, else the instance fails.
struct StepProblem: Error, Sendable {
  let type: IncidentType
  let message: String

  init(_ type: IncidentType, _ message: String) {
    self.type = type
    self.message = message
  }
}

extension Instance {
  /// The encoded value of a variable as an activity or scope sees it.
  package func variable(_ name: String, from scope: ActivityID) -> Payload? {
    owner(of: name, from: scope).flatMap { details[$0]?.variables[name] }
  }

  /// The nearest scope that has a variable of this name.
  package func owner(of name: String, from scope: ActivityID) -> ActivityID? {
    var scope = scope
    while true {
      if details[scope]?.variables[name] != nil { return scope }
      guard scope != .process, let activity = activities[scope] else { return nil }
      scope = activity.scope
    }
  }

  /// All that an activity or scope sees, inner names before outer ones, in the order of the names.
  package func visibleVariables(from scope: ActivityID) -> [Variable] {
    var found: [String: Payload] = [:]
    var scope: ActivityID? = scope
    while let current = scope {
      for (name, value) in details[current]?.variables ?? SmallMap() where found[name] == nil { found[name] = value }
      scope = current == .process ? nil : activities[current]?.scope ?? .process
    }
    return found.keys.sorted().compactMap { name in found[name].map { Variable(name, $0) } }
  }
}

extension Draft {
  // MARK: evaluating

  /// What an expression may read in a scope.
  ///
  /// - Parameters:
  ///   - payload: the body that a token carries in the REXFlow dialect.
  ///   - brought: seen before all others.
  func scope(of id: ActivityID, payload: Payload?, before brought: [Variable] = []) -> EvaluationScope {
    let instance = instance
    let body = payload.flatMap { $0 == .emptyObject ? nil : $0.json }
    return EvaluationScope(now: context.now, zones: context.zones) { name in
      if let variable = brought.first(where: { $0.name == name }) { return variable.value.bytes }
      if let value = instance.variable(name, from: id) { return value.bytes }
      guard let body else { return nil }
      if name == "req_json" { return payload?.bytes }
      if case .object(let members) = body { return members[name]?.bytes }
      return name == "body" ? payload?.bytes : nil
    }
  }

  func evaluate(
    _ expression: CompiledExpression, in id: ActivityID, payload: Payload? = nil, before brought: [Variable] = [], else type: IncidentType
  ) throws(StepProblem) -> Value {
    do throws(EvaluationError) {
      return try expression.evaluate(scope(of: id, payload: payload ?? self.payload(of: id), before: brought))
    } catch {
      throw StepProblem(type, "expression '\(expression.text)': \(error)")
    }
  }

  func evaluate(_ value: CompiledValue, in id: ActivityID, before brought: [Variable] = [], else type: IncidentType) throws(StepProblem)
    -> Value
  {
    switch value {
    case .text(let text): return .string(text)
    case .expression(let expression): return try evaluate(expression, in: id, before: brought, else: type)
    }
  }

  /// A text that must be there: a job's type, a message's name.
  func text(_ value: CompiledValue, in id: ActivityID, _ what: String) throws(StepProblem) -> String {
    switch try evaluate(value, in: id, else: .extractValueError) {
    case .string(let text): return text
    case let other: throw StepProblem(.extractValueError, "\(value.named(what)) is \(other.shown), and has to be a string")
    }
  }

  /// - Throws: for what is neither true nor false, as Zeebe does.
  func holds(_ condition: CompiledExpression, in id: ActivityID, payload: Payload? = nil) throws(StepProblem) -> Bool {
    try holds(condition, "condition", in: id, payload ?? self.payload(of: id), before: [])
  }

  /// - Parameter brought: variables that are seen before all others.
  func holds(_ condition: CompiledExpression, _ what: String, in id: ActivityID, _ payload: Payload?, before brought: [Variable])
    throws(StepProblem) -> Bool
  {
    do throws(EvaluationError) {
      return try condition.condition(in: scope(of: id, payload: payload, before: brought))
    } catch {
      throw StepProblem(.extractValueError, "\(what) '\(condition.text)': \(error)")
    }
  }

  func payload(of id: ActivityID) -> Payload? {
    if id == .process { return instance.rootPayload.map { instance.payloads[$0] } }
    return instance.activities[id].map { instance.payloads[$0.payload] }
  }

  // MARK: setting

  mutating func set(_ variables: [Variable], localIn scope: ActivityID) {
    guard !variables.isEmpty else { return }
    let known = instance.details[scope]?.variables
    for variable in variables { variableChanges.append(VariableChange(name: variable.name, isNew: known?[variable.name] == nil)) }
    if !collections.isEmpty { forgetCollections(madeOf: variables) }
    emit(.activity(scope, .variablesSet(variables)))
    hasNewVariables = true
  }

  /// Each goes to the nearest scope that has one of its name, else to the process.
  mutating func propagate(_ variables: [Variable], from scope: ActivityID) {
    var byOwner: [ActivityID: [Variable]] = [:]
    for variable in variables { byOwner[instance.owner(of: variable.name, from: scope) ?? .process, default: []].append(variable) }
    for owner in byOwner.keys.sorted() { set(byOwner[owner] ?? [], localIn: owner) }
  }

  // MARK: mappings

  /// - Source: Zeebe's variable mappings: each sees what those before it give, and when one fails none is done.
  mutating func mapInputs(of id: ActivityID, _ element: ExecutableElement) throws(StepProblem) {
    var mapped: [Variable] = []
    for mapping in element.more.inputs where isAvailable(mapping, from: id) {
      try map(mapping, of: id, to: id, localOnly: true, after: &mapped)
    }
    set(mapped, localIn: id)
  }

  /// Results go from the activity to the scope around it.
  mutating func mapOutputs(of id: ActivityID, _ element: ExecutableElement, to scope: ActivityID) throws(StepProblem) {
    var mapped: [Variable] = []
    for mapping in element.more.outputs { try map(mapping, of: id, to: scope, localOnly: false, after: &mapped) }
    propagate(mapped, from: scope)
  }

  private func map(
    _ mapping: VariableMapping, of id: ActivityID, to scope: ActivityID, localOnly: Bool, after mapped: inout [Variable]
  ) throws(StepProblem) {
    let value = try evaluate(mapping.source, in: id, before: mapped, else: .ioMappingError)
    let variable = merged(value, mapping.target, localOnly: localOnly, from: scope, after: mapped)
    mapped.removeAll { $0.name == variable.name }
    mapped.append(variable)
  }

  /// The variable with a value put at a path inside of it.
  ///
  /// - Parameter mapped: what is not set yet, but comes before it.
  func merged(_ value: Value, _ path: [String], localOnly: Bool, from scope: ActivityID, after mapped: [Variable] = []) -> Variable {
    guard path.count > 1 else { return Variable(path[0], value.json) }
    let set = localOnly ? instance.details[scope]?.variables[path[0]] : instance.variable(path[0], from: scope)
    let known = mapped.first { $0.name == path[0] }?.value ?? set
    return Variable(path[0], (known?.json ?? .null).putting(value.json, at: path[1...]))
  }
}

extension JSON {
  /// Objects on the way are made where there are none.
  fileprivate func putting(_ value: JSON, at path: ArraySlice<String>) -> JSON {
    guard let name = path.first else { return value }
    var object = self.object ?? JSON.Object()
    object[name] = (object[name] ?? .null).putting(value, at: path.dropFirst())
    return .object(object)
  }
}

extension Payload {
  /// The members of an object as variables; nil when it is none.
  package var asVariables: [Variable]? {
    guard case .object(let object)? = json else { return nil }
    return object.members.map { Variable($0.name, $0.value) }
  }

  /// An object of variables, put together from their encoded forms.
  package init(variables: [Variable]) {
    var bytes: [UInt8] = [UInt8(ascii: "{")]
    for (index, variable) in variables.enumerated() {
      if index > 0 { bytes.append(UInt8(ascii: ",")) }
      bytes += JSON.string(variable.name).bytes
      bytes.append(UInt8(ascii: ":"))
      bytes += variable.value.bytes
    }
    bytes.append(UInt8(ascii: "}"))
    self.init(bytes: bytes, contentType: "application/json")
  }
}
