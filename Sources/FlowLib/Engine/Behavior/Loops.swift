import FlowCore
import FlowFEEL

// Loops of activities. The body is an activity with the same element as its iterations, which are inside of it.
//
// Source: BPMN 2.0.2, 13.3.6 and 13.3.7, loop and multi-instance activities; Zeebe's collections.

extension Draft {
  /// Whether an activity is one iteration of the loop around it.
  func isIteration(_ activity: Activity) -> Bool {
    process[activity.element].more.loop != nil && instance.activities[activity.scope]?.element == activity.element
  }

  func isIteration(_ token: PendingToken) -> Bool { instance.activities[token.scope]?.element == token.element }

  /// A token comes to an activity with a loop: its body begins.
  mutating func enterLoop(_ token: PendingToken, _ element: ExecutableElement, _ loop: ExecutableLoop) {
    let id = newActivity()
    emit(.activated(id, token.element, .open))
    beginLoop(id, element, loop)
  }

  mutating func beginLoop(_ id: ActivityID, _ element: ExecutableElement, _ loop: ExecutableLoop) {
    attempt(id, .activating) { (draft) throws(StepProblem) in
      let total = try draft.iterations(of: loop, in: id)
      try draft.openBoundaryEvents(of: id, element)
      draft.emit(.activity(id, .loopBegan(LoopState(total: total))))
      draft.prepareOutputs(of: loop, in: id, total)
      try draft.continueLoop(id, element, loop)
    }
  }

  /// How many iterations there will be; nil when a condition tells as they go.
  private func iterations(of loop: ExecutableLoop, in id: ActivityID) throws(StepProblem) -> Int? {
    guard case .multiInstance(let multi) = loop else { return nil }
    let count: Int
    if let collection = multi.collection {
      guard case .list(let list) = try evaluate(collection, in: id, else: .extractValueError) else {
        throw StepProblem(.extractValueError, "input collection '\(collection.text)' is not a list")
      }
      count = list.count
    } else if let cardinality = multi.cardinality {
      guard let number = try evaluate(cardinality, in: id, else: .extractValueError).number?.int64, number >= 0, number < 1 << 40 else {
        throw StepProblem(.extractValueError, "loop cardinality '\(cardinality.text)' is not a number from 0 on")
      }
      count = Int(number)
    } else {
      count = 0
    }
    guard count <= Limits.iterations else {
      throw StepProblem(.extractValueError, "\(count) iterations are over the limit of \(Limits.iterations)")
    }
    return count
  }

  private mutating func prepareOutputs(of loop: ExecutableLoop, in id: ActivityID, _ total: Int?) {
    guard case .multiInstance(let multi) = loop, let name = multi.outputCollection else { return }
    set([Variable(name, .array([JSON](repeating: .null, count: total ?? 0)))], localIn: id)
  }

  /// Lets iterations begin, or the body end when there are none to come.
  private mutating func continueLoop(_ id: ActivityID, _ element: ExecutableElement, _ loop: ExecutableLoop) throws(StepProblem) {
    guard let state = instance.details[id]?.loop else { return }
    switch loop {
    case .standard(let condition, let testBefore, let maximum):
      let tests = testBefore || state.completed > 0
      var goesOn = maximum.map { state.placed < $0 } ?? true
      if goesOn, tests, let condition {
        let rounds = [Variable("loopCounter", .int(Int64(state.completed)))]
        goesOn = try holds(condition, "loop condition", in: id, payload(of: id), before: rounds)
      }
      if goesOn, tests, condition == nil, maximum == nil { goesOn = false }
      if goesOn { emit(.activity(id, .iterationsPlaced(1))) } else { endLoop(id, element) }
    case .multiInstance(let multi):
      guard let total = state.total, state.placed < total else {
        if state.active == 0 { endLoop(id, element) }
        return
      }
      let count = multi.isSequential ? 1 : min(total - state.placed, Limits.iterationsAtOnce)
      emit(.activity(id, .iterationsPlaced(count)))
    }
  }

  /// Parallel bodies begin their iterations in portions, so that no command grows with the collection.
  ///
  /// - Returns: false when none has more to begin.
  mutating func placeMoreIterations() -> Bool {
    let open = instance.openLoops.keys.filter { id in
      guard instance.details[id]?.incident == nil, let activity = instance.activities[id],
        case .multiInstance(let multi)? = process[activity.element].more.loop
      else { return false }
      return !multi.isSequential
    }
    guard let id = open.min(), let loop = instance.details[id]?.loop, let total = loop.total else { return false }
    emit(.activity(id, .iterationsPlaced(min(total - loop.placed, Limits.iterationsAtOnce))))
    return true
  }

  /// Gives an iteration its item and its number.
  mutating func beginIteration(_ id: ActivityID, _ element: ExecutableElement) throws(StepProblem) {
    guard let activity = instance.activities[id], isIteration(activity), let loop = element.more.loop,
      let iteration = instance.details[id]?.iteration
    else { return }
    var variables = [Variable("loopCounter", .int(Int64(iteration)))]
    if case .multiInstance(let multi) = loop {
      if let name = multi.inputElement, let collection = multi.collection {
        let items = try items(of: collection, in: activity.scope)
        variables.append(Variable(name, items[safe: iteration - 1]?.json ?? .null))
      }
      // What the output is made of must not come from outside.
      if let output = multi.outputElement, let name = output.names.first, output.names.count == 1, name == output.plainName,
        name != multi.inputElement
      {
        variables.append(Variable(name, .null))
      }
    }
    set(variables, localIn: id)
  }

  /// All iterations that begin in one command look at a collection that was evaluated once.
  private mutating func items(of collection: CompiledExpression, in body: ActivityID) throws(StepProblem) -> [Value] {
    if let known = collections[body] { return known.items }
    guard case .list(let list) = try evaluate(collection, in: body, else: .extractValueError) else {
      throw StepProblem(.extractValueError, "input collection '\(collection.text)' is not a list any more")
    }
    collections[body] = LoopCollection(items: list.items, names: collection.names)
    return list.items
  }

  mutating func forgetCollections(madeOf variables: [Variable]) {
    collections = collections.filter { _, known in !variables.contains { known.names.contains($0.name) } }
  }

  /// What a completed iteration adds to the output collection.
  func iterationOutput(of id: ActivityID, _ element: ExecutableElement) throws(StepProblem) -> Payload? {
    guard let activity = instance.activities[id], isIteration(activity), case .multiInstance(let multi)? = element.more.loop,
      multi.outputCollection != nil, let output = multi.outputElement
    else { return nil }
    return Payload(json: try evaluate(output, in: id, else: .extractValueError).json)
  }

  /// Whether a loop ends with this iteration, whose variables its completion condition sees, and what is collected so far.
  func endsLoop(_ id: ActivityID, _ element: ExecutableElement, _ output: Payload?) throws(StepProblem) -> Bool {
    guard let activity = instance.activities[id], isIteration(activity), case .multiInstance(let multi)? = element.more.loop,
      let condition = multi.completionCondition, var state = instance.details[activity.scope]?.loop
    else { return false }
    state.completed += 1
    var collected: [Variable] = []
    if let name = multi.outputCollection, condition.names.contains(name) {
      if let output, let iteration = instance.details[id]?.iteration { state.outputs[iteration] = output }
      collected = [Variable(name, state.collected)]
    }
    return try holds(condition, countedBy: state, in: id, before: collected)
  }

  /// An iteration is over; the next begins, or the body ends.
  ///
  /// - Parameter known: the variables that the iteration had for itself; conditions see them.
  mutating func iterated(_ activity: Activity, _ iteration: Int, _ output: Payload?, _ known: [Variable] = [], endsLoop: Bool) {
    let body = activity.scope
    let element = process[activity.element]
    guard let loop = element.more.loop else { return }
    emit(.activity(body, .iterationCompleted(iteration, output: output)))
    attempt(body, .active) { (draft) throws(StepProblem) in
      if case .multiInstance(let multi) = loop, let state = draft.instance.details[body]?.loop {
        try draft.throwLoopEvents(multi, state, in: body, known)
        guard draft.instance.activities[body] != nil else { return }
      }
      guard !endsLoop else {
        draft.cancelCalls(in: body)
        draft.emit(.scopeCleared(body))
        return draft.endLoop(body, element)
      }
      try draft.goOn(with: loop, body, element)
    }
  }

  /// An iteration was ended from outside; the others go on.
  mutating func iterationTerminated(in body: ActivityID) {
    guard let activity = instance.activities[body], let loop = process[activity.element].more.loop else { return }
    let element = process[activity.element]
    emit(.activity(body, .iterationTerminated))
    goOnAgain(with: loop, body, element)
  }

  /// Also after an incident of the body.
  mutating func goOnAgain(with loop: ExecutableLoop, _ body: ActivityID, _ element: ExecutableElement) {
    attempt(body, .active) { (draft) throws(StepProblem) in try draft.goOn(with: loop, body, element) }
  }

  private mutating func goOn(with loop: ExecutableLoop, _ body: ActivityID, _ element: ExecutableElement) throws(StepProblem) {
    guard case .multiInstance(let multi) = loop, let state = instance.details[body]?.loop else {
      return try continueLoop(body, element, loop)
    }
    if multi.isSequential {
      guard state.active == 0 else { return }
      try continueLoop(body, element, loop)
    } else if state.active == 0, state.placed == state.total {
      endLoop(body, element)
    }
  }

  func holds(
    _ condition: CompiledExpression, countedBy state: LoopState, in id: ActivityID, before collected: [Variable] = []
  ) throws(StepProblem) -> Bool {
    let counts: [(String, Int)] = [
      ("numberOfInstances", state.total ?? state.placed), ("numberOfActiveInstances", state.active),
      ("numberOfCompletedInstances", state.completed), ("numberOfTerminatedInstances", state.terminated),
    ]
    do throws(EvaluationError) {
      let brought = counts.map { Variable($0.0, .int(Int64($0.1))) } + collected
      return try condition.condition(in: scope(of: id, payload: payload(of: id), before: brought))
    } catch {
      throw StepProblem(.extractValueError, "completion condition '\(condition.text)': \(error)")
    }
  }

  /// The body ends: what was collected goes to the scope around it.
  private mutating func endLoop(_ id: ActivityID, _ element: ExecutableElement) {
    guard let activity = instance.activities[id], let state = instance.details[id]?.loop else { return }
    if case .multiInstance(let multi)? = element.more.loop, let name = multi.outputCollection {
      propagate([Variable(name, state.collected)], from: activity.scope)
    }
    attempt(id, .completing) { (draft) throws(StepProblem) in
      let flows = try draft.flowsOut(of: element, in: activity.scope)
      draft.rememberCompensation(of: activity, element)
      draft.emit(.completed(id, nil, flows: flows))
      draft.settle(activity.scope)
    }
  }
}

extension LoopState {
  /// The outputs in the order of the iterations, null where there is none.
  fileprivate var collected: JSON {
    .array((1...max(1, total ?? 0)).prefix(total ?? 0).map { outputs[$0]?.json ?? .null })
  }
}

extension CompiledExpression {
  /// The name at the beginning, when the expression is nothing but one or a path into its value.
  fileprivate var plainName: String? {
    let path = text.drop { $0 == "=" || $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed()
    guard path.allSatisfy({ $0.isLetter || $0.isNumber || $0 == "_" || $0 == "." }) else { return nil }
    return path.split(separator: ".").first.map { String($0) }
  }
}

/// What a loop goes over, and the variables that it is made of.
struct LoopCollection: Sendable {
  let items: [Value]
  let names: [String]
}
