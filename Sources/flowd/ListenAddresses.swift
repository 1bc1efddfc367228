import FlowCommandLine
import FlowCore
import FlowHTTP
import FlowRPC
import Glibc

/// Where flowd listens, and with which certificates.
struct ListenAddresses {
  let grpc: HTTPAddress
  let zeebe: HTTPAddress
  let http: HTTPAddress
  private let certificate: String?
  private let key: String?
  private let clientAuthorities: String?

  init(_ settings: Settings) throws(StartFailure) {
    grpc = try ListenAddresses.address(settings, "grpc-address")
    zeebe = try ListenAddresses.address(settings, "zeebe-address")
    http = try ListenAddresses.address(settings, "http-address")
    certificate = try ListenAddresses.pem(settings, "tls-cert")
    key = try ListenAddresses.pem(settings, "tls-key")
    clientAuthorities = try ListenAddresses.pem(settings, "tls-client-ca")
    guard (certificate == nil) == (key == nil) else {
      throw StartFailure("--tls-cert and --tls-key belong together; one of them is missing", exitCode: 2)
    }
    guard clientAuthorities == nil || certificate != nil else {
      throw StartFailure("--tls-client-ca needs --tls-cert and --tls-key", exitCode: 2)
    }
    let open = all.filter { !$0.isLoopback }
    guard open.isEmpty || certificate != nil || settings.flag("insecure") else {
      throw StartFailure(
        "\(open[0]) can be reached from other machines, and there is no TLS; give --tls-cert and --tls-key, or say --insecure", exitCode: 2)
    }
  }

  private var all: [HTTPAddress] { [grpc, zeebe, http] }
  var hosts: [String] { [grpc.host, zeebe.host] }

  private static func address(_ settings: Settings, _ name: String) throws(StartFailure) -> HTTPAddress {
    guard let address = HTTPAddress(settings.text(name)) else {
      throw StartFailure("--\(name) '\(settings.text(name))' is not host:port", exitCode: 2)
    }
    return address
  }

  private static func pem(_ settings: Settings, _ name: String) throws(StartFailure) -> String? {
    let path = settings.text(name)
    guard !path.isEmpty else { return nil }
    do throws(FileProblem) {
      return String(decoding: try FileText.read(path, limit: 1 << 20), as: UTF8.self)
    } catch {
      throw StartFailure("--\(name): \(error.description)", exitCode: 2)
    }
  }

  var hasTLS: Bool { certificate != nil }

  private var tls: ServerTLS? {
    guard let certificate, let key else { return nil }
    return ServerTLS(certificateChain: certificate, privateKey: key, clientAuthorities: clientAuthorities)
  }

  var listeners: [RPCServer.Listener] { [.init("\(grpc)", tls: tls), .init("\(zeebe)", tls: tls)] }

  func httpOptions(_ log: Log) -> HTTPServer.Options {
    var options = HTTPServer.Options(address: http)
    options.log = log
    if let certificate, let key { options.tls = HTTPServer.TLS(certificate: certificate, key: key) }
    return options
  }

  /// Who can reach flowd could start programs by applying a model, so by default only this machine may.
  func allowsProcesses(_ settings: Settings) throws(StartFailure) -> Bool {
    switch settings.text("orchestrators") {
    case "auto": return all.allSatisfy(\.isLoopback)
    case "process": return true
    case "none": return false
    case let other: throw StartFailure("--orchestrators '\(other)': this version knows process, none and auto", exitCode: 2)
    }
  }
}
