import FlowCore
import FlowEngine
import FlowHTTP
import FlowServer
import FlowStorage

/// The metrics page. Labels are only states and outcomes, so that the number of series never grows with what is deployed.
extension FlowHTTPAPI {
  func metrics() -> HTTPResponse {
    var page = PrometheusText()
    page.family("flow_build_info", .gauge, "What runs here; always 1.", [.init(1, ["version": info.version, "store": info.store])])
    let isReady = readiness.allSatisfy { $0.problem == nil }
    page.family("flow_ready", .gauge, "Whether new work is accepted.", isReady ? 1 : 0)
    addWork(to: &page)
    addStore(to: &page)
    addProcess(to: &page)
    return HTTPResponse(200, headers: ["Content-Type": PrometheusText.contentType], body: Array(page.text.utf8))
  }

  private func addWork(to page: inout PrometheusText) {
    let deployments = server.board.all.map(\.deployment.state)
    page.family(
      "flow_deployments", .gauge, "Deployments by state.",
      DeploymentState.allCases.map { state in .init(deployments.filter { $0 == state }.count, ["state": state.name]) })
    if let counts = figure({ () throws(StoreError) in try server.instanceCounts() }) {
      page.family(
        "flow_instances", .gauge, "Instances by state, those included that ended and are kept.",
        InstanceState.allCases.map { .init(counts[$0, default: 0], ["state": $0.name]) })
    }
    let live = server.liveBytes
    page.family("flow_live_bytes", .gauge, "What live instances take in memory: payloads and 1 KiB each.", live.now)
    page.family("flow_live_bytes_limit", .gauge, "Beyond so many no instance is created.", live.max)
    page.family(
      "flow_service_calls_waiting", .gauge, "Calls that wait because their service has too many in flight.", server.waitingServiceCalls)
    let calls = server.serviceCalls
    page.family("flow_service_calls_started_total", .counter, "Calls of services that were begun.", calls.started)
    page.family(
      "flow_service_calls_ended_total", .counter, "Calls of services that ended, retries included in one call.",
      [.init(calls.succeeded, ["outcome": "succeeded"]), .init(calls.failed, ["outcome": "failed"])])
  }

  private func addStore(to page: inout PrometheusText) {
    page.family("flow_store_position", .gauge, "Position of the journal that has been told.", Int(clamping: server.position.raw))
    page.family("flow_view_position", .gauge, "Position of the journal that readers see.", Int(clamping: server.viewPosition.raw))
    page.family("flow_store_writable", .gauge, "Whether the store takes new work.", server.storeCondition == .writable ? 1 : 0)
    let stats = figure { () throws(StoreError) in try server.storeStats() }
    page.family("flow_store_bytes", .gauge, "Bytes of the store, all together.", stats?.bytes)
    page.family("flow_journal_bytes", .gauge, "Bytes of the journal.", stats?.journalBytes)
    page.family("flow_store_free_bytes", .gauge, "Bytes left before the store takes no new work.", stats?.freeBytes)
    let archive = server.archive
    page.family(
      "flow_archive_position", .gauge, "Position up to which finished instances are archived.",
      archive.map { Int(clamping: $0.position.raw) })
    page.family("flow_archive_bytes", .gauge, "Bytes of archived instances.", archive?.bytes)
    page.family("flow_view_bytes", .gauge, "Bytes of what readers ask.", figure { () throws(StoreError) in try server.viewBytes() })
  }

  private func addProcess(to page: inout PrometheusText) {
    let process = ProcessFigures.now()
    page.family("process_resident_memory_bytes", .gauge, "Resident memory.", process.residentBytes)
    page.family(
      "process_cpu_seconds_total", .counter, "Processor time, user and system.", process.cpuSeconds.map { [.init($0)] } ?? [])
    page.family("process_open_fds", .gauge, "Open file descriptors.", process.openDescriptors)
    page.family("process_max_fds", .gauge, "File descriptors that may be open.", process.maxDescriptors)
  }

  /// A figure that can not be had is left out; a wrong zero would be believed.
  private func figure<Value>(_ body: () throws(StoreError) -> Value) -> Value? {
    do throws(StoreError) { return try body() } catch { return nil }
  }
}
