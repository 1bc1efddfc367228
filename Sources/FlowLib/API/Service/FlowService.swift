import FlowBPMN
import FlowCore
import FlowEngine
import FlowOrchestrator
import FlowRPC
import FlowRuntime
import FlowServer
import FlowStorage
import FlowThreads
import FlowView
import Glibc

/// flow.v1.Flow over a node.
package struct FlowService: FlowV1.FlowService {
  let server: Server
  /// Writes a backup of the store to a path.
  private let backup: @Sendable (_ path: String) throws(Status) -> Void
  private let temporaryFolder: String
  private let backups = Counter()

  package init(_ server: Server, temporaryFolder: String, backup: @escaping @Sendable (_ path: String) throws(Status) -> Void) {
    self.server = server
    self.temporaryFolder = temporaryFolder
    self.backup = backup
  }

  func later<Request, Response>(
    _ call: UnaryCall<Request, Response>, _ body: @escaping @Sendable (Request) throws(Status) -> Response
  ) {
    let isTaken = server.control.async {
      do throws(Status) { call.respond(try body(call.request)) } catch { call.fail(error) }
    }
    if !isTaken { call.fail(FlowService.busy) }
  }

  private func later<Request, Response>(
    _ call: ServerStreamCall<Request, Response>, _ body: @escaping @Sendable () throws(Status) -> Void
  ) {
    let isTaken = server.control.async {
      do throws(Status) { try body() } catch { call.finish(error) }
    }
    if !isTaken { call.finish(FlowService.busy) }
  }

  static let busy = Status(.unavailable, "flowd is stopping or has too much to do", hint: "try again later")

  // MARK: deployments

  package func apply(_ call: UnaryCall<FlowV1.ApplyRequest, FlowV1.ApplyResponse>) {
    later(call) { request throws(Status) in
      let model = PreparedModel(request.bpmnXML)
      var response = FlowV1.ApplyResponse()
      do throws(ApplyFailure) {
        let applied = try server.apply(model, resourceName: request.resourceName, isStopped: request.stopped)
        response.deploymentID = applied.deploymentID
        response.unchanged = applied.isUnchanged
        response.version = UInt32(clamping: applied.version)
        response.findings = applied.findings.map { FlowV1.Finding($0) }
        response.processes = applied.deployments.map { FlowV1.AppliedProcess($0) }
        return response
      } catch {
        throw Status(error, model)
      }
    }
  }

  package func listDeployments(_ call: UnaryCall<FlowV1.ListDeploymentsRequest, FlowV1.ListDeploymentsResponse>) {
    later(call) { request throws(Status) in
      let after = request.pageToken.isEmpty ? 0 : UInt64(request.pageToken)
      guard let after else { throw FlowService.foreignToken }
      let wanted = request.names.map { $0.lowercased() }
      let rest = server.board.all.filter { status in
        status.deployment.key.raw > after && (wanted.isEmpty || wanted.contains { status.id.lowercased().contains($0) })
      }
      let limit = request.pageSize == 0 ? Int.max : min(Int(request.pageSize), Limits.pageRows)
      let unfinished = server.unfinishedInstances
      var response = FlowV1.ListDeploymentsResponse()
      var bytes = 0
      for status in rest {
        var shown = describe(status)
        shown.instancesRunning = UInt64(clamping: unfinished[status.id] ?? 0)
        bytes += shown.wireSize
        // One is always told, so that whoever asks for the next page comes to an end.
        if response.deployments.count == limit || (bytes > Limits.pageBytes && !response.deployments.isEmpty) { break }
        response.deployments.append(shown)
      }
      if response.deployments.count < rest.count {
        response.nextPageToken = String(rest[response.deployments.count - 1].deployment.key.raw)
      }
      response.position = server.board.position.raw
      return response
    }
  }

  static let foreignToken = Status(.invalidArgument, "page_token is not one of ours", hint: "the next_page_token of an answer")

  package func watchDeployments(_ call: ServerStreamCall<FlowV1.WatchDeploymentsRequest, FlowV1.DeploymentEvent>) {
    later(call) { () throws(Status) in
      let outbox = StreamOutbox(call)
      let token = server.board.listen { position, id, status in
        var event = FlowV1.DeploymentEvent()
        event.position = position.raw
        if let status {
          event.deployment = describe(status)
        } else {
          var gone = FlowV1.Deployment()
          gone.id = id
          event.deployment = gone
          event.deleted = true
        }
        outbox.send(event)
      }
      call.context.onCancel { server.board.stopListening(token) }
      var done = FlowV1.DeploymentEvent()
      done.position = server.board.position.raw
      done.snapshotDone = true
      outbox.send(done)
    }
  }

  /// Without counts of instances: a watcher's events are made on the partition's thread, which must not ask the view.
  private func describe(_ status: DeploymentStatus) -> FlowV1.Deployment {
    var shown = FlowV1.Deployment(status)
    shown.probes = server.probeTargets(of: status).map { FlowV1.ProbeTarget($0) }
    shown.health = server.health(of: status.id).map { FlowV1.ElementHealth($0) }
    return shown
  }

  package func reportProbes(_ call: UnaryCall<FlowV1.ReportProbesRequest, FlowV1.ReportProbesResponse>) {
    later(call) { request throws(Status) in
      let reports = request.reports.map { (deployment: $0.deploymentID, elements: $0.elements.map { ElementStatus($0) }) }
      var response = FlowV1.ReportProbesResponse()
      response.unknownDeploymentIDs = server.reported(reports, from: request.healthAddress)
      return response
    }
  }

  // MARK: instances

  package func createInstance(_ call: UnaryCall<FlowV1.CreateInstanceRequest, FlowV1.CreateInstanceResponse>) {
    let request = call.request
    let status: DeploymentStatus
    do throws(Status) { status = try server.board.named(request.deployment) } catch { return call.fail(error) }
    let payload =
      request.payload.isEmpty
      ? Payload.emptyObject
      : Payload(bytes: request.payload, contentType: request.contentType.isEmpty ? "application/json" : request.contentType)
    server.createInstance(
      of: status.deployment.key, start: request.startEventID.isEmpty ? nil : request.startEventID, payload: payload,
      metadata: request.metadata.sorted { $0.key < $1.key }.map { ($0.key, $0.value) },
      requestID: request.requestID.isEmpty ? nil : request.requestID
    ) { outcome in
      switch outcome {
      case .success(let created):
        var response = FlowV1.CreateInstanceResponse()
        response.instanceID = created.id.text
        response.position = created.position.raw
        call.respond(response)
      case .failure(let refusal): call.fail(Status(refusal))
      }
    }
  }

  package func listInstances(_ call: UnaryCall<FlowV1.ListInstancesRequest, FlowV1.ListInstancesResponse>) {
    later(call) { request throws(Status) in
      let filter = InstanceFilter(
        ids: request.ids, deployment: request.deploymentID.isEmpty ? nil : request.deploymentID,
        states: InstanceState(request.state).map { [$0] } ?? [],
        metadata: request.metadata.sorted { $0.key < $1.key }.map { MetadataPair($0.key, $0.value) })
      let cursor = Int64(request.pageToken).map { ViewCursor($0) }
      guard cursor != nil || request.pageToken.isEmpty else { throw FlowService.foreignToken }
      let limit = request.pageSize == 0 ? 100 : min(Int(request.pageSize), Limits.pageRows)
      let page = try server.list(filter, before: cursor, limit: limit, notBefore: Position(request.notBefore))
      var response = FlowV1.ListInstancesResponse()
      response.instances = page.rows.map { FlowV1.Instance($0) }
      response.nextPageToken = page.next.map { String($0.raw) } ?? ""
      response.position = server.position.raw
      return response
    }
  }

  package func getInstance(_ call: UnaryCall<FlowV1.GetInstanceRequest, FlowV1.GetInstanceResponse>) {
    later(call) { request throws(Status) in
      guard let row = try server.instance(request.id) else {
        throw Status(.notFound, "no instance '\(request.id)'", hint: "`flowctl ps` lists them")
      }
      var response = FlowV1.GetInstanceResponse()
      response.instance = FlowV1.Instance(row)
      if let id = InstanceID(request.id), let live = server.live(id) {
        response.instance?.active = live.elements.map { FlowV1.ActiveElement($0) }
      }
      if request.history { response.history = try server.history(of: request.id).map { FlowV1.HistoryEntry($0) } }
      response.position = server.position.raw
      return response
    }
  }

  package func watchInstances(_ call: ServerStreamCall<FlowV1.WatchInstancesRequest, FlowV1.InstanceEvent>) {
    later(call) { () throws(Status) in
      let request = call.request
      let outbox = StreamOutbox(call)
      let from = server.feedNumber
      let filter = InstanceFilter(ids: request.ids, deployment: request.deploymentID.isEmpty ? nil : request.deploymentID)
      if request.newest > 0 || !request.ids.isEmpty {
        let limit = max(Int(clamping: request.newest), request.ids.count)
        let rows = try newest(min(limit, Limits.pageRows), filter, notBefore: Position(request.notBefore))
        for row in rows.reversed() { outbox.send(FlowV1.InstanceEvent(row, server.position)) }
      }
      var done = FlowV1.InstanceEvent()
      done.position = server.position.raw
      done.snapshotDone = true
      outbox.send(done)
      let only = request.ids.count == 1 ? request.ids[0] : nil
      let wanted = Set(request.ids)
      let token = try server.watchInstances(instance: only, deployment: filter.deployment, after: from) { items in
        tell(items.filter { wanted.isEmpty || wanted.contains($0.change.id) }, call, outbox)
      }
      call.context.onCancel { token.cancel() }
    }
  }

  /// Pages end early where results are large.
  private func newest(_ count: Int, _ filter: InstanceFilter, notBefore: Position) throws(Status) -> [InstanceRow] {
    var rows: [InstanceRow] = []
    var cursor: ViewCursor?
    repeat {
      let page = try server.list(filter, before: cursor, limit: count - rows.count, notBefore: notBefore)
      rows += page.rows
      cursor = page.next
    } while cursor != nil && rows.count < count
    return rows
  }

  /// Runs on the view's thread: rows are read on a control thread.
  private func tell(
    _ items: [FeedItem], _ call: ServerStreamCall<FlowV1.WatchInstancesRequest, FlowV1.InstanceEvent>,
    _ outbox: StreamOutbox<FlowV1.WatchInstancesRequest, FlowV1.InstanceEvent>
  ) {
    let changed = items.filter(\.change.isRowChange)
    guard let last = changed.last else { return }
    later(call) { () throws(Status) in
      var told: Set<String> = []
      for item in changed where told.insert(item.change.id).inserted {
        let isWatched = { (row: InstanceRow) in call.request.deploymentID.isEmpty || call.request.deploymentID == row.deployment }
        if let row = try server.instance(item.change.id), isWatched(row) {
          outbox.send(FlowV1.InstanceEvent(row, last.position))
        } else {
          outbox.send(FlowV1.InstanceEvent(deleted: item.change.id, last.position))
        }
      }
    }
  }

  // MARK: logs and backup

  package func logs(_ call: ServerStreamCall<FlowV1.LogsRequest, FlowV1.LogLine>) {
    later(call) { () throws(Status) in
      let request = call.request
      let tail = request.tail == 0 ? 1_000 : Int(request.tail)
      guard tail <= Limits.logTailLines else {
        throw Status(.invalidArgument, "tail is \(tail), above the limit of \(Limits.logTailLines)", hint: "the log's files hold the rest")
      }
      let status = try server.board.named(request.deployment)
      let keys = server.services(of: status.id).filter { key in
        request.service.isEmpty || key.host == request.service
          || status.process.elements.contains {
            $0.id == request.service && $0.service?.host == key.host
          }
      }
      guard !keys.isEmpty else {
        throw Status(
          .notFound,
          request.service.isEmpty ? "\(status.id) has no service that flowd starts" : "\(status.id) has no service '\(request.service)'",
          hint: "only services with a `command` have a log here")
      }
      let outbox = StreamOutbox(call)
      guard request.follow else {
        let lines = keys.flatMap { key in server.tail(key, lines: tail).map { (key, $0) } }.sorted { $0.1.time < $1.1.time }
        for (key, line) in lines.suffix(tail) { outbox.send(FlowV1.LogLine(key, line)) }
        return outbox.finish()
      }
      let followers = keys.compactMap { key in server.follow(key, tail: tail) { outbox.send(FlowV1.LogLine(key, $0)) } }
      call.context.onCancel { for follower in followers { follower.cancel() } }
    }
  }

  package func backup(_ call: ServerStreamCall<FlowV1.BackupRequest, FlowV1.BackupChunk>) {
    later(call) { () throws(Status) in
      let path = "\(temporaryFolder)/backup-\(getpid())-\(backups.next())"
      let before = server.stateHash
      try backup(path)
      defer { unlink(path) }
      let after = server.stateHash
      let file = open(path, O_RDONLY | O_CLOEXEC)
      guard file >= 0 else { throw Status(.internal, "the backup can not be read: \(String(cString: strerror(errno)))") }
      defer { close(file) }
      try send(file, to: call)
      var last = FlowV1.BackupChunk()
      // The hash can only be told when nothing moved meanwhile; else the copy is checked by what is in it.
      if let before, let after, before.position == after.position { last.stateHash = after.hash }
      last.position = (before?.position ?? .start).raw
      let outbox = StreamOutbox(call)
      outbox.send(last)
      outbox.finish()
    }
  }

  private func send(_ file: Int32, to call: ServerStreamCall<FlowV1.BackupRequest, FlowV1.BackupChunk>) throws(Status) {
    var buffer = [UInt8](repeating: 0, count: 256 << 10)
    while true {
      let count = read(file, &buffer, buffer.count)
      guard count >= 0 else { throw Status(.internal, "the backup can not be read: \(String(cString: strerror(errno)))") }
      if count == 0 { return }
      var chunk = FlowV1.BackupChunk()
      chunk.data = Array(buffer[..<count])
      while case .full = call.send(chunk) {
        let ready = Promise<Void>()
        call.whenReady { ready.keep(()) }
        ready.wait()
      }
      if call.context.isCancelled { return }
    }
  }
}
