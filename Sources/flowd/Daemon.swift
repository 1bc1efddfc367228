import FlowAPI
import FlowClient
import FlowCommandLine
import FlowCore
import FlowHTTP
import FlowRPC
import FlowServer
import FlowStorage
import Glibc
import Synchronization

/// A running flowd.
final class Daemon {
  private let server: Server
  private let rpc: RPCServer
  private let http: HTTPServer
  private let health: RPCHealth
  private let log: Log
  private let draining = Flag()

  init(_ settings: Settings) throws(StartFailure) {
    let plan = try StartPlan(settings)
    let (log, addresses) = (plan.log, plan.addresses)
    self.log = log
    // Before the store, so that a supervisor sees that flowd lives while it waits for etcd.
    let starting = StartingHTTP()
    http = try Daemon.failing { () throws(HTTPServerError) in try HTTPServer(addresses.httpOptions(log), handler: starting.answer) }
    let wired = try Wiring.open(plan.store, plan.configuration)
    server = try Daemon.failing { () throws(ServerError) in
      let server = try Server(wired.configuration, store: wired.store, viewPath: wired.viewPath)
      try server.start()
      return server
    }
    let probes = WorkflowProbes(server: server, healthdTLS: plan.healthdTLS, log: log)
    let flow = FlowService(server, temporaryFolder: wired.configuration.dataDirectory, backup: wired.backup)
    let daemonService = FlowDaemonService(server) { ids throws(Status) in try probes.probe(ids) }
    health = RPCHealth(services: ["FlowDaemon", "flow.v1.Flow"], .serving)
    let services = RPCReflection.adding(to: [daemonService.service, flow.service, health.service])
    rpc = try Daemon.failing { () throws(RPCError) in
      let rpc = try RPCServer(services: services, listeners: addresses.listeners)
      try rpc.start()
      return rpc
    }
    let info = FlowHTTPInfo(
      version: Flowd.version, store: EtcdWiring.shown(settings.text("store")),
      baseURL: addresses.hasTLS ? "https://\(addresses.http)" : nil,
      isDraining: { [draining] in draining.isRaised })
    let api = FlowHTTPAPI(server: server, info: info, publicAddress: addresses.http)
    api.listens(on: http.address)
    starting.serve(api.router.handler)
    try writeEndpoints(settings, addresses)
    log.info(
      "flowd is ready",
      ["flow.grpc": address(addresses, 0), "flow.http": "\(http.address)", "flow.store": EtcdWiring.shown(settings.text("store"))])
  }

  private func address(_ addresses: ListenAddresses, _ index: Int) -> String {
    HTTPAddress(host: addresses.hosts[index], port: UInt16(clamping: rpc.boundPorts[index])).description
  }

  private func writeEndpoints(_ settings: Settings, _ addresses: ListenAddresses) throws(StartFailure) {
    let endpoints: JSON = [
      "pid": .int(Int64(getpid())), "grpc": .string(address(addresses, 0)), "zeebe": .string(address(addresses, 1)),
      "http": .string("\(http.address)"),
    ]
    try AtomicFile.write(endpoints.bytes, to: settings.text("data-dir") + "/endpoints.json")
  }

  /// Answers nothing new, finishes what is under way, and lets go of the store.
  func stop() {
    log.info("flowd stops")
    draining.raise()
    health.setAll(.notServing)
    http.stop(graceMs: 2_000)
    rpc.shutdown(graceMs: 2_000)
    server.stop()
    log.info("flowd has stopped")
  }

  private static func failing<Value, Failure: Error>(_ body: () throws(Failure) -> Value) throws(StartFailure) -> Value {
    do throws(Failure) { return try body() } catch { throw StartFailure("\(error)") }
  }
}

/// Goes up once and stays up.
final class Flag: Sendable {
  private let value = Atomic(false)

  var isRaised: Bool { value.load(ordering: .relaxed) }
  func raise() { value.store(true, ordering: .relaxed) }
}

enum AtomicFile {
  /// Writes beside and renames, so that a reader never sees half of it.
  static func write(_ bytes: [UInt8], to path: String) throws(StartFailure) {
    let temporary = path + ".new"
    let file = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard file >= 0 else { throw StartFailure("can not write \(temporary): \(String(cString: strerror(errno)))") }
    let written = Glibc.write(file, bytes, bytes.count)
    close(file)
    guard written == bytes.count, rename(temporary, path) == 0 else {
      throw StartFailure("can not write \(path): \(String(cString: strerror(errno)))")
    }
  }
}
