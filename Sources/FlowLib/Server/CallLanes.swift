import FlowHTTP
import Synchronization

/// Lets only so many calls go to one address at once; the others wait in order, so that a service that hangs holds up its own
/// instances and no others.
final class CallLanes: Sendable {
  private struct Lane {
    var inFlight = 0
    var waiting: [@Sendable () -> Void] = []
    var head = 0
    /// Somebody begins calls already; a call that ends at once must not begin the next one inside of itself.
    var isBeginning = false

    mutating func next() -> (@Sendable () -> Void)? {
      guard head < waiting.count else { return nil }
      head += 1
      defer {
        if head > 64, head * 2 > waiting.count {
          waiting.removeFirst(head)
          head = 0
        }
      }
      return waiting[head - 1]
    }
  }

  private let perAddress: Int
  private let lanes = Mutex<[HTTPAddress: Lane]>([:])

  init(perAddress: Int) { self.perAddress = perAddress }

  /// Begins a call now, or when another one to the address has ended. Each call that began is followed by one `leave`.
  func enter(_ address: HTTPAddress, _ begin: @escaping @Sendable () -> Void) {
    let isFree = lanes.withLock { lanes in
      let isFree = lanes[address, default: Lane()].inFlight < perAddress
      if isFree { lanes[address, default: Lane()].inFlight += 1 } else { lanes[address, default: Lane()].waiting.append(begin) }
      return isFree
    }
    if isFree { begin() }
  }

  /// A call has ended.
  ///
  /// - Parameter goesOn: false drops what waits.
  func leave(_ address: HTTPAddress, goesOn: Bool) {
    let begins = lanes.withLock { lanes -> Bool in
      guard var lane = lanes.removeValue(forKey: address) else { return false }
      lane.inFlight -= 1
      if !goesOn { (lane.waiting, lane.head) = ([], 0) }
      let begins = !lane.isBeginning && lane.head < lane.waiting.count
      if begins { lane.isBeginning = true }
      // Addresses come and go; only those with calls are kept.
      if lane.inFlight > 0 || lane.isBeginning { lanes[address] = lane }
      return begins
    }
    guard begins else { return }
    while let begin = next(address) { begin() }
  }

  private func next(_ address: HTTPAddress) -> (@Sendable () -> Void)? {
    lanes.withLock { lanes in
      guard var lane = lanes.removeValue(forKey: address) else { return nil }
      let begin = lane.inFlight < perAddress ? lane.next() : nil
      if begin == nil { lane.isBeginning = false } else { lane.inFlight += 1 }
      if lane.inFlight > 0 || lane.head < lane.waiting.count { lanes[address] = lane }
      return begin
    }
  }

  /// Calls that wait for a place.
  var waiting: Int { lanes.withLock { $0.values.reduce(0) { $0 + $1.waiting.count - $1.head } } }
}
