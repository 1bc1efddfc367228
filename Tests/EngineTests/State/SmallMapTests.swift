import FlowTestKit
import Testing

@testable import FlowEngine

@Suite("small maps") struct SmallMapTests {
  @Test("it answers as a dictionary does, small and grown", arguments: [3, 8, 9, 40, 300, 2_000])
  func asADictionary(size: Int) {
    var random = SystemRandomNumberGenerator()
    var (map, model) = (SmallMap<Int, Int>(), [Int: Int]())

    for _ in 0..<max(2_000, 10 * size) {
      let (key, value) = (Int.random(in: 0..<size, using: &random), Int.random(in: 0..<100, using: &random))
      switch Int.random(in: 0..<5, using: &random) {
      case 0: (map[key], model[key]) = (value, value)
      case 1: (map[key], model[key]) = (nil, nil)
      case 2:
        map[key, default: 7] += 1
        model[key, default: 7] += 1
      case 3: #expect(map.removeValue(forKey: key) == model.removeValue(forKey: key))
      default:
        #expect(map.change(key) { $0 += 3 } == (model[key] != nil))
        model[key]? += 3
      }
      #expect(map[key] == model[key])
      #expect(map.count == model.count && map.isEmpty == model.isEmpty)
    }
    #expect(Dictionary(uniqueKeysWithValues: map.map { ($0.key, $0.value) }) == model)
    #expect(map.keys.sorted() == model.keys.sorted() && map.values.sorted() == model.values.sorted())
  }
}

@Suite("paged maps") struct PagedMapTests {
  @Test("keys stay in their order, whatever order they came in")
  func order() {
    var random = SplitMix(state: 7)
    let keys = (0..<1_000).map { _ in Int(random.next() % 5_000) }
    var map = PagedMap<Int, Int>([])
    for key in keys { map[key] = key }

    #expect(map.map(\.key) == Set(keys).sorted())
    #expect(map.count == Set(keys).count)
  }

  @Test("a copy keeps what it saw")
  func copies() {
    var map = PagedMap<Int, Int>((0..<500).map { ($0, $0) })
    let before = map
    map[250] = nil
    #expect(map.change(251) { $0 = -1 })
    map[1_000] = 1

    #expect(before.map(\.value) == Array(0..<500))
    #expect(map.count == 500 && map[250] == nil && map[251] == -1 && map[1_000] == 1)
  }
}

@Suite("the table of instances") struct InstanceTableTests {
  @Test("a copy of the state keeps what it saw")
  func copies() throws {
    var bench = EngineBench()
    let process = try bench.deploy(ProcessBuilder().start().service("a").service("b").end().flow("start -> a -> b -> end"))
    let instance = try bench.create(process)
    let before = bench.state

    try bench.complete("a", [:])

    let old = before.instances[instance]?.activities.values.map(\.element)
    let new = bench.state.instances[instance]?.activities.values.map(\.element)
    #expect(old?.count == 1 && new?.count == 1 && old != new)
  }
}
