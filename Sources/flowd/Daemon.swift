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
  private let front: Front
  private let rpc: RPCServer
  private let role: Role
  private let log: Log
  private let draining = Flag()

  /// Who decides when this flowd has a node.
  private enum Role {
    case alone(Node)
    case candidate(Leadership)
  }

  init(_ settings: Settings) throws(StartFailure) {
    let plan = try StartPlan(settings)
    log = plan.log
    // Before the store, so that a supervisor sees that flowd lives while it waits for etcd.
    front = try Front(plan.addresses, log)
    let info = FlowHTTPInfo(
      version: Flowd.version, store: EtcdWiring.shown(settings.text("store")),
      baseURL: plan.addresses.hasTLS ? "https://\(plan.addresses.http)" : nil,
      isDraining: { [draining] in draining.isRaised })
    switch plan.store {
    case .memory: (rpc, role) = try Daemon.alone(Wiring.memory(plan.configuration), plan, info, front)
    case .sqlite: (rpc, role) = try Daemon.alone(Wiring.sqlite(plan.configuration), plan, info, front)
    case .etcd(let etcd): (rpc, role) = try Daemon.candidate(etcd, plan, info, front)
    }
    try writeEndpoints(settings, plan.addresses)
    log.info(
      "flowd is ready",
      ["flow.grpc": Daemon.address(plan.addresses, rpc, 0), "flow.http": "\(front.http.address)", "flow.store": info.store])
  }

  private static func alone(
    _ wired: Wiring, _ plan: StartPlan, _ info: FlowHTTPInfo, _ front: Front
  ) throws(StartFailure) -> (RPCServer, Role) {
    let node = try Node(wired, plan, info, front.http.address)
    let rpc = try front.startRPC()
    front.serve(node)
    return (rpc, .alone(node))
  }

  private static func candidate(
    _ etcd: EtcdWiring, _ plan: StartPlan, _ info: FlowHTTPInfo, _ front: Front
  ) throws(StartFailure) -> (RPCServer, Role) {
    let record = try etcd.greet(plan.configuration.dataDirectory, log: plan.log)
    let rpc = try front.startRPC()
    let leadership = Leadership(try etcd.coordination(record, log: plan.log), record, plan.log)
    try leadership.start(
      address: plan.addresses.advertised ?? address(plan.addresses, rpc, 0),
      open: { epoch, isValid throws(StartFailure) in
        let wired = try Wiring.etcd(etcd, record, epoch: epoch, plan.configuration)
        let node = try Node(wired, plan, info, front.http.address)
        front.serve(node, isValid: isValid)
        return node
      }, stand: { standing in front.stand(standing, rpc) },
      settle: {
        do throws(ServerError) { try Server.stopLeftServices(plan.configuration) } catch {
          plan.log.warning("services of an earlier run may still be there", ["error": "\(error)"])
        }
      })
    return (rpc, .candidate(leadership))
  }

  private static func address(_ addresses: ListenAddresses, _ rpc: RPCServer, _ index: Int) -> String {
    HTTPAddress(host: addresses.hosts[index], port: UInt16(clamping: rpc.boundPorts[index])).description
  }

  private func writeEndpoints(_ settings: Settings, _ addresses: ListenAddresses) throws(StartFailure) {
    let endpoints: JSON = [
      "pid": .int(Int64(getpid())), "grpc": .string(Daemon.address(addresses, rpc, 0)), "zeebe": .string(Daemon.address(addresses, rpc, 1)),
      "http": .string("\(front.http.address)"),
    ]
    try AtomicFile.write(endpoints.bytes, to: settings.text("data-dir") + "/endpoints.json")
  }

  /// Answers nothing new, finishes what is under way, and lets go of the store.
  func stop() {
    log.info("flowd stops")
    draining.raise()
    front.drain()
    switch role {
    case .alone(let node):
      stopListening(graceMs: 2_000)
      node.server.stop()
    case .candidate(let leadership):
      // First, because another flowd waits to take over.
      leadership.stop()
      stopListening(graceMs: 500)
    }
    log.info("flowd has stopped")
  }

  private func stopListening(graceMs: Int64) {
    front.http.stop(graceMs: graceMs)
    rpc.shutdown(graceMs: graceMs)
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
