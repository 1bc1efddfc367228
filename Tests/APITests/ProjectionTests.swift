import FlowCore
import FlowEngine
import FlowRuntime
import FlowStorage
import FlowView
import Testing

@testable import FlowServer

@Suite("a partition's events as readers get them")
struct ProjectionTests {
  private let partition = PartitionID(1)
  private let row = InstanceRow(id: "flow-1", deployment: "calc-1", created: Instant(milliseconds: 1), metadata: [])

  /// Readers of a node that led up to position 3 with one instance on its way, and that is to lead again.
  private func behind() throws -> (view: View, projection: Projection) {
    let view = try View(":memory:", isArchived: true)
    #expect(view.apply(partition, Position(1), [.instanceCreated(row)]) == .taken)
    for position in [Position(2), Position(3)] { #expect(view.apply(partition, position, []) == .taken) }
    try reach(view, 3)
    let store = MemoryStore()
    _ = try store.claim(partition, epoch: Epoch(1))
    let archiver = Archiver(view, store, Archiver.Options(partition: partition, epoch: Epoch(1), bytes: 1 << 20))
    let projection = Projection(partition, view: view, archiver: archiver, board: DeploymentBoard()) { _ in }
    projection.willReplay(after: Position(2), PartitionState(partition: 1), Catalog())
    return (view, projection)
  }

  private func reach(_ view: View, _ position: UInt64) throws {
    _ = try view.get("", notBefore: NotBefore(partition, Position(position), deadlineMs: 20_000))
  }

  private func replay(_ projection: Projection, from first: UInt64, to last: UInt64) {
    for position in first...last { projection.beginBatch(at: Position(position)) }
    projection.committed(Position(last), PartitionState(partition: 1), Catalog(), touchedDeployments: false)
  }

  @Test("what ended under another node, and is left out of replay, does not go on for ever")
  func leftOut() throws {
    let (view, projection) = try behind()

    projection.leavesOut(at: Position(4))
    replay(projection, from: 3, to: 5)

    try reach(view, 5)
    #expect(try view.get("flow-1").value == nil)
  }

  @Test("what readers have is not taken from them, though replay leaves it out")
  func known() throws {
    let (view, projection) = try behind()

    projection.leavesOut(at: Position(3))
    replay(projection, from: 3, to: 5)

    try reach(view, 5)
    #expect(try view.get("flow-1").value?.state == .running)
  }
}
