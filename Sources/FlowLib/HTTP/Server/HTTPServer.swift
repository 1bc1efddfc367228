import CMicroHTTPD
import FlowCore
import Glibc
import Synchronization

/// An HTTP/1.1 server on one address. Handlers run on its thread; answers may come later from any thread.
///
/// The program must ignore SIGPIPE.
package final class HTTPServer: Sendable {
  package struct Options: Sendable {
    package var address: HTTPAddress
    package var tls: TLS?
    /// Who may ask; nil lets any page of a browser.
    package var guarded: HTTPGuard?
    /// A larger body is answered with 413.
    package var bodyBytesMax = Limits.messageBytes
    /// Bytes of the header section, beyond which the answer is 431 (or the connection is closed).
    package var headerBytesMax = Limits.httpHeaderBytes
    package var connectionsMax = Limits.httpConnections
    /// A connection on which nothing moves is closed; waiting answers and streams do not count.
    package var idleTimeoutSeconds = 60
    /// How often a silent event stream gets a comment, so that a dead client is noticed.
    package var keepAliveMs: Int64 = 15_000
    package var log = Log.none

    package init(address: HTTPAddress) { self.address = address }
  }

  /// The address in use, with its true port.
  package let address: HTTPAddress
  private let core: ServerCore
  private let daemon: Daemon
  private let stopped = Mutex(false)

  /// Listens at once.
  ///
  /// - Throws: `HTTPServerError` naming the address and the cause.
  package init(_ options: Options, handler: @escaping HTTPHandler) throws(HTTPServerError) {
    let (descriptor, bound) = try ListeningSocket.open(options.address)
    address = bound
    core = ServerCore(options: options, handler: handler)
    daemon = try Daemon(listening: descriptor, at: bound, options: options, core: core)
  }

  deinit { stop(graceMs: 0) }

  /// Ends every stream behind what it has still to send; new ones may be opened.
  package func endStreams() { core.endStreams() }

  /// Answers every request whose handler has returned and has not answered yet. What it answers later is not heard.
  package func endWaiting(_ response: HTTPResponse) { core.endWaiting(response) }

  /// Accepts nothing more, lets answers under way finish for `graceMs`, then answers the rest with 503 and closes streams.
  /// Must not be called from a handler.
  package func stop(graceMs: Int64 = 5_000) {
    let already = stopped.withLock { value in
      defer { value = true }
      return value
    }
    guard !already else { return }
    daemon.quiesce()
    core.closeStreams()
    core.waitUntilIdle(graceMs: graceMs)
    core.abandon()
    core.waitUntilIdle(graceMs: 200)
    daemon.stop()
    core.stopTicker()
  }
}

/// The C daemon and what must live as long as it does.
private final class Daemon: @unchecked Sendable {
  // Safety: the pointers are set once; libmicrohttpd's own calls are thread safe, and `stop` runs once.
  private let handle: OpaquePointer
  private let certificate: UnsafeMutablePointer<CChar>?
  private let key: UnsafeMutablePointer<CChar>?
  private let authorities: UnsafeMutablePointer<CChar>?
  private let core: ServerCore

  init(listening descriptor: Int32, at address: HTTPAddress, options: HTTPServer.Options, core: ServerCore) throws(HTTPServerError) {
    self.core = core
    certificate = options.tls.flatMap { strdup($0.certificate) }
    key = options.tls.flatMap { strdup($0.key) }
    authorities = options.tls.flatMap(\.clientAuthorities).flatMap { strdup($0) }
    var raw = flow_mhd_options()
    raw.listen_socket = descriptor
    raw.connections_max = UInt32(clamping: options.connectionsMax)
    raw.idle_timeout_s = UInt32(clamping: options.idleTimeoutSeconds)
    raw.connection_bytes = options.headerBytesMax
    raw.threads = 1
    raw.certificate = certificate.map { UnsafePointer($0) }
    raw.key = key.map { UnsafePointer($0) }
    raw.client_authorities = authorities.map { UnsafePointer($0) }
    raw.completed = { _, _, slot, _ in Exchange.completed(slot) }
    raw.target = { context, target, connection in ServerCore.begin(context, target, connection) }
    raw.log = { line in DaemonLog.keep(line) }
    raw.context = Unmanaged.passUnretained(core).toOpaque()
    DaemonLog.clear()
    let started = flow_mhd_start(&raw) { _, _, _, method, _, data, size, slot in
      Exchange.step(slot, method: method, data: data, size: size)
    }
    guard let started else {
      close(descriptor)
      free(certificate)
      free(key)
      free(authorities)
      throw HTTPServerError(code: .start, address: address, cause: DaemonLog.last)
    }
    handle = started
  }

  deinit {
    free(certificate)
    free(key)
    free(authorities)
  }

  /// Stops listening; MHD hands the socket back and leaves closing it to us.
  func quiesce() {
    let descriptor = MHD_quiesce_daemon(handle)
    if descriptor >= 0 { close(descriptor) }
  }

  func stop() { MHD_stop_daemon(handle) }
}

/// The last line that libmicrohttpd wrote; it says why a start failed. Its lines while running name only clients' mistakes.
private enum DaemonLog {
  private static let line = Mutex("")

  static func clear() { line.withLock { $0 = "" } }

  static func keep(_ text: UnsafePointer<CChar>?) {
    guard let text else { return }
    let copy = String(cString: text)
    line.withLock { $0 = copy }
  }

  static var last: String {
    let text = line.withLock { $0 }
    let trimmed = text.last == "\n" ? String(text.dropLast()) : text
    return trimmed.isEmpty ? "certificate or key refused" : trimmed
  }
}
