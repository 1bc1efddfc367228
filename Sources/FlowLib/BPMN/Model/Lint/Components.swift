/// Strongly connected components, without recursion: a model can be a chain of many thousand nodes.
///
/// - Source: R. Tarjan, Depth-first search and linear graph algorithms, 1972.
struct Components {
  private let next: [[Int]]
  private var number: [Int]
  private var low: [Int]
  private var isOpen: [Bool]
  private var open: [Int] = []
  private var calls: [(node: Int, position: Int)] = []
  private var count = 0
  private var found: [[Int]] = []

  init(_ next: [[Int]]) {
    self.next = next
    number = Array(repeating: -1, count: next.count)
    low = number
    isOpen = Array(repeating: false, count: next.count)
  }

  mutating func run() -> [[Int]] {
    for root in next.indices where number[root] < 0 {
      enter(root)
      while let call = calls.popLast() { visit(call.node, from: call.position) }
    }
    return found
  }

  private mutating func enter(_ node: Int) {
    number[node] = count
    low[node] = count
    count += 1
    open.append(node)
    isOpen[node] = true
    calls.append((node, 0))
  }

  private mutating func visit(_ node: Int, from position: Int) {
    for index in position..<next[node].count {
      let target = next[node][index]
      if number[target] < 0 {
        calls.append((node, index))
        return enter(target)
      }
      if isOpen[target] { low[node] = min(low[node], low[target]) }
    }
    guard low[node] == number[node] else { return }
    var members: [Int] = []
    while let member = open.popLast() {
      isOpen[member] = false
      members.append(member)
      if member == node { break }
    }
    found.append(members)
  }
}
