import FlowCore
import FlowEngine

extension Server {
  /// What the live instances wait for, where all of it has to come from outside: no timer runs, no service is called, nothing is on its way.
  /// Nil when something may still happen by itself.
  package func waitsForOutside() -> [(instance: InstanceID, active: LiveInstance.Active)]? {
    let looked = partition.look { state, catalog -> [(instance: InstanceID, active: LiveInstance.Active)]? in
      var agenda = state
      guard agenda.nextDue == nil else { return nil }
      var found: [(instance: InstanceID, active: LiveInstance.Active)] = []
      for instance in state.instances.values.sorted(by: { $0.id.key < $1.id.key }) where instance.state == .running {
        guard instance.pending.isEmpty, !instance.activities.contains(where: { $0.value.job != nil }),
          let process = catalog[instance.deployment]
        else { return nil }
        let active = instance.activitiesInOrder.map { LiveInstance.Active($0, of: instance, process) }
        found += active.filter { !$0.waitsFor.isEmpty && $0.called == nil }.map { (instance.id, $0) }
      }
      return found
    }
    return looked?.value
  }
}

extension Server.LiveInstance.Active {
  init(_ activity: Activity, of instance: Instance, _ process: ExecutableProcess) {
    let element = process[activity.element]
    let details = instance.details[activity.id]
    self.init(
      element: element, waitsFor: Self.reasons(activity, element, details, process).joined(separator: ", "), activity: activity.id,
      scope: activity.scope)
    job = details?.job?.key
    userTask = details?.userTask?.key
    incident = details?.incident?.key
    called = details?.call?.id
  }

  /// Why the token does not go on, the reason that a person has to see first.
  private static func reasons(
    _ activity: Activity, _ element: ExecutableElement, _ details: Details?, _ process: ExecutableProcess
  ) -> [String] {
    if activity.hasFailed { return ["retry"] }
    if activity.job != nil { return [element.waitsForService] }
    guard let details else { return [] }
    if let incident = details.incident { return ["incident \(incident.type.name)"] }
    var reasons: [String] = []
    if let job = details.job { reasons.append(job.waitsFor) }
    if let task = details.userTask { reasons.append(task.assignee.map { "user task of \($0)" } ?? "user task") }
    if let call = details.call { reasons.append("called instance \(call.id.text)") }
    if details.phase == .compensating { reasons.append("compensation") }
    // Boundary events wait too, but the token does not wait for them.
    let boundaries = Set(element.boundaryEvents)
    let isScope = process.elements.contains { $0.scope == activity.element }
    guard !isScope else { return reasons }
    return reasons + details.waits.filter { !boundaries.contains($0.element) }.map(\.kind.words)
  }
}

extension WorkerJob {
  fileprivate var waitsFor: String {
    if let lock { return "job of type '\(type)' that '\(lock.worker)' has until \(lock.until.rfc3339)" }
    if let backoffUntil { return "job of type '\(type)', to be tried again at \(backoffUntil.rfc3339)" }
    return "job of type '\(type)'"
  }
}

extension Wait.Kind {
  fileprivate var words: String {
    switch self {
    case .timer(let due, _): "timer until \(due.rfc3339)"
    case .message(let name, let key): "message '\(name)' with key '\(key)'"
    case .signal(let name): "signal '\(name)'"
    case .condition: "condition"
    }
  }
}

extension ExecutableElement {
  /// What a call from here waits for, in a word or two.
  fileprivate var waitsForService: String {
    switch kind {
    case .exclusiveGateway: "decision"
    case .serviceTask, .startEvent, .endEvent, .task, .job, .userTask, .script, .catchEvent, .throwEvent, .parallelGateway,
      .inclusiveGateway, .complexGateway, .eventBasedGateway, .subProcess, .eventSubProcess, .transaction, .adHocSubProcess,
      .callActivity, .boundaryEvent:
      "service call"
    }
  }
}
