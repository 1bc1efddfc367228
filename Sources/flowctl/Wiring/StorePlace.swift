import FlowCommandLine
import FlowCore
import FlowEtcd
import FlowRPC
import FlowSQLite
import FlowStorage
import Glibc

/// Where a store is, as a command line says it: `sqlite:DIR`, a directory, or `etcd://HOST:PORT,…`.
enum StorePlace {
  case sqlite(String)
  case etcd(EtcdConfiguration, shown: String)

  static let options: [OptionSpec] = [
    OptionSpec(
      "etcd-ca", type: .file, metavar: "FILE", env: "FLOWD_ETCD_CA", configurable: false, help: "certificates that vouch for etcd (PEM)"),
    OptionSpec(
      "etcd-cert", type: .file, metavar: "FILE", env: "FLOWD_ETCD_CERT", configurable: false, help: "own certificate towards etcd (PEM)"),
    OptionSpec(
      "etcd-key", type: .file, metavar: "FILE", env: "FLOWD_ETCD_KEY", configurable: false,
      help: "key of the certificate towards etcd (PEM)"),
  ]

  init(_ text: String, _ context: Context) throws(Failure) {
    guard text.hasPrefix("etcd://") else {
      let path = text.hasPrefix("sqlite:") ? String(text.dropFirst("sqlite:".count)) : text
      guard !path.isEmpty, !path.contains("://") else {
        throw Failure(ExitCode.usage, "'\(text)' names no store", hint: "sqlite:DIR or etcd://HOST:PORT,HOST:PORT")
      }
      self = .sqlite(path)
      return
    }
    let (ca, certificate, key) = (
      try StorePlace.pem("etcd-ca", context), try StorePlace.pem("etcd-cert", context), try StorePlace.pem("etcd-key", context)
    )
    let isTLS = ca != nil || certificate != nil || key != nil
    let tls = isTLS ? ClientTLS(authorities: ca, certificateChain: certificate, privateKey: key) : nil
    do throws(Status) {
      self = .etcd(try EtcdConfiguration(url: text, tls: tls), shown: StorePlace.withoutPassword(text))
    } catch { throw Failure(ExitCode.usage, error.message, hint: error.hint) }
  }

  private static func pem(_ option: String, _ context: Context) throws(Failure) -> String? {
    try context.pem(option).map { String(decoding: $0, as: UTF8.self) }
  }

  private static func withoutPassword(_ url: String) -> String {
    url.lastIndex(of: "@").map { "etcd://" + url[url.index(after: $0)...] } ?? url
  }

  /// For people: without a password.
  var shown: String {
    switch self {
    case .sqlite(let path): path
    case .etcd(_, let shown): shown
    }
  }

  private static let etcdTimeoutMs: Int64 = 10_000

  static func etcdOptions(readsOnly: Bool) -> EtcdStoreOptions {
    var options = EtcdStoreOptions()
    if let root = getenv("REXFLOW_ROOT_PREFIX") { options.root = String(cString: root) }
    options.timeoutMs = etcdTimeoutMs
    options.maintains = false
    options.readsOnly = readsOnly
    return options
  }

  /// A store that is there, to look at. On etcd one moment of it, whoever works on it; a directory only when nobody else uses it.
  func openToRead() throws(StoreError) -> any Store {
    switch self {
    case .sqlite(let path):
      guard access(path + "/journal.db", F_OK) == 0 else { throw .unavailable("\(path) holds no store") }
      return try SQLiteStore(path, reserveBytes: 0)
    case .etcd(let configuration, _): return try EtcdStore(configuration, StorePlace.etcdOptions(readsOnly: true))
    }
  }

  /// Whether there is nothing at all.
  var isMissing: Bool {
    switch self {
    case .sqlite(let path): access(path + "/journal.db", F_OK) != 0
    case .etcd: false
    }
  }
}
