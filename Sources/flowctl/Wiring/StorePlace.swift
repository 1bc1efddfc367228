import FlowCommandLine
import FlowCore
import FlowEtcd
import FlowRPC
import FlowSQLite
import FlowStorage
import FlowView
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

  /// A store to be read, that nobody works on.
  func openAsSource() throws(StoreError) -> any Store {
    let store = try openToRead()
    if let etcd = store as? EtcdStore, try etcd.hasCandidates() {
      etcd.close()
      throw .locked(owner: "a flowd on \(shown)")
    }
    return store
  }

  /// Whether nothing was written since the store was opened to be read.
  func stands(at standing: [Standing], _ ask: (any Store) throws(StoreError) -> [Standing]) throws(StoreError) -> Bool {
    guard case .etcd = self else { return true }
    let now = try openToRead()
    defer { now.close() }
    return try ask(now) == standing
  }

  /// The file with what finished; only beside a store in a directory.
  var viewPath: String {
    switch self {
    case .sqlite(let path): path + "/" + View.fileName
    case .etcd: ""
    }
  }

  /// Makes a store where none is, fills and checks it; nothing is there when that fails. `fill` is told its `viewPath`.
  func make(_ fill: (any Store, _ viewPath: String) throws(StoreError) -> Void) throws(StoreError) {
    switch self {
    case .sqlite(let path): try StorePlace.makeDirectory(path, fill)
    case .etcd(let configuration, _):
      var options = StorePlace.etcdOptions(readsOnly: false)
      options.clearsUnfinished = true
      let store = try EtcdStore(configuration, options)
      defer { store.close() }
      try fill(store, "")
    }
  }

  /// Under another name, until all is there.
  private static func makeDirectory(_ path: String, _ fill: (any Store, _ viewPath: String) throws(StoreError) -> Void) throws(StoreError) {
    guard try SQLiteStore.takesRestore(path) else { throw .locked(owner: "what lies in \(path) already") }
    let unfinished = path + ".migrating"
    TemporaryFolder.remove(unfinished)
    do throws(StoreError) {
      let store = try SQLiteStore(unfinished, reserveBytes: 0)
      defer { store.close() }
      try fill(store, StorePlace.sqlite(unfinished).viewPath)
    } catch {
      TemporaryFolder.remove(unfinished)
      throw error
    }
    // An empty directory that is there gives way.
    unlink(path + "/lock")
    guard rename(unfinished, path) == 0 else { throw .unavailable("rename \(unfinished) to \(path): \(String(cString: strerror(errno)))") }
    sync()
  }

  /// Whether there is nothing at all.
  var isMissing: Bool {
    switch self {
    case .sqlite(let path): access(path + "/journal.db", F_OK) != 0
    case .etcd: false
    }
  }
}
