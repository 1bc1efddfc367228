import FlowCore

/// An element of a deployment, as health sees it.
package struct ProbeKey: Sendable, Hashable, Comparable {
  package var deployment: String
  package var element: String

  package init(deployment: String, element: String) {
    self.deployment = deployment
    self.element = element
  }

  package static func < (left: ProbeKey, right: ProbeKey) -> Bool {
    (left.deployment, left.element) < (right.deployment, right.element)
  }
}

/// What to ask, how and how often.
package struct ProbeTarget: Sendable, Equatable {
  package var key: ProbeKey
  package var url: String
  package var method: String
  package var body: [UInt8]?
  /// From the end of a probe to the start of the next.
  package var periodMs: Int64
  package var timeoutMs: Int

  /// Period and time-out are brought within the bounds of `Limits`.
  package init(
    _ key: ProbeKey, url: String, method: String = "GET", body: [UInt8]? = nil, periodMs: Int64 = 30_000, timeoutMs: Int = 5_000
  ) {
    self.key = key
    self.url = url
    self.method = method
    self.body = body
    self.periodMs = max(Limits.probePeriodMsMin, periodMs)
    self.timeoutMs = min(max(1, timeoutMs), Limits.probeTimeoutMsMax)
  }
}

/// What a probe found.
package struct ProbeResult: Sendable, Equatable {
  package enum State: String, Sendable {
    case up = "UP"
    case down = "DOWN"
  }

  package let key: ProbeKey
  package let state: State
  /// Why it is down: `connection refused`, `HTTP 503`, `timed out after 5 s`.
  package let reason: String?
  /// When it came into this state.
  package let since: Instant
  package let checkedAt: Instant
  package let tookMs: Int64

  package init(key: ProbeKey, state: State, reason: String?, since: Instant, checkedAt: Instant, tookMs: Int64) {
    self.key = key
    self.state = state
    self.reason = reason
    self.since = since
    self.checkedAt = checkedAt
    self.tookMs = tookMs
  }
}
