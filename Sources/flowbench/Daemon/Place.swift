import FlowEtcd
import FlowSQLite
import FlowStorage

/// Where something of ours keeps its work: a folder of the workspace and, when that is the store, an etcd of its own.
final class Place {
  let directory: String
  let etcd: EtcdServer?
  private let store: String

  init(_ bench: Bench, _ name: String) throws(BenchFailure) {
    directory = try bench.workspace.folder(name)
    store = bench.store
    etcd = bench.store == "etcd" ? try EtcdServer(bench.etcd, in: directory) : nil
  }

  /// What `--store` takes.
  var flag: String { etcd?.url ?? store }

  /// The store that flowd has here, opened by this program.
  func open(_ change: (inout EtcdStoreOptions) -> Void = { _ in }) throws(StoreError) -> any Store {
    guard let etcd else { return store == "memory" ? MemoryStore() : try SQLiteStore(directory) }
    var options = EtcdStoreOptions()
    options.quotaBytes = EtcdServer.quotaBytes
    change(&options)
    return try EtcdStore(etcd.configuration, options)
  }

  /// Ends what runs here; what is not ended by then goes with the object.
  func stop() { etcd?.stop() }
}
