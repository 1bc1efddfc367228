import FlowCore
import FlowEngine
import FlowRuntime
import FlowSQLite
import FlowServer
import FlowStorage
import FlowThreads
import FlowView
import Foundation
import Testing

@Suite("a store in the layout of the original")
struct StoreExportTests {
  private func exported(
    _ store: any Store, _ finished: Server.FinishedRows = .file(nil), root: String = "/rexflow"
  ) throws -> (entries: [OriginalEntry], counts: ExportCounts) {
    let all = Collected()
    let counts = try Server.export(store, finished: finished, as: OriginalLayout(root: root)) { entries, _ in
      all.entries += entries
      return true
    }
    return (all.entries, counts)
  }

  private final class Collected { var entries: [OriginalEntry] = [] }

  private func values(_ entries: [OriginalEntry], below prefix: String) -> [String: String] {
    var found: [String: String] = [:]
    for entry in entries where entry.key.hasPrefix(prefix) {
      found[String(entry.key.dropFirst(prefix.count))] = String(decoding: entry.value, as: UTF8.self)
    }
    return found
  }

  @Test("after a run keys and values are those of the original (row A100)")
  func completed() throws {
    let bench = try FlowHTTPAPIBench()
    let deployment = try bench.apply()
    let id = try bench.start(deployment, #"{"a":1.50}"#)
    bench.releaseService()
    _ = try bench.instance(id, once: "COMPLETED")

    let (entries, counts) = try exported(bench.store)

    #expect(
      values(entries, below: "/rexflow/instances/\(id)/") == [
        "content_type": "application/json", "end_event": "done", "metadata": "{}", "parent": deployment, "result": #"{"a":1.50}"#,
        "state": "COMPLETED",
      ])
    let workflow = values(entries, below: "/rexflow/workflows/\(deployment)/")
    #expect(workflow["state"] == "RUNNING" && workflow.count == 2)
    #expect(workflow["proc"]?.hasPrefix("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<bpmn:process id=\"Calc\"") == true)
    #expect(entries.map(\.key) == entries.map(\.key).sorted { $0.precedesAsKey($1) })
    #expect((counts.instances, counts.deployments, counts.keys) == (1, 1, 8))
    #expect(counts.unknown == 0 && counts.missingUpTo == nil)
  }

  @Test("what runs, stopped, failed or was canceled is told as the original says it (row A100)")
  func otherStates() throws {
    let bench = try FlowHTTPAPIBench()
    let (plain, recoverable) = (try bench.apply(), try bench.apply("Again", isRecoverable: true))
    let (running, failed, canceled) = (try bench.start(plain), try bench.start(plain), try bench.start(plain))
    let stopped = try bench.start(recoverable)
    let report = #"{"error_code":"X","error_msg":"no","from_envoy":false}"#
    for (id, deployment) in [(failed, plain), (stopped, recoverable)] {
      _ = try bench.call("POST", "/instancefail", ["X-Rexflow-Iid": id, "X-Rexflow-Did": deployment], body: report)
    }
    let key = try #require(InstanceID(canceled)).key
    _ = bench.server.ask(.cancelInstance(key))

    let (entries, _) = try exported(bench.store)

    func shown(_ id: String) -> [String: String] { values(entries, below: "/rexflow/instances/\(id)/") }
    #expect(shown(running) == ["metadata": "{}", "parent": plain, "state": "RUNNING"])
    let error = ["content_type": "application/json", "metadata": "{}", "result": report]
    #expect(shown(failed) == error.merging(["parent": plain, "state": "ERROR"]) { $1 })
    #expect(shown(stopped) == error.merging(["parent": recoverable, "state": "STOPPED"]) { $1 })
    #expect(shown(canceled)["state"] == "ERROR" && shown(canceled)["result"]?.contains("CANCELED_INSTANCE") == true)
  }

  @Test("metadata are one object of texts")
  func metadata() throws {
    let bench = try FlowHTTPAPIBench()
    let key = try bench.server.board.named(bench.apply()).deployment.key
    let promise = Promise<Bool>()
    bench.server.createInstance(of: key, start: nil, payload: .emptyObject, metadata: [("user", "x\"y"), ("n", "1")]) { outcome in
      if case .success = outcome { promise.keep(true) } else { promise.keep(false) }
    }
    #expect(promise.wait())

    let (entries, _) = try exported(bench.store)

    #expect(
      entries.first { $0.key.hasSuffix("/metadata") }.map { String(decoding: $0.value, as: UTF8.self) } == #"{"user":"x\"y","n":"1"}"#)
  }

  @Test("keys begin with the root, however it is written (row A99)", arguments: [("x", "/x"), ("/x/", "/x"), ("/a/b", "/a/b"), ("/", "")])
  func roots(said: String, root: String) throws {
    let bench = try FlowHTTPAPIBench()
    let deployment = try bench.apply()
    let id = try bench.start(deployment)

    let keys = try exported(bench.store, root: said).entries.map(\.key)

    #expect(keys.contains("\(root)/instances/\(id)/state") && keys.contains("\(root)/workflows/\(deployment)/state"))
    #expect(OriginalLayout(root: said).prefixes == ["\(root)/instances/", "\(root)/workflows/"])
  }

  @Test("what had ended before the journal's tail comes from the readers' file; without it, that is said")
  func orderlyStop() throws {
    let scratch = try ScratchFolder()
    let (data, view) = (scratch.path + "/data", scratch.path + "/data/view.db")
    let bench = try NodeBench(try SQLiteStore(data, reserveBytes: 0), viewPath: view)
    let straight = try bench.applyStraight()
    for _ in 0..<3 { _ = try bench.create(straight) }
    // What readers have not got stays in the journal.
    #expect(NodeBench.until { bench.rows == 3 })
    bench.stop()
    let store = try SQLiteStore(data, reserveBytes: 0)
    defer { store.close() }

    let whole = try exported(store, .file(try ViewFile(view)))
    let without = try exported(store)

    #expect(whole.counts.instances == 3 && whole.counts.missingUpTo == nil && whole.counts.unknown == 0)
    let states = whole.entries.filter { $0.key.hasPrefix("/rexflow/instances/") && $0.key.hasSuffix("/state") }
    #expect(states.map { String(decoding: $0.value, as: UTF8.self) } == ["COMPLETED", "COMPLETED", "COMPLETED"])
    let mark = try store.standing(PartitionID(1)).mark
    #expect(without.counts.instances == 0 && without.counts.missingUpTo == mark)
  }

  @Test("after a crash the journal's tail completes what readers had got, each instance once")
  func crash() throws {
    let scratch = try ScratchFolder()
    let (disk, view, copy) = (MemoryDisk(), scratch.path + "/view.db", scratch.path + "/copy.db")
    let bench = try NodeBench(MemoryStore(disk), viewPath: view)
    let straight = try bench.applyStraight()
    let waiting = try bench.create(try bench.applyWaiting())
    let before = try bench.create(straight)
    #expect(NodeBench.until { bench.rows == 2 })
    for suffix in ["", "-wal"] { try FileManager.default.copyItem(atPath: view + suffix, toPath: copy + suffix) }
    let after = try bench.create(straight)
    _ = bench.server.ask(.cancelInstance(waiting.key))
    let snapshot = disk.snapshot()
    bench.stop()

    let (entries, counts) = try exported(MemoryStore(snapshot), .file(try ViewFile(copy)))

    func state(_ id: InstanceID) -> String? { values(entries, below: "/rexflow/instances/\(id.text)/")["state"] }
    #expect(counts.instances == 3 && counts.unknown == 0)
    #expect([waiting, before, after].map(state) == ["ERROR", "COMPLETED", "COMPLETED"])
    #expect(Set(entries.map(\.key)).count == entries.count)
  }

  @Test("an archive has all that ended before the journal's tail, and what was deleted is gone")
  func archived() throws {
    let scratch = try ScratchFolder()
    let store = MemoryStore()
    let view = try View(scratch.path + "/node.db", isArchived: true)
    let ids = (1...3).map { "flow-" + String(format: "%032x", $0) }
    _ = try store.claim(PartitionID(1), epoch: Epoch(1))
    let archiver = Archiver(view, store, Archiver.Options(partition: PartitionID(1), epoch: Epoch(1), bytes: 1 << 20))
    archiver.start(mark: .start, replayed: .start)
    let end = InstanceEnd(state: .completed, ended: wallClock(), result: Array("1".utf8), contentType: "text/plain", endEvent: "e")
    for (index, id) in ids.enumerated() {
      let row = InstanceRow(id: id, deployment: "calc-1", created: wallClock())
      let changes: [ViewChange] = [.instanceCreated(row), .instanceEnded(id: id, end)]
      #expect(view.apply(PartitionID(1), Position(UInt64(index + 1)), changes) == .taken)
      archiver.reach(Position(UInt64(index + 1)), ms: 20_000)
    }
    #expect(view.apply(PartitionID(1), Position(4), [.instanceDeleted(id: ids[1])]) == .taken)
    archiver.reach(Position(4), ms: 20_000)
    archiver.close()
    view.close()

    let (entries, counts) = try exported(store, try Server.unpack(store, to: scratch.path + "/view.db"))

    #expect(counts.instances == 2 && counts.missingUpTo == nil)
    #expect(entries.map(\.key).filter { $0.hasSuffix("/state") } == [ids[0], ids[2]].map { "/rexflow/instances/\($0)/state" })
    #expect(values(entries, below: "/rexflow/instances/\(ids[0])/")["end_event"] == "e")
  }

  @Test("rows of another store are refused")
  func foreignRows() throws {
    let scratch = try ScratchFolder()
    let view = scratch.path + "/view.db"
    let bench = try NodeBench(MemoryStore(), viewPath: view)
    _ = try bench.create(try bench.applyStraight())
    #expect(NodeBench.until { bench.rows == 1 })
    bench.stop()

    #expect(throws: StoreError.self) { try exported(MemoryStore(), .file(try ViewFile(view))) }
  }

  @Test("who has enough is told no more")
  func enough() throws {
    let bench = try FlowHTTPAPIBench()
    _ = try bench.start(try bench.apply())

    let counts = try Server.export(bench.store, finished: .file(nil), as: OriginalLayout(root: "")) { _, _ in false }

    #expect((counts.instances, counts.deployments) == (1, 0))
  }
}
