import FlowEngine

/// What elements did so far, over all instances.
struct Tally {
  private(set) var entered: [String: Int] = [:]
  private(set) var completed: [String: Int] = [:]
  private(set) var terminated: [String: Int] = [:]
  /// Elements of which anything was entered, bodies of loops too.
  private(set) var touched: Set<String> = []
  /// In time; a loop's body is not told.
  private(set) var completions: [String] = []
  private(set) var path: [String] = []
  /// Which elements were entered by instances of which process.
  private(set) var covered: [Key: Set<String>] = [:]
  /// The number of the next step to read.
  private(set) var next = 0

  mutating func add(_ steps: [ElementStep]) {
    next += steps.count
    for step in steps { add(step) }
  }

  private mutating func add(_ step: ElementStep) {
    if step.kind == .entered {
      touched.insert(step.element)
      covered[step.instance, default: []].insert(step.element)
    }
    guard !step.isLoopBody else { return }
    switch step.kind {
    case .entered:
      entered[step.element, default: 0] += 1
      path.append(step.element)
    case .completed:
      completed[step.element, default: 0] += 1
      completions.append(step.element)
    case .terminated: terminated[step.element, default: 0] += 1
    }
  }
}
