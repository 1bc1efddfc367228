import FlowCore

/// One call to make. Redirects are not followed, and no proxy is used.
package struct HTTPClientRequest: Sendable {
  package var method: String
  /// `http` or `https`.
  package var url: String
  package var headers: HTTPHeaders
  package var body: [UInt8]?
  package var connectTimeoutMs: Int
  /// For the whole exchange, connecting included, from the moment that it gets its place among the transfers; a server that
  /// trickles its answer can not stretch it.
  package var timeoutMs: Int
  package var maxResponseBytes: Int
  /// libcurl sends a request again by itself when a kept connection turns out to be dead. Where attempts are counted it must not: the
  /// peer may have seen the first one.
  package var isSentOnce = false

  package init(
    _ method: String, _ url: String, headers: HTTPHeaders = [:], body: [UInt8]? = nil, connectTimeoutMs: Int = 3_000,
    timeoutMs: Int = 30_000, maxResponseBytes: Int = Limits.messageBytes
  ) {
    self.method = method
    self.url = url
    self.headers = headers
    self.body = body
    self.connectTimeoutMs = connectTimeoutMs
    self.timeoutMs = timeoutMs
    self.maxResponseBytes = maxResponseBytes
  }
}

/// A whole answer, whatever its status.
package struct HTTPClientResponse: Sendable, Equatable {
  package var status: Int
  package var headers: HTTPHeaders
  package var body: [UInt8]

  package init(status: Int, headers: HTTPHeaders, body: [UInt8]) {
    self.status = status
    self.headers = headers
    self.body = body
  }
}

/// Why there is no answer, with a text for people.
package struct HTTPClientError: Error, Sendable, Equatable, CustomStringConvertible {
  package enum Kind: Sendable, Equatable {
    /// Refused or unreachable.
    case couldNotConnect
    case unknownName
    case connectTimedOut
    /// Connected, but the answer was not whole in time.
    case timedOut
    /// The peer closed before or within the answer.
    case dropped
    /// The answer is larger than allowed.
    case tooLarge
    /// The URL, the method or a header can not be sent.
    case badURL
    /// The peer's certificate or handshake was refused.
    case tls
    case cancelled
    /// Too many calls wait already.
    case queueFull
    case other
  }

  package let kind: Kind
  package let message: String

  package init(_ kind: Kind, _ message: String) {
    self.kind = kind
    self.message = message
  }

  package var description: String { message }
}

/// A call under way.
package struct HTTPCall: Sendable {
  let id: UInt64
  let client: HTTPClient

  /// The completion comes with `.cancelled`, unless it is on its way already.
  package func cancel() { client.cancel(id) }
}
