import Synchronization

/// Elections inside one process, for tests and for a node alone.
package final class MemoryElections: Sendable {
  fileprivate struct Candidate {
    var id: Int
    var node: String
    var address: String
    var epoch: UInt64
    var handler: @Sendable (LeadershipEvent) -> Void
  }

  fileprivate struct Watcher {
    var role: String
    var handler: @Sendable (Leader?) -> Void
  }

  private struct State {
    var candidates: [String: [Candidate]] = [:]
    var watchers: [Int: Watcher] = [:]
    var lastEpoch: UInt64 = 0
    var lastID = 0
    var news: [@Sendable () -> Void] = []
    var isTelling = false

    mutating func nextID() -> Int {
      lastID += 1
      return lastID
    }

    mutating func nextEpoch() -> UInt64 {
      lastEpoch += 1
      return lastEpoch
    }

    func leader(_ role: String) -> Leader? {
      candidates[role]?.first.map { Leader(epoch: $0.epoch, node: $0.node, address: $0.address) }
    }

    mutating func tellLeader(_ role: String, elected: Bool) {
      let leader = leader(role)
      if elected, let first = candidates[role]?.first { news.append { first.handler(.elected(epoch: first.epoch)) } }
      for candidate in candidates[role] ?? [] { news.append { candidate.handler(.leader(leader)) } }
      for id in watchers.keys.sorted() {
        if let watcher = watchers[id], watcher.role == role { news.append { watcher.handler(leader) } }
      }
    }

    /// Takes out a candidate; true when it led.
    mutating func remove(_ id: Int, _ role: String) -> Candidate? {
      guard let index = candidates[role]?.firstIndex(where: { $0.id == id }) else { return nil }
      let gone = candidates[role]?.remove(at: index)
      if index == 0 { tellLeader(role, elected: true) }
      return gone
    }
  }

  private let state = Mutex(State())

  package init() {}

  fileprivate func add(_ role: String, node: String, address: String, _ handler: @escaping @Sendable (LeadershipEvent) -> Void) -> Int {
    let id = state.withLock { state in
      let candidate = Candidate(id: state.nextID(), node: node, address: address, epoch: state.nextEpoch(), handler: handler)
      state.candidates[role, default: []].append(candidate)
      if state.candidates[role]?.count == 1 {
        state.tellLeader(role, elected: true)
      } else {
        let leader = state.leader(role)
        state.news.append { handler(.leader(leader)) }
      }
      return candidate.id
    }
    tell()
    return id
  }

  fileprivate func remove(_ id: Int, _ role: String) {
    state.withLock { _ = $0.remove(id, role) }
    tell()
  }

  fileprivate func watch(_ role: String, _ handler: @escaping @Sendable (Leader?) -> Void) -> Int {
    let id = state.withLock { state in
      let id = state.nextID()
      state.watchers[id] = Watcher(role: role, handler: handler)
      let leader = state.leader(role)
      state.news.append { handler(leader) }
      return id
    }
    tell()
    return id
  }

  fileprivate func unwatch(_ id: Int) { state.withLock { _ = $0.watchers.removeValue(forKey: id) } }

  fileprivate func leader(_ role: String) -> Leader? { state.withLock { $0.leader(role) } }

  /// Ends a node's lease, as if it had slept too long: it loses what it led and takes part again behind the others.
  package func expire(node: String) {
    state.withLock { state in
      for role in state.candidates.keys.sorted() {
        for old in state.candidates[role] ?? [] where old.node == node {
          let led = state.candidates[role]?.first?.id == old.id
          guard var again = state.remove(old.id, role) else { continue }
          if led { state.news.append { old.handler(.lost(reason: "the lease has ended")) } }
          again.epoch = state.nextEpoch()
          state.candidates[role, default: []].append(again)
          if state.candidates[role]?.count == 1 { state.tellLeader(role, elected: true) }
        }
      }
    }
    tell()
  }

  /// Calls handlers outside the lock; whoever comes first tells for all.
  private func tell() {
    while let next = state.withLock({ state -> (@Sendable () -> Void)? in
      guard !state.isTelling, !state.news.isEmpty else { return nil }
      state.isTelling = true
      return state.news.removeFirst()
    }) {
      next()
      state.withLock { $0.isTelling = false }
    }
  }
}

/// One node's part in elections inside one process.
package final class MemoryCoordination: Coordination {
  private struct Own {
    var isClosed = false
    var candidacies: [String: Int] = [:]
  }

  private let elections: MemoryElections
  private let node: String
  private let own = Mutex(Own())

  package init(_ elections: MemoryElections = MemoryElections(), node: String) {
    self.elections = elections
    self.node = node
  }

  package func campaign(
    _ role: String, address: String, _ handler: @escaping @Sendable (LeadershipEvent) -> Void
  ) throws(CoordinationError) -> Candidacy {
    try begin(role)
    let id = elections.add(role, node: node, address: address, handler)
    own.withLock { $0.candidacies[role] = id }
    return Candidacy { [weak self] in self?.resign(role, id) }
  }

  private func begin(_ role: String) throws(CoordinationError) {
    let problem: CoordinationError? = own.withLock { own in
      if own.isClosed { return .closed }
      return own.candidacies[role] == nil ? nil : .invalid("\(node) takes part in the election of \(role) already")
    }
    if let problem { throw problem }
  }

  private func resign(_ role: String, _ id: Int) {
    let isMine = own.withLock { own in
      guard own.candidacies[role] == id else { return false }
      own.candidacies[role] = nil
      return true
    }
    if isMine { elections.remove(id, role) }
  }

  package func leader(of role: String) throws(CoordinationError) -> Leader? {
    guard !own.withLock({ $0.isClosed }) else { throw .closed }
    return elections.leader(role)
  }

  package func watchLeader(of role: String, _ handler: @escaping @Sendable (Leader?) -> Void) throws(CoordinationError) -> Candidacy {
    guard !own.withLock({ $0.isClosed }) else { throw .closed }
    let (elections, id) = (elections, elections.watch(role, handler))
    return Candidacy { elections.unwatch(id) }
  }

  package func close() {
    let mine = own.withLock { own in
      own.isClosed = true
      defer { own.candidacies = [:] }
      return own.candidacies
    }
    for (role, id) in mine.sorted(by: { $0.key < $1.key }) { elections.remove(id, role) }
  }
}
