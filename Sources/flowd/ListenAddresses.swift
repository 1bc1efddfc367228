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
  /// Where others are told to go when this flowd leads; nil: where gRPC listens.
  let advertised: String?
  private let certificate: String?
  private let key: String?
  private let clientAuthorities: String?
  private let guarded: HTTPGuard

  init(_ settings: Settings) throws(StartFailure) {
    grpc = try ListenAddresses.address(settings, "grpc-address")
    zeebe = try ListenAddresses.address(settings, "zeebe-address")
    http = try ListenAddresses.address(settings, "http-address")
    advertised = settings.text("advertise").isEmpty ? nil : try ListenAddresses.advertised(settings)
    do throws(HTTPGuard.BadName) {
      guarded = try HTTPGuard(listening: http, names: settings.list("http-hosts").flatMap { $0.split(separator: ",").map(String.init) })
    } catch {
      throw StartFailure("--http-hosts: \(error)", exitCode: 2)
    }
    certificate = try PEM.read(settings, "tls-cert")
    key = try PEM.read(settings, "tls-key")
    clientAuthorities = try PEM.read(settings, "tls-client-ca")
    guard (certificate == nil) == (key == nil) else {
      throw StartFailure("--tls-cert and --tls-key belong together; one of them is missing", exitCode: 2)
    }
    guard clientAuthorities == nil || certificate != nil else {
      throw StartFailure("--tls-client-ca needs --tls-cert and --tls-key", exitCode: 2)
    }
    if let problem = httpTLS?.problem {
      let flags = problem.part == .pair ? "--tls-cert and --tls-key" : "--tls-client-ca"
      throw StartFailure("\(flags): \(problem.reason)", exitCode: 2)
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

  /// `host:port` as clients write it; port 0 would send them nowhere, and so would a wildcard.
  private static func advertised(_ settings: Settings) throws(StartFailure) -> String {
    let address = try address(settings, "advertise")
    guard address.port > 0, !address.isWildcard, LeaderSearch.isAddress(address.description) else {
      throw StartFailure("--advertise '\(settings.text("advertise"))' is not an address that clients can reach", exitCode: 2)
    }
    return address.description
  }

  /// What a flowd that shares its store tells others of itself must lead to it.
  func checkAdvertised() throws(StartFailure) {
    guard advertised == nil, grpc.isWildcard else { return }
    throw StartFailure(
      "--grpc-address \(grpc) is every address of this machine; say with --advertise HOST:PORT which one the others send clients to",
      exitCode: 2)
  }

  var hasTLS: Bool { certificate != nil }

  private var tls: ServerTLS? {
    guard let certificate, let key else { return nil }
    return ServerTLS(certificateChain: certificate, privateKey: key, clientAuthorities: clientAuthorities)
  }

  private var httpTLS: HTTPServer.TLS? {
    guard let certificate, let key else { return nil }
    return HTTPServer.TLS(certificate: certificate, key: key, clientAuthorities: clientAuthorities)
  }

  var listeners: [RPCServer.Listener] { [.init("\(grpc)", tls: tls), .init("\(zeebe)", tls: tls)] }

  func httpOptions(_ log: Log) -> HTTPServer.Options {
    var options = HTTPServer.Options(address: http)
    options.log = log
    options.tls = httpTLS
    options.guarded = guarded
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

/// Files of certificates and keys that settings name.
enum PEM {
  static func read(_ settings: Settings, _ name: String) throws(StartFailure) -> String? {
    let path = settings.text(name)
    guard !path.isEmpty else { return nil }
    do throws(FileProblem) {
      return String(decoding: try FileText.read(path, limit: 1 << 20), as: UTF8.self)
    } catch {
      throw StartFailure("--\(name): \(error.description)", exitCode: 2)
    }
  }
}
