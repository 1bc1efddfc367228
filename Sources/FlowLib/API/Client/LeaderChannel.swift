import FlowCore
import FlowRPC
import Glibc
import Synchronization

/// The channel to the one of an endpoint's addresses that leads.
///
/// A call that was not begun is made again: where a standby says that another leads, there; else at the next address. With several
/// addresses nobody is given up while a take-over may be on; with one there is no waiting.
final class LeaderChannel: Sendable {
  /// What a call may be repeated for.
  enum Repeats: Sendable {
    /// It does the same twice: only when nothing was done for it.
    case never
    /// With several addresses also when the connection was lost while it was under way.
    case harmless
  }

  /// A lease of 6 s, 2 s until the next one leads, and a margin.
  private static let takeOverMs: Int64 = 12_000
  /// While none is there at all, no take-over comes; but both may be starting.
  private static let nobodyMs: Int64 = 2_000
  private static let pauseMs: Int64 = 250
  /// Channels to addresses that nobody gave us, which a standby named.
  private static let namedMax = 8

  private struct State: Sendable {
    var leader: String?
    var channels: [String: RPCChannel] = [:]
  }

  let endpoint: FlowEndpoint
  private let whenWaiting: @Sendable () -> Void
  private let state = Mutex(State())

  /// - Parameter whenWaiting: told once in a call that has to wait for somebody to lead.
  init(_ endpoint: FlowEndpoint, whenWaiting: @escaping @Sendable () -> Void) throws(Status) {
    self.endpoint = endpoint
    self.whenWaiting = whenWaiting
    // What is wrong with certificates is said before the first call.
    _ = try channel(to: endpoint.addresses[0])
  }

  /// The one that is asked first.
  var address: String { state.withLock { $0.leader } ?? endpoint.addresses[0] }

  private var hasSeveral: Bool { endpoint.addresses.count > 1 }

  /// Makes a call at the one that leads.
  ///
  /// - Parameters:
  ///   - timeoutMs: no search is longer; nil: as long as a take-over lasts.
  ///   - hasBegun: part of the answer was handed over; then nothing is repeated.
  /// - Throws: the call's own error; when nobody leads, one that tells what each said.
  func call<T>(
    timeoutMs: Int64?, repeats: Repeats, hasBegun: () -> Bool = { false }, _ body: (RPCChannel) throws(Status) -> T
  ) throws(Status) -> T {
    var search = LeaderSearch(endpoint.addresses, from: state.withLock { $0.leader })
    var said: [(address: String, status: Status)] = []
    let began = ContinuousClock.now
    var isWaiting = false
    while true {
      do throws(Status) {
        let answer = try body(try channel(to: search.current))
        state.withLock { $0.leader = search.current }
        return answer
      } catch {
        guard !hasBegun(), let refusal = refusal(error, repeats) else {
          throw hasBegun() ? ended(error, search) : error
        }
        said.append((search.current, error))
        guard !search.goOn(after: refusal) else { continue }
        let patienceMs = min(search.hasMetStandby ? LeaderChannel.takeOverMs : LeaderChannel.nobodyMs, timeoutMs ?? .max)
        let end = began + .milliseconds(patienceMs - LeaderChannel.pauseMs)
        guard hasSeveral, ContinuousClock.now < end else { throw summary(said) }
        if !isWaiting { whenWaiting() }
        isWaiting = true
        said = []
        usleep(UInt32(LeaderChannel.pauseMs * 1000))
      }
    }
  }

  /// Says that a stream's first message came, long before its end: the one that sent it leads.
  func hasAnswered(_ channel: RPCChannel) {
    state.withLock { state in
      if let address = state.channels.first(where: { $0.value === channel })?.key { state.leader = address }
    }
  }

  /// Why the call may be made elsewhere; nil when it may not.
  private func refusal(_ error: Status, _ repeats: Repeats) -> Status.Untaken? {
    if let untaken = error.untaken { return untaken }
    switch repeats {
    case .never: return nil
    case .harmless: return hasSeveral && error.isUnreached ? .unsent : nil
    }
  }

  /// A stream that ended because another one leads by now is no call that was refused; the next one goes there.
  private func ended(_ error: Status, _ search: LeaderSearch) -> Status {
    guard let refusal = error.untaken else { return error }
    var (search, error) = (search, error)
    _ = search.goOn(after: refusal)
    state.withLock { $0.leader = search.current }
    error.untaken = nil
    return error
  }

  private func channel(to address: String) throws(Status) -> RPCChannel {
    if let known = state.withLock({ $0.channels[address] }) { return known }
    let made = try endpoint.openChannel(to: address)
    return state.withLock { state in
      let named = state.channels.keys.filter { !endpoint.addresses.contains($0) }
      // Calls that still use it keep it.
      if named.count >= LeaderChannel.namedMax { for old in named { state.channels[old] = nil } }
      let kept = state.channels[address] ?? made
      state.channels[address] = kept
      return kept
    }
  }

  /// One error of what each has said, in the last round.
  private func summary(_ said: [(address: String, status: Status)]) -> Status {
    guard said.count > 1, let last = said.last else { return said.last?.status ?? Status(.unavailable, "nobody was asked") }
    let parts = said.map { $0.status.isUnreached ? $0.status.message : "\($0.address): \($0.status.message)" }
    let isNobodyThere = said.allSatisfy(\.status.isUnreached)
    guard !isNobodyThere else {
      return Status(.unavailable, parts.joined(separator: "; "), hint: last.status.hint, untaken: .unsent)
    }
    let hint = hasSeveral ? "again in a moment" : "again in a moment, or --flowd-host with the addresses of all, by commas"
    return Status(
      .unavailable, "no \(endpoint.name) that leads was found: " + parts.joined(separator: "; "), hint: hint, untaken: .standby(leader: nil)
    )
  }
}
