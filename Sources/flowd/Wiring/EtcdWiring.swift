import FlowCluster
import FlowCommandLine
import FlowCore
import FlowEtcd
import FlowRPC
import FlowStorage
import FlowThreads
import Glibc

/// Opens the store on etcd, waiting for an etcd that is not there yet.
struct EtcdWiring {
  /// What is sent while etcd's members change their leader may be lost without a word, so this is part of the gap that clients see.
  private static let attemptMs: Int64 = 1_000
  private static let logMs: Int64 = 5_000
  /// etcd grants no shorter ones at its usual settings.
  private static let leaseMinMs: Int64 = 2_000

  private let configuration: EtcdConfiguration
  private let timeoutMs: Int64
  private let leaseMs: Int64
  private let quotaBytes: Int?
  private let name: String

  init(_ url: String, _ settings: Settings) throws(StartFailure) {
    let (ca, certificate) = (try PEM.read(settings, "etcd-ca"), try PEM.read(settings, "etcd-cert"))
    let key = try PEM.read(settings, "etcd-key")
    var tls: ClientTLS?
    if ca != nil || certificate != nil || key != nil { tls = ClientTLS(authorities: ca, certificateChain: certificate, privateKey: key) }
    do throws(Status) {
      var configuration = try EtcdConfiguration(url: url, tls: tls)
      configuration.attemptMs = EtcdWiring.attemptMs
      self.configuration = configuration
    } catch {
      throw StartFailure(error.description, exitCode: 2)
    }
    timeoutMs = settings.milliseconds("store-timeout") ?? 60_000
    leaseMs = max(EtcdWiring.leaseMinMs, settings.milliseconds("lease-ttl") ?? 6_000)
    quotaBytes = settings.integer("etcd-quota")
    name = settings.text("node-id")
    guard !name.contains(where: { $0 == " " || $0 == "\n" }), name.utf8.count <= 128 else {
      throw StartFailure("--node-id '\(name)' has blanks or more than 128 bytes", exitCode: 2)
    }
  }

  /// Waits for etcd, and looks whether what lies there can be used; nothing is kept open.
  func greet(_ directory: String, log: Log) throws(StartFailure) -> NodeRecord {
    try Wiring.makeDirectory(directory)
    let record = try NodeRecord(directory, name: name)
    try wait(log)
    var options = storeOptions(directory, record, log)
    options.maintains = false
    do throws(StoreError) { try EtcdStore(configuration, options).close() } catch { throw StartFailure(error.description) }
    return record
  }

  func open(_ directory: String, _ record: NodeRecord, log: Log) throws(StartFailure) -> any Store {
    do throws(StoreError) {
      return try EtcdStore(configuration, storeOptions(directory, record, log))
    } catch { throw StartFailure(error.description) }
  }

  private func storeOptions(_ directory: String, _ record: NodeRecord, _ log: Log) -> EtcdStoreOptions {
    var options = EtcdStoreOptions()
    if let root { options.root = root }
    options.node = record.id
    options.epochsAreRevisions = true
    options.quotaBytes = quotaBytes ?? options.quotaBytes
    // Longer than its lease a leader has nothing to wait for.
    options.timeoutMs = max(EtcdWiring.attemptMs, min(timeoutMs, leaseMs))
    options.memoryPath = directory + "/etcd-seen"
    options.log = log
    return options
  }

  private var root: String? { getenv("REXFLOW_ROOT_PREFIX").map { String(cString: $0) } }

  func coordination(_ record: NodeRecord, log: Log) throws(StartFailure) -> EtcdCoordination {
    var options = EtcdCoordination.Options(node: record.id)
    if let root { options.root = root }
    options.ttlSeconds = (leaseMs + 999) / 1000
    options.previousLease = record.previousLease
    options.log = log
    do throws(CoordinationError) { return try EtcdCoordination(configuration, options) } catch { throw StartFailure("\(error)") }
  }

  /// What `--store` named, for people to see: without a password.
  static func shown(_ store: String) -> String {
    guard store.hasPrefix("etcd://"), let at = store.lastIndex(of: "@") else { return store }
    return "etcd://" + store[store.index(after: at)...]
  }

  /// Asks again and again until a member with a leader answers; says now and then why it waits.
  private func wait(_ log: Log) throws(StartFailure) {
    let start = MonotonicClock.milliseconds()
    let deadline = start + timeoutMs
    var nextLine = start
    while true {
      do throws(EtcdError) {
        let client = try EtcdClient(configuration)
        defer { client.close() }
        _ = try client.revision(timeoutMs: min(EtcdWiring.attemptMs, max(1, timeoutMs)))
        return
      } catch {
        guard !StopSignals.isPending else { throw StartFailure("stopped while waiting for etcd: \(error)") }
        let isPassing: Bool =
          switch error {
          case .unreachable, .outcomeUnknown: true
          case .noSpace, .compacted, .futureRevision, .credentials, .tooLarge, .leaseGone, .corrupt, .closed, .refused: false
          }
        guard isPassing, MonotonicClock.milliseconds() < deadline else { throw StartFailure("\(error)") }
        if MonotonicClock.milliseconds() >= nextLine {
          log.warning("flowd waits for etcd", ["error": "\(error)"])
          nextLine = MonotonicClock.milliseconds() + EtcdWiring.logMs
        }
      }
    }
  }
}
