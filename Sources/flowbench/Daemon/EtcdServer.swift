import FlowEtcd
import Glibc

/// An etcd of our own: one member on loopback, its data in the workspace, so on the disk that the other stores are measured on.
final class EtcdServer {
  /// Above what any measure writes: a store that slows down because etcd fills would be what is measured.
  static let quotaBytes = 8 << 30
  private static let readyMs: Int64 = 30_000

  let configuration: EtcdConfiguration
  private let child: ChildProcess
  /// For looks from outside.
  let client: EtcdClient

  init(_ program: String, in folder: String) throws(BenchFailure) {
    var last = BenchFailure("no attempt was made")
    // Another process may take a port between the search and the start.
    for attempt in 0..<3 {
      do throws(BenchFailure) {
        (child, configuration, client) = try EtcdServer.start(program, "\(folder)/etcd-\(attempt)")
        return
      } catch { last = error }
    }
    throw BenchFailure("\(last); scripts/setup installs etcd, --etcd names another one")
  }

  private static func start(_ program: String, _ data: String) throws(BenchFailure) -> (ChildProcess, EtcdConfiguration, EtcdClient) {
    let ports = try freePorts(2)
    let (own, peer) = ("http://127.0.0.1:\(ports[0])", "http://127.0.0.1:\(ports[1])")
    let child = try ChildProcess(
      [
        program, "--name", "bench", "--data-dir", data, "--listen-client-urls", own, "--advertise-client-urls", own, "--listen-peer-urls",
        peer, "--initial-advertise-peer-urls", peer, "--initial-cluster", "bench=\(peer)", "--auto-compaction-retention", "0",
        "--quota-backend-bytes", "\(quotaBytes)", "--log-level", "error",
      ], showsErrors: false)
    let configuration = EtcdConfiguration(endpoints: ["127.0.0.1:\(ports[0])"])
    let client = try BenchFailure.explain("etcd") { () throws(EtcdError) in try EtcdClient(configuration) }
    let until = Gauge.nanoseconds + readyMs * 1_000_000
    while true {
      do throws(EtcdError) {
        _ = try client.revision(timeoutMs: 1_000)
        return (child, configuration, client)
      } catch {
        guard child.status() == nil, Gauge.nanoseconds < until else { throw BenchFailure("'\(program)' does not answer: \(error)") }
      }
    }
  }

  /// Ports that nobody listens on now.
  private static func freePorts(_ count: Int) throws(BenchFailure) -> [UInt16] {
    var files: [Int32] = []
    defer { for file in files { close(file) } }
    var ports: [UInt16] = []
    for _ in 0..<count {
      let file = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
      guard file >= 0 else { throw BenchFailure("socket: \(String(cString: strerror(errno)))") }
      files.append(file)
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
      var size = socklen_t(MemoryLayout<sockaddr_in>.size)
      let done = withUnsafeMutablePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(file, $0, size) == 0 && getsockname(file, $0, &size) == 0 }
      }
      guard done else { throw BenchFailure("no free port: \(String(cString: strerror(errno)))") }
      ports.append(UInt16(bigEndian: address.sin_port))
    }
    return ports
  }

  var url: String { "etcd://" + configuration.endpoints.joined(separator: ",") }
  var cpu: Int64 { Gauge.cpu(of: child.pid) }

  func stop() {
    client.close()
    child.end(SIGTERM)
  }
}
