import FlowCore
import FlowRPC
import FlowStorage
import FlowThreads
import Glibc
import Synchronization

/// Blocking calls to a cluster of etcd: asks another member when one does not answer, and says when it is not known what happened.
///
/// Every call ends within its time. Calls from several threads are fine; none from a callback of a channel.
package final class EtcdClient: Sendable {
  package let configuration: EtcdConfiguration
  private let channels: [RPCChannel]
  /// The endpoint that answered last.
  private let preferred = Atomic<Int>(0)
  private let token: EtcdToken
  private let closed = Atomic(false)
  /// The revision of all that is read, and then nothing is written; 0: what is there now.
  private let pinned = Atomic<Int64>(0)

  /// Connects when the first call needs it.
  package init(_ configuration: EtcdConfiguration) throws(EtcdError) {
    self.configuration = configuration
    do throws(RPCError) {
      var channels: [RPCChannel] = []
      for endpoint in configuration.endpoints {
        // 10 s between probes is what etcd allows a client; a second is enough for a connection inside one site.
        channels.append(try RPCChannel(endpoint, tls: configuration.tls, keepaliveMs: 10_000, reconnectMs: 1_000))
      }
      self.channels = channels
    } catch {
      throw .refused(Status(.failedPrecondition, "\(error)"))
    }
    guard !channels.isEmpty else { throw .refused(Status(.invalidArgument, "no endpoint of etcd is named")) }
    token = EtcdToken(configuration.user)
  }

  deinit { close() }

  /// Ends calls and streams under way; twice is fine.
  package func close() {
    guard !closed.exchange(true, ordering: .acquiringAndReleasing) else { return }
    for channel in channels { channel.close() }
  }

  /// From here on everything is read as it was at the revision, as long as that is not compacted, and writes are refused.
  func pin(_ revision: Int64) { pinned.store(revision, ordering: .releasing) }

  var pinnedRevision: Int64 { pinned.load(ordering: .acquiring) }

  func checkWrites() throws(EtcdError) {
    guard pinnedRevision == 0 else { throw .refused(Status(.failedPrecondition, "this store was opened to be read only")) }
  }

  package var isClosed: Bool { closed.load(ordering: .acquiring) }

  // MARK: calls

  /// Whether a call may be made again when nobody knows if it was carried out.
  enum Kind { case read, write }

  /// Makes a call at the endpoint that answers.
  ///
  /// - Throws: `outcomeUnknown` only for writes.
  func call<Q, P>(
    _ method: RPCMethod<Q, P>, _ request: Q, _ kind: Kind, timeoutMs: Int64? = nil
  ) throws(EtcdError) -> P {
    let deadline = MonotonicClock.milliseconds() + (timeoutMs ?? configuration.timeoutMs)
    var (attempts, renewals) = (0, 0)
    while true {
      let index = preferred.load(ordering: .relaxed)
      let verdict: Verdict
      do throws(Status) {
        return try once(method, request, at: index, deadline: deadline)
      } catch { verdict = Verdict(error) }
      guard !isClosed else { throw .closed }
      switch verdict {
      case .final(let error): throw error
      case .unknown(let why) where kind == .write:
        // Whoever looks what has become of it must not ask the member that is silent.
        prefer(after: index)
        throw .outcomeUnknown(why)
      case .tokenIsOld:
        guard renewals < 2 else { throw .credentials("the token of user \(configuration.user?.name ?? "(none)") is not accepted") }
        renewals += 1
        try renewToken(deadline: deadline)
      case .unknown(let why), .notDone(let why):
        attempts += 1
        try moveOn(from: index, attempts, deadline: deadline, why)
      }
    }
  }

  private func once<Q, P>(_ method: RPCMethod<Q, P>, _ request: Q, at index: Int, deadline: Int64) throws(Status) -> P {
    let left = max(1, deadline - MonotonicClock.milliseconds())
    return try channels[index].call(method, request, options: options(timeoutMs: min(left, configuration.attemptMs)))
  }

  /// Asks the next endpoint; waits a little when all were asked, longer each time.
  private func moveOn(from index: Int, _ attempts: Int, deadline: Int64, _ why: String) throws(EtcdError) {
    prefer(after: index)
    let rounds = attempts / channels.count
    let pause = attempts % channels.count == 0 ? min(1_000, Int64(20) << Int64(min(rounds, 6))) : 0
    // Clients that lost the same member must not all come back at the same moment.
    let jitter = pause > 0 ? Int64.random(in: 0...pause / 2) : 0
    guard MonotonicClock.milliseconds() + pause + jitter < deadline else { throw .unreachable(why) }
    if pause > 0 { usleep(UInt32(1000 * (pause + jitter))) }
    guard !isClosed else { throw .closed }
  }

  /// A call at one endpoint, without any second try.
  func callMember<Q, P>(
    _ endpoint: Int, _ method: RPCMethod<Q, P>, _ request: Q, timeoutMs: Int64
  ) throws(EtcdError) -> P {
    do throws(Status) {
      return try channels[endpoint].call(method, request, options: options(timeoutMs: timeoutMs))
    } catch {
      switch Verdict(error) {
      case .final(let error): throw error
      case .notDone(let why): throw .unreachable(why)
      case .unknown(let why): throw .outcomeUnknown(why)
      case .tokenIsOld: throw .credentials(error.message)
      }
    }
  }

  /// A stream at the endpoint that answered last; `failed` moves on to the next.
  func stream<Q, P>(_ method: RPCMethod<Q, P>) throws(EtcdError) -> (endpoint: Int, stream: ClientStream<Q, P>) {
    guard !isClosed else { throw .closed }
    if token.isWanted, token.current == nil { try renewToken(deadline: MonotonicClock.milliseconds() + configuration.timeoutMs) }
    let index = preferred.load(ordering: .relaxed)
    return (index, channels[index].stream(method, options: options(timeoutMs: nil)))
  }

  /// What a stream's end means: whether another one may be tried, after which pause.
  func streamFailed(at endpoint: Int, _ status: Status) {
    if case .tokenIsOld = Verdict(status) { token.forget() }
    prefer(after: endpoint)
  }

  private func prefer(after index: Int) {
    _ = preferred.compareExchange(expected: index, desired: (index + 1) % channels.count, ordering: .relaxed)
  }

  private func options(timeoutMs: Int64?) -> CallOptions {
    var metadata = Metadata()
    // A member that sees no leader says so at once, where it would else wait until the call's end.
    metadata.add("hasleader", "true")
    if let token = token.current { metadata.add("token", token) }
    return CallOptions(timeoutMs: timeoutMs, metadata: metadata)
  }

  // MARK: authentication

  private func renewToken(deadline: Int64) throws(EtcdError) {
    guard let user = configuration.user else {
      throw .credentials("it asks for a user; name one as etcd://USER:PASSWORD@…")
    }
    token.forget()
    let request = Etcdserverpb.AuthenticateRequest(name: user.name, password: user.password)
    var attempts = 0
    while true {
      let index = preferred.load(ordering: .relaxed)
      do throws(Status) {
        return token.set(try once(Etcdserverpb.AuthMethods.authenticate, request, at: index, deadline: deadline).token)
      } catch {
        switch Verdict(error) {
        case .final(.refused(let status)) where status.message.contains("not enabled"): return token.set("")
        case .final(let error): throw error
        case .tokenIsOld: throw .credentials(error.message)
        case .unknown(let why), .notDone(let why):
          attempts += 1
          try moveOn(from: index, attempts, deadline: deadline, why)
        }
      }
    }
  }
}

/// The token that a name and password were exchanged for; etcd forgets it after a while.
private final class EtcdToken: Sendable {
  private let token = Mutex<String?>(nil)
  let isWanted: Bool

  init(_ user: EtcdConfiguration.User?) { isWanted = user != nil }

  /// Nil before the first call that needed one; empty when etcd asks for none.
  var current: String? { token.withLock { $0 } }
  func set(_ text: String) { token.withLock { $0 = text } }
  func forget() { token.withLock { $0 = nil } }
}
