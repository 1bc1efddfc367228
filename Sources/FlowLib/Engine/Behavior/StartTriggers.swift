import FlowCore

// Instances that begin by events: parallel multiple start events, receive tasks and event-based gateways that instantiate.

extension ExecutableElement {
  /// A start event of which all triggers have to come.
  var needsAllTriggers: Bool { more.isParallelMultiple && more.events.count > 1 }
}

extension Batch {
  /// One trigger of a start event that needs several has come; with the last of them an instance begins.
  ///
  /// - Source: BPMN 2.0.2, 13.5.1, parallel multiple start events.
  mutating func see(
    _ definition: Int, at place: StartPlace, of deployment: Key, _ variables: [Variable], in state: PartitionState, catalog: Catalog,
    context: DecisionContext
  ) {
    guard let known = state.deployments[deployment], let process = catalog[deployment], known.canTake(definition, at: place) else { return }
    let (before, isAdopted) = known.seen(at: place, before: definition)
    let seen = before.adding(definition, variables)
    if isAdopted { emit(.triggersSeen(deployment, StartPlace(element: place.element, correlationKey: ""), nil)) }
    guard seen.definitions.count == process[place.element].more.events.count else {
      return emit(.triggersSeen(deployment, place, seen))
    }
    if known.seenTriggers[place] != nil { emit(.triggersSeen(deployment, place, nil)) }
    let startKey = place.correlationKey.isEmpty ? nil : place.correlationKey
    start(deployment, place.element, seen.variables, startKey: startKey, in: state, catalog: catalog, context: context)
    guard startKey == nil else { return }
    // Those that came twice had to wait for their turn.
    for event in process[place.element].more.events {
      guard case .message(.text(let name), _) = event else { continue }
      let topic = Topic(name: name, correlationKey: "")
      for message in state.messages.all(of: topic, notTakenBy: process.processID, at: context.now).prefix(2) {
        queue(.correlate(message: message))
      }
    }
  }
}

extension Draft {
  /// What has happened belongs to the start event, whose mappings say what of it the instance gets.
  mutating func begin(mappedBy event: ElementIndex, _ variables: [Variable]) {
    let id = newActivity()
    emit(.activity(.process, .began(id, event, start: nil)))
    set(variables, localIn: process[event].more.outputs.isEmpty ? .process : id)
    start(id, process[event])
  }

  /// The event that begins the instance has happened before there was one; what else its gateway needs is waited for.
  mutating func begin(with event: ElementIndex, besides others: [ElementIndex], _ variables: [Variable]) {
    let element = process[event]
    for other in others {
      let id = newActivity()
      emit(.activity(.process, .began(id, other, start: nil)))
      start(id, process[other])
    }
    guard !isFinished else { return }
    guard element.more.leavesAtOnce else { return begin(mapping: event, in: .process, variables) }
    do throws(StepProblem) {
      emit(.activity(.process, .fired(event, flows: try flowsOut(of: element, in: .process))))
    } catch {
      return fail("FAILED_TASK", error.message, at: event, input: .emptyObject)
    }
    settle(.process)
  }
}
