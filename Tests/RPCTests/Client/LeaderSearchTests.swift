import FlowCore
import FlowRPC
import Testing

@Suite struct LeaderSearchTests {
  private let nobody = Status.Untaken.standby(leader: nil)

  /// Whom a search asks when everybody refuses in turn, until its first round is over.
  private func round(_ search: LeaderSearch, _ refusals: [String: Status.Untaken] = [:]) -> [String] {
    var search = search
    var asked: [String] = []
    repeat { asked.append(search.current) } while search.goOn(after: refusals[search.current] ?? .unsent) && asked.count < 20
    return asked
  }

  @Test("all are asked in their order, from the one that led last on, each once in a round")
  func order() {
    #expect(round(LeaderSearch(["a:1", "b:1", "c:1"])) == ["a:1", "b:1", "c:1"])
    #expect(round(LeaderSearch(["a:1", "b:1", "c:1"], from: "b:1")) == ["b:1", "c:1", "a:1"])
    #expect(round(LeaderSearch(["a:1"])) == ["a:1"])
  }

  @Test("whom a standby names is asked next, also one that nobody gave us")
  func named() {
    #expect(round(LeaderSearch(["a:1", "b:1", "c:1"]), ["a:1": .standby(leader: "c:1")]) == ["a:1", "c:1", "b:1"])
    #expect(round(LeaderSearch(["a:1", "b:1"]), ["a:1": .standby(leader: "x:1")]) == ["a:1", "x:1", "b:1"])
    #expect(round(LeaderSearch(["a:1"]), ["a:1": .standby(leader: "x:1")]) == ["a:1", "x:1"])
  }

  @Test("a loopback address is another machine's own, unless it is asked over loopback")
  func loopback() {
    let named: [String: Status.Untaken] = ["a:1": .standby(leader: "127.0.0.1:2"), "localhost:1": .standby(leader: "127.0.0.1:2")]

    #expect(round(LeaderSearch(["a:1"]), named) == ["a:1"])
    #expect(round(LeaderSearch(["localhost:1"]), named) == ["localhost:1", "127.0.0.1:2"])
    #expect(round(LeaderSearch(["a:1", "127.0.0.1:2"]), named) == ["a:1", "127.0.0.1:2"])
  }

  @Test("who has refused is not asked again in the round, whoever names it")
  func stale() {
    let refusals: [String: Status.Untaken] = ["a:1": .standby(leader: "b:1"), "b:1": .standby(leader: "a:1")]

    #expect(round(LeaderSearch(["a:1", "b:1", "c:1"]), refusals) == ["a:1", "b:1", "c:1"])
  }

  @Test("a chain of names that lead nowhere has an end")
  func chain() {
    var search = LeaderSearch(["a:1"])
    var count = 1
    while search.goOn(after: .standby(leader: "x:\(count)")), count < 100 { count += 1 }

    #expect(count == 5)
    #expect(search.current == "a:1")
  }

  @Test("the next round begins behind the last one, and hears names anew")
  func rounds() {
    var search = LeaderSearch(["a:1", "b:1"])

    #expect(search.goOn(after: .unsent) && search.current == "b:1" && !search.hasMetStandby)
    #expect(!search.goOn(after: .standby(leader: "a:1")) && search.current == "a:1" && search.hasMetStandby)
    #expect(search.goOn(after: .unsent) && search.current == "b:1")
    #expect(search.goOn(after: .standby(leader: "x:1")) && search.current == "x:1")
    search.found()
    #expect(!search.hasMetStandby)
    #expect(search.goOn(after: .standby(leader: "b:1")) && search.current == "b:1")
  }

  @Test("only host and port are taken for a leader's address")
  func addresses() {
    for good in ["a:1", "flow-1.test:9001", "127.0.0.1:65535", "[::1]:9001", "[fe80::1%eth0]:1"] {
      #expect(LeaderSearch.isAddress(good), "\(good)")
    }
    let long = String(repeating: "a", count: 256) + ":1"
    for bad in [
      "", "none", "a", "a:", ":1", "a:0", "a:65536", "a:+1", "::1:9001", "unix:/run/x:1", "dns:///a:1", "a b:1", "a,b:1", "[]:1", long,
    ] {
      #expect(!LeaderSearch.isAddress(bad), "\(bad)")
    }
  }
}
