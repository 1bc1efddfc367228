import FlowCore
import FlowStorage
import Synchronization

/// Tells subscribers what was committed to the view: in order, none left out, from the writer's thread.
final class ViewFeed: Sendable {
  /// A change and the deployment of its instance, which most changes do not name: both where it goes from one to another.
  struct Entry {
    var item: FeedItem
    var deployment: String?
    var former: String?
  }

  private struct Subscriber {
    var filter: FeedFilter
    var handler: @Sendable ([FeedItem]) -> Void
  }

  private struct State {
    var kept: [Entry] = []
    var last: UInt64
    var floor: UInt64
    var subscribers: [Int: Subscriber] = [:]
    var nextID = 0
  }

  private let state: Mutex<State>
  /// Held while handlers run, so that what a new subscriber is told first and what the writer tells keep their order.
  private let telling = Mutex(())

  init(last: UInt64) { state = Mutex(State(last: last, floor: last)) }

  var last: UInt64 { state.withLock { $0.last } }
  var hasSubscribers: Bool { state.withLock { !$0.subscribers.isEmpty } }

  func publish(_ entries: [Entry], last: UInt64) {
    telling.withLock { _ in
      let subscribers = state.withLock { state -> [Subscriber] in
        state.kept += entries
        state.last = last
        if state.kept.count > 2 * Limits.viewFeedKept {
          let dropped = state.kept.count - Limits.viewFeedKept
          state.floor = state.kept[dropped - 1].item.number
          state.kept.removeFirst(dropped)
        }
        return state.subscribers.keys.sorted().compactMap { state.subscribers[$0] }
      }
      for subscriber in subscribers { ViewFeed.tell(subscriber, entries[...]) }
    }
  }

  func subscribe(
    _ filter: FeedFilter, after: UInt64?, _ handler: @escaping @Sendable ([FeedItem]) -> Void
  ) throws(StoreError) -> WatchToken {
    let subscriber = Subscriber(filter: filter, handler: handler)
    let result: Result<Int, StoreError> = telling.withLock { _ in
      let result: Result<(Int, [Entry]), StoreError> = state.withLock { state in
        let after = after ?? state.last
        guard after >= state.floor, after <= state.last else { return .failure(.compacted(oldest: Revision(state.floor))) }
        let id = state.nextID
        state.nextID += 1
        state.subscribers[id] = subscriber
        return .success((id, state.kept.filter { $0.item.number > after }))
      }
      return result.map { (id, missed) in
        ViewFeed.tell(subscriber, missed[...])
        return id
      }
    }
    let id = try result.get()
    return WatchToken { [weak self] in self?.state.withLock { _ = $0.subscribers.removeValue(forKey: id) } }
  }

  private static func tell(_ subscriber: Subscriber, _ entries: ArraySlice<Entry>) {
    let mine = entries.filter { entry in
      (subscriber.filter.instance ?? entry.item.change.id) == entry.item.change.id
        && (subscriber.filter.deployment == nil || subscriber.filter.deployment == entry.deployment
          || subscriber.filter.deployment == entry.former)
    }
    if !mine.isEmpty { subscriber.handler(mine.map(\.item)) }
  }
}
