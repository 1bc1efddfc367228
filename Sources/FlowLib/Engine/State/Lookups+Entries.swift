extension Lookups {
  /// Every entry as a line, in order: two that find the same things have the same lines, whatever they left behind.
  package var entries: [String] {
    let due = agenda.all.map { "\($0.due.milliseconds) \($0.item)" }
    let messages = lines("message", messageWaits.map { ("\($0.key.name) \($0.key.correlationKey)", $0.value.all) })
    let signals = lines("signal", signalWaits.map { ($0.key, $0.value.all) })
    let jobs = lines("jobs", jobs.map { ($0.key, $0.value.all) })
    let named = places.map { "place \($0.key.raw) \($0.value.text)" }.sorted()
    let others =
      propertyWaits.map { "properties \($0.key) \($0.value)" }
      + started.map { "started \($0.key.deployment.raw) \($0.key.correlationKey) \($0.value.raw)" }
    return due + messages + signals + jobs + named + others.sorted()
  }

  private func lines(_ kind: String, _ found: [(name: String, places: [WaitPlace])]) -> [String] {
    found.flatMap { name, places in places.map { "\(kind) \(name) \($0.text)" } }.sorted()
  }
}

extension WaitPlace {
  fileprivate var text: String { "\(instance.raw) \(activity.raw) \(wait.raw)" }
}
