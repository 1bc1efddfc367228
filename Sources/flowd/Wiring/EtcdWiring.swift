import FlowCommandLine
import FlowCore
import FlowEtcd
import FlowRPC
import FlowStorage
import FlowThreads
import Glibc

/// Opens the store on etcd, waiting for an etcd that is not there yet.
struct EtcdWiring {
  private static let attemptMs: Int64 = 1_000
  private static let logMs: Int64 = 5_000

  private let configuration: EtcdConfiguration
  private let timeoutMs: Int64
  private let node: String

  init(_ url: String, _ settings: Settings) throws(StartFailure) {
    let (ca, certificate) = (try PEM.read(settings, "etcd-ca"), try PEM.read(settings, "etcd-cert"))
    let key = try PEM.read(settings, "etcd-key")
    var tls: ClientTLS?
    if ca != nil || certificate != nil || key != nil { tls = ClientTLS(authorities: ca, certificateChain: certificate, privateKey: key) }
    do throws(Status) { configuration = try EtcdConfiguration(url: url, tls: tls) } catch {
      throw StartFailure(error.description, exitCode: 2)
    }
    timeoutMs = settings.milliseconds("store-timeout") ?? 60_000
    node = settings.text("node-id")
  }

  func open(_ directory: String, log: Log) throws(StartFailure) -> any Store {
    try wait(log)
    var options = EtcdStoreOptions()
    if let root = getenv("REXFLOW_ROOT_PREFIX") { options.root = String(cString: root) }
    if !node.isEmpty { options.node = node }
    options.timeoutMs = max(EtcdWiring.attemptMs, timeoutMs)
    options.memoryPath = directory + "/etcd-seen"
    options.log = log
    do throws(StoreError) { return try EtcdStore(configuration, options) } catch { throw StartFailure(error.description) }
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
