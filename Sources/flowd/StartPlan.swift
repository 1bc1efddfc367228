import FlowCommandLine
import FlowCore
import FlowHTTP
import FlowRPC
import FlowServer

/// All that the settings say, read and checked; nothing is made or opened yet, so that `--check-config` does the same.
struct StartPlan {
  let log: Log
  let addresses: ListenAddresses
  /// How healthd is asked when its own word is not enough; nil trusts what the system trusts.
  let healthdTLS: ClientTLS?
  let store: Wiring.Kind
  let configuration: ServerConfiguration

  init(_ settings: Settings) throws(StartFailure) {
    log = LogText.log(
      program: "flowd", threshold: LogLevel.allCases.first { $0.name.lowercased() == settings.text("log-level").lowercased() } ?? .info,
      form: settings.text("log-format").lowercased() == "json" ? .json : .text)
    addresses = try ListenAddresses(settings)
    healthdTLS = try StartPlan.healthdTLS(settings)
    store = try Wiring.Kind(settings)
    if case .etcd = store { try addresses.checkAdvertised() }
    configuration = try Wiring.configuration(settings, log: log, runsProcesses: try addresses.allowsProcesses(settings))
  }

  private static func healthdTLS(_ settings: Settings) throws(StartFailure) -> ClientTLS? {
    let (certificate, key) = (try PEM.read(settings, "healthd-cert"), try PEM.read(settings, "healthd-key"))
    guard (certificate == nil) == (key == nil) else {
      throw StartFailure("--healthd-cert and --healthd-key belong together; one of them is missing", exitCode: 2)
    }
    let authorities = try PEM.read(settings, "healthd-ca")
    if let problem = PEMProblem.of(certificate: certificate, key: key, authorities: authorities) {
      throw StartFailure("\(problem.part == .pair ? "--healthd-cert and --healthd-key" : "--healthd-ca"): \(problem.reason)", exitCode: 2)
    }
    guard authorities != nil || certificate != nil else { return nil }
    return ClientTLS(authorities: authorities, certificateChain: certificate, privateKey: key)
  }
}
