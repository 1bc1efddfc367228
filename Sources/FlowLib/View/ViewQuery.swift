import FlowCore
import FlowEngine
import FlowStorage

/// What a list shows; empty fields do not filter.
package struct InstanceFilter: Sendable, Equatable {
  /// Exact ids; at most `Limits.pageRows`.
  package var ids: [String]
  package var deployment: String?
  package var states: [InstanceState]
  /// All pairs must match.
  package var metadata: [MetadataPair]

  package init(ids: [String] = [], deployment: String? = nil, states: [InstanceState] = [], metadata: [MetadataPair] = []) {
    self.ids = ids
    self.deployment = deployment
    self.states = states
    self.metadata = metadata
  }
}

/// Where the next page begins; goes over the wire as a number.
package struct ViewCursor: Sendable, Hashable {
  package let raw: Int64

  package init(_ raw: Int64) { self.raw = raw }
}

package struct InstancePage: Sendable, Equatable {
  /// Newest first.
  package var rows: [InstanceRow]
  /// Nil when there is nothing more.
  package var next: ViewCursor?
}

/// The events of one instance that are kept, oldest first.
package struct InstanceHistory: Sendable, Equatable {
  package var entries: [HistoryEntry]
  /// Older entries that were cut off for `Limits.viewHistoryBytes`.
  package var dropped: Int
}

/// An answer, and the positions that it reflects.
package struct ViewAnswer<Value: Sendable>: Sendable {
  package var value: Value
  package var positions: [PartitionID: Position]
}

/// "Not before": an answer must reflect at least this position (read your writes).
package struct NotBefore: Sendable {
  package var partition: PartitionID
  package var position: Position
  package var deadlineMs: Int

  package init(_ partition: PartitionID, _ position: Position, deadlineMs: Int = 2000) {
    self.partition = partition
    self.position = position
    self.deadlineMs = deadlineMs
  }
}

/// How many instances of a deployment are in a state.
package struct InstanceCount: Sendable, Equatable {
  package var deployment: String
  package var state: InstanceState
  package var count: Int

  package init(deployment: String, state: InstanceState, count: Int) {
    self.deployment = deployment
    self.state = state
    self.count = count
  }
}

/// What `apply` says to its caller.
package enum ViewIntake: Sendable, Equatable {
  case taken
  /// Taken, but the queue is half full: slow down.
  case slow
  /// Not taken: give the changes of the journal after this position again, later.
  case refused(resumeAfter: Position)
}

/// One change as subscribers hear it, after it can be read.
package struct FeedItem: Sendable, Equatable {
  /// Counts all changes of this view; resume after it.
  package var number: UInt64
  package var partition: PartitionID
  package var position: Position
  package var change: ViewChange
}

package struct FeedFilter: Sendable, Equatable {
  package var instance: String?
  /// Only changes of instances of this deployment.
  package var deployment: String?

  package init(instance: String? = nil, deployment: String? = nil) {
    self.instance = instance
    self.deployment = deployment
  }
}

/// What is kept of finished instances.
package struct ViewRetention: Sendable, Equatable {
  package var ageMs: Int64
  package var bytes: Int

  package init(ageMs: Int64 = 7 * 86_400_000, bytes: Int = 1 << 30) {
    self.ageMs = ageMs
    self.bytes = bytes
  }
}
