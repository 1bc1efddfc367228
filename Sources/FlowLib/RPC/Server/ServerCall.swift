import FlowCore
package final class ServerCall: Sendable {
  package let request: [UInt8] = []
  package func respond(_ bytes: [UInt8], trailers: Metadata = Metadata()) {}
  package func finish(_ status: Status, trailers: Metadata = Metadata()) {}
  package func send(_ bytes: [UInt8], whenWritten: (@Sendable (Bool) -> Void)? = nil) -> SendOutcome { .ended }
  package func whenReady(_ action: @escaping @Sendable () -> Void) {}
  package func receive(_ action: @escaping @Sendable ([UInt8]?) -> Void) {}
}
