import FlowCore
import Testing

@testable import FlowEngine

@Suite("what events from outside are found by")
struct LookupsTests {
  private func wait(_ key: UInt64) -> Wait {
    Wait(
      key: Key(raw: key), element: ElementIndex(1), definition: 0,
      kind: .message(name: "paid", correlationKey: CorrelationPlan.mark + "order"))
  }

  @Test("a wait for properties of a message counts once, however often it is opened, and is gone once, however often it is closed")
  func propertyWaits() {
    var lookups = Lookups()
    lookups.take(.opened(ActivityID(1), wait(7)), of: Key(raw: 1))
    lookups.take(.opened(ActivityID(1), wait(7)), of: Key(raw: 1))
    lookups.take(.opened(ActivityID(1), wait(8)), of: Key(raw: 2))
    #expect(lookups.propertyWaits == ["paid": 2])

    // STOPPED, then canceled.
    lookups.take(.closed(ActivityID(1), wait(7)), of: Key(raw: 1))
    lookups.take(.closed(ActivityID(1), wait(7)), of: Key(raw: 1))
    #expect(lookups.propertyWaits == ["paid": 1])

    lookups.take(.closed(ActivityID(1), wait(8)), of: Key(raw: 2))
    #expect(lookups.propertyWaits.isEmpty && lookups.messageWaits.isEmpty)
  }
}
