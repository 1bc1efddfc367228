import FlowCore
import FlowHTTP
import FlowServer
import Synchronization

/// What the HTTP surface tells about its program.
package struct FlowHTTPInfo: Sendable {
  package var version: String
  /// Kind of the store: `memory`, `sqlite`, `etcd`.
  package var store: String
  /// Where clients reach this server, without a slash at the end; nil takes what each request's `Host` says.
  package var baseURL: String?
  /// True once the program has begun to end.
  package var isDraining: @Sendable () -> Bool

  package init(version: String, store: String, baseURL: String? = nil, isDraining: @escaping @Sendable () -> Bool = { false }) {
    self.version = version
    self.store = store
    self.baseURL = baseURL
    self.isDraining = isDraining
  }
}

/// flowd's HTTP surface: the original's end points, probes, metrics, and REST for deployments and instances.
///
/// What reads the view or waits for the partition runs on the node's control threads; starting an instance waits on no thread.
package struct FlowHTTPAPI: Sendable {
  let server: Server
  let info: FlowHTTPInfo
  private let listening: ListeningAddress

  package init(server: Server, info: FlowHTTPInfo, publicAddress: HTTPAddress = HTTPAddress(host: "localhost", port: 9002)) {
    self.server = server
    self.info = info
    listening = ListeningAddress(publicAddress)
  }

  /// For a program that has nothing to tell of itself.
  package init(server: Server, publicAddress: HTTPAddress) {
    self.init(server: server, info: FlowHTTPInfo(version: "unknown", store: "unknown"), publicAddress: publicAddress)
  }

  /// The address that is in use once the server listens; URLs name it when a request does not say where it came.
  package func listens(on address: HTTPAddress) { listening.set(address) }

  package var router: Router {
    var router = Router()
    addOriginal(to: &router)
    addProbes(to: &router)
    addDeployments(to: &router)
    addInstances(to: &router)
    return router
  }

  /// Answers from a thread that may wait.
  func later(_ reply: HTTPReply, _ body: @escaping @Sendable () throws(HTTPProblem) -> HTTPResponse) {
    let isTaken = server.control.async {
      do throws(HTTPProblem) { reply.send(try body()) } catch { reply.send(error.response) }
    }
    if !isTaken { reply.send(HTTPProblem.busy.response) }
  }

  /// The address that a client of this request may use for further ones.
  func baseURL(for request: HTTPRequest) -> String {
    if let url = info.baseURL { return url }
    guard let host = request.headers["Host"], FlowHTTPAPI.isAuthority(host) else { return "http://\(listening.address)" }
    return "http://\(host)"
  }

  /// The header comes from outside and goes into a URL.
  private static func isAuthority(_ text: String) -> Bool {
    !text.isEmpty && text.utf8.count <= 255
      && text.utf8.allSatisfy { byte in
        byte >= 0x61 && byte <= 0x7A || byte >= 0x41 && byte <= 0x5A || byte >= 0x30 && byte <= 0x39 || "-._:[]".utf8.contains(byte)
      }
  }
}

/// Known only after the server that needs the router was made.
private final class ListeningAddress: Sendable {
  private let state: Mutex<HTTPAddress>

  init(_ address: HTTPAddress) { state = Mutex(address) }

  var address: HTTPAddress { state.withLock { $0 } }
  func set(_ address: HTTPAddress) { state.withLock { $0 = address } }
}
