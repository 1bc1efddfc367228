/// One value that one thread waits for and another brings.
package final class Promise<Value: Sendable>: Sendable {
  private let value = Monitor<Value?>(nil)

  package init() {}

  /// The first value counts.
  package func keep(_ value: Value) { self.value.change { if $0 == nil { $0 = value } } }

  /// Blocks this thread; never called on a partition's or a transport's thread.
  package func wait() -> Value {
    guard let value = value.wait(untilMs: nil, for: { $0 }) else { preconditionFailure("an endless wait came to its end") }
    return value
  }

  /// The value, or nil when it did not come in time.
  package func wait(ms: Int64) -> Value? { value.wait(ms: ms) { $0 } }
}
