import FlowCore
import FlowEngine
import FlowRuntime
import FlowStorage
import FlowView

extension Server {
  /// Creates an instance; the answer comes when it is durable, on the partition's thread.
  package func createInstance(
    of deployment: Key, start: String?, payload: Payload, metadata: [(name: String, value: String)], requestID: String? = nil,
    isStopped: Bool = false, reply: @escaping @Sendable (Result<(id: InstanceID, position: Position), Refusal>) -> Void
  ) {
    var create = CreateInstance(deployment: deployment, startEventID: start, payload: payload, metadata: metadata, requestID: requestID)
    create.isStopped = isStopped
    partition.send(.createInstance(create), lane: .creates) { result in
      reply(
        result.map { answered in
          guard case .instance(let id) = answered.answer else { preconditionFailure("an instance was created without an id") }
          return (id, answered.position)
        })
    }
  }

  /// Everything told so far, as readers must have it.
  private var latest: NotBefore { NotBefore(Server.partitionID, position) }

  /// Rows by id, or all; newest first, until `take` has enough. The report of a STOPPED instance comes from the partition.
  package func eachInstance(
    ids: [String] = [], metadata: [(name: String, value: String)] = [], take: (InstanceRow) -> Bool
  ) throws(Status) {
    var cursor: ViewCursor?
    let filter = InstanceFilter(ids: ids, metadata: metadata.map { MetadataPair($0.name, $0.value) })
    repeat {
      let page = try list(filter, before: cursor, limit: Limits.pageRows)
      for row in withReports(page.rows) where !take(row) { return }
      cursor = page.next
    } while cursor != nil
  }

  package func list(
    _ filter: InstanceFilter, before cursor: ViewCursor?, limit: Int, results: Bool = true, notBefore: Position? = nil
  ) throws(Status) -> InstancePage {
    let position = max(notBefore ?? .start, self.position)
    guard position == self.position || notBefore == nil else {
      throw Status(
        .outOfRange, "position \(position) is beyond the journal, which is at \(self.position)", hint: "use a position that flowd gave")
    }
    do throws(StoreError) {
      return try view.list(filter, before: cursor, limit: limit, results: results, notBefore: NotBefore(Server.partitionID, position))
        .value
    } catch {
      switch error {
      case .tooLarge, .invalid: throw Status(.invalidArgument, error.description)
      case .fenced, .full, .io, .corrupt, .tooNew, .locked, .trimmed, .compacted, .closed, .unavailable, .unknown:
        throw Status(.unavailable, error.description)
      }
    }
  }

  package func instance(_ id: String) throws(Status) -> InstanceRow? {
    do throws(StoreError) {
      return try view.get(id, notBefore: latest).value.map { withReports([$0])[0] }
    } catch {
      throw Status(.unavailable, error.description)
    }
  }

  package func history(of id: String) throws(Status) -> [HistoryEntry] {
    do throws(StoreError) { return try view.history(id, notBefore: latest).value?.entries ?? [] } catch {
      throw Status(.unavailable, error.description)
    }
  }

  /// Instances per state of one deployment, or of all.
  package func counts(of deployment: String? = nil) -> [InstanceCount] {
    do throws(StoreError) { return try view.counts(deployment: deployment, notBefore: latest).value } catch {
      configuration.log.warning("instances can not be counted", ["error": "\(error)"])
      return []
    }
  }

  /// Unfinished instances of each deployment that has any.
  package var unfinishedInstances: [String: Int] {
    counts().reduce(into: [:]) { sums, item in
      if !item.state.isFinal { sums[item.deployment, default: 0] += item.count }
    }
  }

  package func unfinishedInstances(of deployment: String) -> Int {
    counts(of: deployment).filter { !$0.state.isFinal }.reduce(0) { $0 + $1.count }
  }

  /// Every change of instances from now on, after it can be read.
  package func watchInstances(
    instance: String?, deployment: String?, after: UInt64?, _ handler: @escaping @Sendable ([FeedItem]) -> Void
  ) throws(Status) -> WatchToken {
    do throws(StoreError) {
      return try view.subscribe(FeedFilter(instance: instance, deployment: deployment), after: after, handler)
    } catch {
      throw Status(.outOfRange, error.description)
    }
  }

  package var feedNumber: UInt64 { view.feedNumber }

  /// What a live instance is doing.
  package struct LiveInstance: Sendable {
    package let elements: [Active]

    package struct Active: Sendable {
      package let element: ExecutableElement
      package let waitsFor: String
      /// Nil for a token that waits at a join.
      package var activity: ActivityID?
      package var scope = ActivityID.process
      package var job: Key?
      package var userTask: Key?
      package var incident: Key?
      package var called: InstanceID?
    }
  }

  package func live(_ id: InstanceID) -> LiveInstance? {
    let looked = partition.look { state, catalog -> LiveInstance? in
      guard let instance = state.instances[id.key], instance.id == id, let process = catalog[instance.deployment] else { return nil }
      var active = instance.activitiesInOrder.map { LiveInstance.Active($0, of: instance, process) }
      active += instance.waiting.map { LiveInstance.Active(element: process[$0.element], waitsFor: "join", scope: $0.scope) }
      return LiveInstance(elements: active)
    }
    return looked?.value
  }

  package func instanceState(of id: InstanceID) -> InstanceState? {
    if let state = partition.look({ state, _ in state.instances[id.key].flatMap { $0.id == id ? $0.state : nil } })?.value { return state }
    do throws(Status) { return try instance(id.text)?.state } catch { return nil }
  }

  /// The report of a failure belongs to the live state until the instance ends.
  private func withReports(_ rows: [InstanceRow]) -> [InstanceRow] {
    let stopped = rows.filter { $0.state == .stopped }.compactMap { InstanceID($0.id) }
    guard !stopped.isEmpty else { return rows }
    let looked = partition.look { state, _ in
      stopped.reduce(into: [String: Payload]()) { $0[$1.text] = state.instances[$1.key]?.failure?.report }
    }
    return rows.map { row in
      guard let report = looked?.value[row.id] else { return row }
      var row = row
      row.result = report.bytes
      row.contentType = report.contentType
      return row
    }
  }

  // MARK: from outside

  /// Somebody reports that an instance failed (the original's `/instancefail`).
  package func failInstance(_ id: InstanceID, _ failure: ServiceFailure) -> Result<Answered, Refusal> {
    ask(.failInstance(id.key, failure))
  }

  /// Somebody ends an instance (the original's `POST /`).
  package func endInstance(_ id: InstanceID, result: Payload) -> Result<Answered, Refusal> { ask(.endInstance(id.key, result: result)) }
}
