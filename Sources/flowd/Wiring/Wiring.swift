import FlowCommandLine
import FlowCore
import FlowHTTP
import FlowSQLite
import FlowServer
import FlowStorage
import FlowView
import Glibc

/// The only place of flowd that names the stores.
struct Wiring {
  let configuration: ServerConfiguration
  let store: any Store
  let viewPath: String
  /// Writes a consistent copy of the store and of what readers keep to a path.
  let backup: @Sendable (_ path: String) throws(Status) -> Void

  /// Which store `--store` names.
  enum Kind {
    case memory, sqlite
    case etcd(EtcdWiring)

    init(_ settings: Settings) throws(StartFailure) {
      switch settings.text("store") {
      case "memory": self = .memory
      case "sqlite": self = .sqlite
      case let other where other.hasPrefix("etcd://"):
        self = .etcd(try EtcdWiring(other, settings))
      case let other: throw StartFailure("--store '\(other)' is not sqlite, memory or etcd://…", exitCode: 2)
      }
    }
  }

  static func makeDirectory(_ directory: String) throws(StartFailure) {
    guard mkdir(directory, 0o700) == 0 || errno == EEXIST else {
      throw StartFailure("can not make the data directory '\(directory)': \(String(cString: strerror(errno)))")
    }
  }

  static func memory(_ configuration: ServerConfiguration) throws(StartFailure) -> Wiring {
    try makeDirectory(configuration.dataDirectory)
    return Wiring(configuration: configuration, store: MemoryStore(), viewPath: ":memory:") { path throws(Status) in
      throw Status(.unimplemented, "the memory store keeps nothing that could be backed up", hint: "start flowd with --store sqlite")
    }
  }

  /// - Parameter epoch: the election's fencing token.
  static func etcd(
    _ etcd: EtcdWiring, _ record: NodeRecord, epoch: UInt64, _ configuration: ServerConfiguration
  ) throws(StartFailure) -> Wiring {
    var configuration = configuration
    configuration.epoch = epoch
    let directory = configuration.dataDirectory
    let store = try etcd.open(directory, record, log: configuration.log)
    // Readers have a file of their own for each kind of store: positions of one mean nothing in another.
    return Wiring(configuration: configuration, store: store, viewPath: directory + "/etcd-" + View.fileName) { _ throws(Status) in
      // The path is one of flowd's own, where nobody would look for a backup.
      throw Status(.unimplemented, "etcd makes its own backups", hint: "etcdctl snapshot save FILE")
    }
  }

  static func sqlite(_ configuration: ServerConfiguration) throws(StartFailure) -> Wiring {
    let directory = configuration.dataDirectory
    try makeDirectory(directory)
    do throws(StoreError) {
      let store = try SQLiteStore(directory)
      let viewPath = directory + "/" + View.fileName
      return Wiring(configuration: configuration, store: store, viewPath: viewPath) { path throws(Status) in
        do throws(StoreError) {
          try store.backup(to: path, with: View.backupPart(viewPath))
        } catch {
          throw Status(.unavailable, error.description)
        }
      }
    } catch {
      throw StartFailure(error.description)
    }
  }

  static func configuration(_ settings: Settings, log: Log, runsProcesses: Bool) throws(StartFailure) -> ServerConfiguration {
    var configuration = ServerConfiguration(dataDirectory: settings.text("data-dir"))
    configuration.servicesDirectory = settings.text("services-dir")
    configuration.resolve = try resolve(settings.list("resolve"))
    configuration.runsProcesses = runsProcesses
    let decisionServer = decisionServer(settings)
    if !decisionServer.isEmpty, !configuration.askDecisions(of: decisionServer) {
      throw StartFailure("--dmn-server '\(decisionServer)' is not http://HOST:PORT", exitCode: 2)
    }
    configuration.keepsServices = settings.flag("keep-services")
    configuration.keepsJournal = settings.flag("keep-journal")
    configuration.serviceTimeoutMs = settings.milliseconds("service-timeout") ?? configuration.serviceTimeoutMs
    configuration.retention.ageMs = settings.milliseconds("retention") ?? configuration.retention.ageMs
    configuration.retention.bytes = settings.integer("retention-bytes") ?? configuration.retention.bytes
    configuration.archiveBytes = settings.integer("archive-bytes") ?? configuration.archiveBytes
    let liveBytes = settings.integer("live-bytes") ?? 0
    configuration.liveBytesMax = liveBytes > 0 ? liveBytes : MachineMemory.bytes.map { $0 / 2 } ?? Limits.liveBytesUnknownMemory
    configuration.log = log
    configuration.fatal = { why in
      // What the disk holds is unknown now; only a fresh start from what is there is right.
      log.error("the store has failed, flowd ends", ["error": why])
      _exit(3)
    }
    return configuration
  }

  /// The URL of a DMN server, also from the original's variables; "" is none.
  private static func decisionServer(_ settings: Settings) -> String {
    let told = settings.text("dmn-server")
    guard told.isEmpty else { return told }
    for name in ["DMN_SERVER_HOST", "REXFLOW_DMN_SERVER_HOST"] { if let value = getenv(name) { return String(cString: value) } }
    return ""
  }

  /// `HOST[:PORT]=ADDRESS:PORT`, several parted by commas.
  private static func resolve(_ entries: [String]) throws(StartFailure) -> [String: HTTPAddress] {
    var resolved: [String: HTTPAddress] = [:]
    for entry in entries.flatMap({ $0.split(separator: ",") }) {
      let parts = entry.split(separator: "=", maxSplits: 1)
      guard parts.count == 2, let address = HTTPAddress(String(parts[1])) else {
        throw StartFailure("--resolve '\(entry)' is not HOST[:PORT]=ADDRESS:PORT", exitCode: 2)
      }
      resolved[String(parts[0])] = address
    }
    return resolved
  }
}
