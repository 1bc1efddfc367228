import FlowEngine

/// The name of an enum's case, without what it holds.
func caseName(_ value: Any) -> String {
  let mirror = Mirror(reflecting: value)
  return mirror.children.first?.label ?? "\(value)"
}

extension Command {
  var kindName: String { caseName(self) }
}

extension Delivery {
  var kindName: String { caseName(self) }
}

extension DueItem {
  var kindName: String { caseName(self) }
}

/// What the elements of the deployed models are, for counting which were entered.
final class PlaceNames: @unchecked Sendable {
  // Safety: one seed lives on one thread.
  private var names: [Key: [String]] = [:]

  func learn(_ process: ExecutableProcess, as deployment: Key) {
    guard names[deployment] == nil else { return }
    names[deployment] = process.elements.map { "element \(PlaceNames.name($0))" }
  }

  private static func name(_ element: ExecutableElement) -> String {
    var words = [caseName(element.kind)]
    words += element.more.events.map { caseName($0) }
    if !element.more.events.isEmpty, !element.more.isInterrupting { words.append("beside") }
    if element.more.isParallelMultiple { words.append("all") }
    if let loop = element.more.loop { words.append(loopName(loop)) }
    if element.more.isForCompensation { words.append("undoing") }
    return words.joined(separator: " ")
  }

  private static func loopName(_ loop: ExecutableLoop) -> String {
    switch loop {
    case .standard: "loop"
    case .multiInstance(let multi): multi.isSequential ? "sequential" : "parallel"
    }
  }

  /// - Parameter state: after the event.
  func see(_ event: Event, in state: PartitionState, _ chance: SimulatedChance) {
    guard case .instance(let key, let change) = event else { return }
    let deployment: Key?
    if case .created(let created) = change { deployment = created.deployment } else { deployment = state.instances[key]?.deployment }
    guard let deployment, let names = names[deployment], let element = change.entered else { return }
    chance.see(names[element.raw])
  }
}

extension InstanceEvent {
  /// The element that a token came to, or that began.
  fileprivate var entered: ElementIndex? {
    switch self {
    case .passed(let element, _), .activated(_, let element, _), .arrived(let element, _), .ended(let element),
      .caught(_, let element, _, _):
      element
    case .activity(_, .fired(let element, _)), .activity(_, .chosen(let element, _)), .activity(_, .began(_, let element, _)): element
    case .created, .completed, .joined, .scopeCleared, .failed, .stopped, .retried, .migrated, .activity, .finished, .deleted: nil
    }
  }
}
