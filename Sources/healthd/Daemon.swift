import FlowCore
import FlowHTTP
import FlowRPC
import Glibc

/// healthd itself: the monitor, and the two servers in front of it.
final class Daemon: Sendable {
  let httpAddress: String
  let grpcAddress: String
  private let monitor: HealthMonitor
  private let http: HTTPServer
  private let grpc: RPCServer
  private let serving: RPCHealth
  private let flowd: Flowd

  private static let graceMs: Int64 = 2_000

  init(_ options: Options, log: Log) throws {
    flowd = try Flowd(options.flowd, tls: options.flowdTLS)
    let monitor = HealthMonitor(flowd: flowd, log: log)
    self.monitor = monitor
    let health = HealthService(monitor)
    serving = RPCHealth(services: [health.service.name], .serving)
    let services = RPCReflection.adding(to: [health.service, serving.service])
    let address = options.grpc
    grpc = try RPCServer(services: services, listeners: [.init(address.description, tls: options.serverTLS)])
    let port = UInt16(clamping: grpc.boundPorts.first ?? 0)
    grpcAddress = HTTPAddress(host: address.host, port: port).description
    var http = HTTPServer.Options(address: options.http)
    http.tls = options.serverTLS.map(HTTPServer.TLS.init)
    http.guarded = options.guarded
    http.log = log
    // Nobody posts to healthd.
    http.bodyBytesMax = 64 << 10
    self.http = try HTTPServer(http, handler: Site(monitor, flowd: flowd).handler)
    httpAddress = self.http.address.description
    try grpc.start()
    let reached = HTTPAddress(host: Daemon.reachable(address.host), port: port).description
    try monitor.start(reportingAs: options.serverTLS == nil ? reached : "https://" + reached)
  }

  /// Nobody can call a wildcard; the machine's name is the best guess.
  private static func reachable(_ host: String) -> String {
    guard host == "0.0.0.0" || host == "::" else { return host }
    var name = [CChar](repeating: 0, count: 256)
    guard gethostname(&name, name.count - 1) == 0 else { return "127.0.0.1" }
    return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// Returns when everything has ended. Watchers hear first that it ends.
  func stop() {
    serving.setAll(.notServing)
    monitor.stop()
    http.stop(graceMs: Daemon.graceMs)
    grpc.shutdown(graceMs: Daemon.graceMs)
    flowd.close()
  }
}
