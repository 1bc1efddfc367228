import FlowCore
import FlowRPC
import Synchronization

/// Creates instances over gRPC and keeps a bounded number of them in flight.
///
/// An instance is in flight from its CreateInstance until that is answered *and* its service was called.
final class LoadDriver: Sendable {
  private let channel: RPCChannel
  private let deployment: String
  private let limit: Int
  private let state = Mutex(State())

  struct State: Sendable {
    var isOpen = false
    var isMeasuring = false
    var sent = 0
    var answered = 0
    var served = 0
    var failure: Status?
    var position: UInt64 = 0
    /// When instance n was sent, at n modulo the size.
    fileprivate var sentAt = [Int64](repeating: 0, count: 1 << 14)
    /// From CreateInstance until its durable answer.
    var createLatencies: [Int64] = []
    /// From CreateInstance until the service was called.
    var callLatencies: [Int64] = []
  }

  init(_ channel: RPCChannel, deployment: String, limit: Int) {
    self.channel = channel
    self.deployment = deployment
    self.limit = limit
  }

  var now: State { state.withLock { $0 } }
  var servedCount: Int { state.withLock { $0.served } }
  var failure: Status? { state.withLock { $0.failure } }

  func begin() {
    state.withLock { $0.isOpen = true }
    pump()
  }

  /// Latencies are kept from here on.
  func beginMeasuring() { state.withLock { $0.isMeasuring = true } }

  /// Creates nothing more, and waits for what is in flight.
  func finish() throws(BenchFailure) {
    state.withLock { $0.isOpen = false }
    let until = Gauge.nanoseconds + 30_000_000_000
    while true {
      let (sent, answered, served, failure) = state.withLock { ($0.sent, $0.answered, $0.served, $0.failure) }
      if let failure { throw BenchFailure("CreateInstance: \(failure)") }
      if sent == min(answered, served) { return }
      guard Gauge.nanoseconds < until else {
        throw BenchFailure("the load stands still: \(sent) instances sent, \(answered) answered, \(served) services called")
      }
      Gauge.sleep(ms: 1)
    }
  }

  /// The service was called for instance `number`.
  func served(_ number: Int) {
    let now = Gauge.nanoseconds
    state.withLock { state in
      state.served += 1
      if state.isMeasuring { state.callLatencies.append(now - state.sentAt[number % state.sentAt.count]) }
    }
    pump()
  }

  private func pump() {
    while let number = nextNumber() { create(number) }
  }

  private func nextNumber() -> Int? {
    state.withLock { state in
      guard state.isOpen, state.sent - min(state.answered, state.served) < limit else { return nil }
      state.sent += 1
      state.sentAt[state.sent % state.sentAt.count] = Gauge.nanoseconds
      return state.sent
    }
  }

  private func create(_ number: Int) {
    let request = FlowV1.CreateInstanceRequest(deployment: deployment, payload: Ticket.payload(number), contentType: "application/json")
    channel.start(FlowV1.FlowMethods.createInstance, request) { [self] in answered(number, $0) }
  }

  private func answered(_ number: Int, _ result: Result<Reply<FlowV1.CreateInstanceResponse>, Status>) {
    let now = Gauge.nanoseconds
    state.withLock { state in
      state.answered += 1
      switch result {
      case .success(let reply):
        state.position = max(state.position, reply.message.position)
        if state.isMeasuring { state.createLatencies.append(now - state.sentAt[number % state.sentAt.count]) }
      case .failure(let status):
        // Rates of a load that is refused would mean nothing.
        state.failure = state.failure ?? status
        state.isOpen = false
      }
    }
    pump()
  }
}
