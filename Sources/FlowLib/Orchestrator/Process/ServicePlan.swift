/// What is known of a service that was started.
struct ObservedService: Equatable {
  /// running → stopping → down; running → down when it ends by itself; down → running.
  enum Phase: Equatable {
    case running
    case stopping(sinceMs: Int64, isKilled: Bool)
    case down(restartAtMs: Int64)
  }

  var spec: ServiceSpec
  var phase: Phase
}

/// What to do next.
enum ServiceAction: Equatable {
  case terminate(ServiceKey)
  case kill(ServiceKey)
  case forget(ServiceKey)
  case start(ServiceSpec)
}

/// Compares what should run with what does. No clock, no process: times come in.
enum ServicePlan {
  /// How long a service may take after SIGTERM.
  static let graceMs: Int64 = 5_000

  /// - Returns: actions in the order of the keys, stops before starts.
  static func plan(desired: [ServiceSpec], observed: [ObservedService], nowMs: Int64) -> [ServiceAction] {
    let wanted = Dictionary(desired.map { ($0.key, $0) }) { first, _ in first }
    let known = Set(observed.map(\.spec.key))
    var stops: [ServiceAction] = []
    var starts = desired.filter { !known.contains($0.key) }
    for service in observed {
      switch step(service, wanted[service.spec.key], nowMs) {
      case .start(let spec)?: starts.append(spec)
      case let stop?: stops.append(stop)
      case nil: break
      }
    }
    return stops.sorted { key($0) < key($1) } + starts.sorted { $0.key < $1.key }.map { .start($0) }
  }

  private static func step(_ service: ObservedService, _ wanted: ServiceSpec?, _ nowMs: Int64) -> ServiceAction? {
    let key = service.spec.key
    switch service.phase {
    case .running: return wanted?.command == service.spec.command ? nil : .terminate(key)
    case .stopping(let sinceMs, let isKilled): return !isKilled && nowMs - sinceMs >= graceMs ? .kill(key) : nil
    case .down(let restartAtMs):
      guard let wanted else { return .forget(key) }
      // A new command need not wait for the old one's back-off.
      return nowMs >= restartAtMs || wanted.command != service.spec.command ? .start(wanted) : nil
    }
  }

  /// When `plan` may say something new without anything having happened.
  static func nextMs(_ observed: [ObservedService]) -> Int64? {
    observed.compactMap { service in
      switch service.phase {
      case .running, .stopping(_, isKilled: true): nil
      case .stopping(let sinceMs, isKilled: false): sinceMs + graceMs
      case .down(let restartAtMs): restartAtMs
      }
    }.min()
  }

  private static func key(_ action: ServiceAction) -> ServiceKey {
    switch action {
    case .terminate(let key), .kill(let key), .forget(let key): key
    case .start(let spec): spec.key
    }
  }
}

/// How long a service that ended by itself waits: 100 ms, doubled each time up to 30 s, from the start again after a minute up.
struct RestartBackoff: Equatable {
  private(set) var failures = 0

  mutating func ended(afterMs upMs: Int64) -> Int64 {
    if upMs >= 60_000 { failures = 0 }
    defer { failures += 1 }
    return min(30_000, 100 << Int64(min(failures, 20)))
  }
}
