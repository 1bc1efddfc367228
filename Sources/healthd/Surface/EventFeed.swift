import FlowCore
import FlowHTTP
import Synchronization

/// The open event streams of pages.
///
/// Events: `change` (something is new; its id is where to go on), `reset` (too much is new), `link` (flowd is reached, or since when
/// not), `beat` (nothing, so that a dead stream is noticed).
final class EventFeed: Sendable {
  private struct State {
    var streams: [Int: HTTPStream] = [:]
    var next = 0
  }

  private let state = Mutex(State())

  /// Browsers open one for each page.
  private static let streamsMax = 512
  private static let retryMs = 1_000

  var count: Int { state.withLock { $0.streams.count } }

  func open(_ reply: HTTPReply, _ answer: EventLog.Answer, mark: String, lostSinceMs: Int64?) {
    let number: Int? = state.withLock { state in
      guard state.streams.count < EventFeed.streamsMax else { return nil }
      state.next += 1
      return state.next
    }
    guard let number else {
      reply.send(HTTPProblem(503, "\(EventFeed.streamsMax) pages listen already", headers: ["Retry-After": "10"]).response)
      return
    }
    let stream = reply.events { [weak self] in self?.forget(number) }
    state.withLock { $0.streams[number] = stream }
    // It may have closed before it was kept.
    guard stream.isOpen else { return forget(number) }
    stream.send(Array("retry: \(EventFeed.retryMs)\n\n".utf8))
    stream.send(event: "link", data: EventFeed.link(lostSinceMs))
    switch answer {
    case .reset: stream.send(event: "reset", id: mark, data: "{}")
    case .entries(let entries): for entry in entries { EventFeed.send(entry, to: stream) }
    }
  }

  private func forget(_ number: Int) { _ = state.withLock { $0.streams.removeValue(forKey: number) } }

  private func forEach(_ body: (HTTPStream) -> Void) {
    for stream in state.withLock({ Array($0.streams.values) }) { body(stream) }
  }

  private static func send(_ entry: EventLog.Entry, to stream: HTTPStream) {
    stream.send(event: entry.name, id: entry.id, data: entry.data)
  }

  private static func link(_ lostSinceMs: Int64?) -> String {
    let value: JSON = lostSinceMs.map { ["live": false, "since": .int($0)] } ?? ["live": true]
    return value.text
  }

  func publish(_ entry: EventLog.Entry) { forEach { EventFeed.send(entry, to: $0) } }
  func reset(at mark: String) { forEach { $0.send(event: "reset", id: mark, data: "{}") } }
  func linkChanged(lostSinceMs: Int64?) { forEach { $0.send(event: "link", data: EventFeed.link(lostSinceMs)) } }
  func beat() { forEach { $0.send(event: "beat", data: "{}") } }
  func close() { forEach { $0.close() } }
}
