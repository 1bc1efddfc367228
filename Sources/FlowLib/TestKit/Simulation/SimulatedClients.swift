import FlowCore
import FlowEngine
import FlowRuntime

/// Those who send commands: they try again when they hear nothing, and remember what they were told.
final class SimulatedClients: @unchecked Sendable {
  // Safety: one seed lives on one thread.

  /// One request, however often it is sent.
  struct Call {
    let command: Command
    var lane: Lane
    var attemptsLeft = 3
  }

  private let chance: SimulatedChance
  private let witness: Witness
  private var waiting: [(step: Int, call: Call)] = []
  private var step = 0
  /// Up to where the journal was told to be durable.
  private(set) var toldUpTo: UInt64 = 0
  private var completed: Set<Key> = []
  private var created: [RequestName: (id: InstanceID, at: Instant)] = [:]
  private(set) var answers = EventHash()

  init(_ chance: SimulatedChance, _ witness: Witness) {
    self.chance = chance
    self.witness = witness
  }

  var hasWaiting: Bool { !waiting.isEmpty }

  /// Sends a command on its way, on which much can happen to it.
  func send(_ command: Command, lane: Lane, to partition: Partition) {
    let call = Call(command: command, lane: chance.happens(.otherLane) ? otherLane : lane)
    if chance.happens(.commandLate) { return later(call, in: 1...8) }
    deliver(call, to: partition)
  }

  private var otherLane: Lane { [.internal, .completions, .creates][chance.roll(0...2)] }

  /// Those that are late, and those that are tried again.
  func begin(step: Int, _ partition: Partition) {
    self.step = step
    let due = waiting.filter { $0.step <= step }
    waiting.removeAll { $0.step <= step }
    for (_, call) in due { deliver(call, to: partition) }
  }

  private func later(_ call: Call, in steps: ClosedRange<Int>) { waiting.append((step + chance.roll(steps), call)) }

  private func again(_ call: Call) {
    guard call.attemptsLeft > 0 else { return }
    var call = call
    call.attemptsLeft -= 1
    later(call, in: 1...6)
  }

  private func deliver(_ call: Call, to partition: Partition) {
    if chance.happens(.commandLost) { return again(call) }
    let times = chance.happens(.commandDoubled) ? 2 : 1
    for _ in 0..<times { partition.send(call.command, lane: call.lane) { [self] result in hear(result, of: call) } }
  }

  private func hear(_ result: Result<Answered, Refusal>, of call: Call) {
    if chance.happens(.answerLost) { return again(call) }
    switch result {
    case .success(let answered):
      toldUpTo = max(toldUpTo, answered.position.raw)
      answers.add("\(answered.answer)".utf8)
      remember(answered.answer, to: call.command)
    case .failure(.rejected): chance.see("answer rejected")
    case .failure(.unavailable), .failure(.overloaded):
      chance.see("answer unavailable")
      again(call)
    }
  }

  private func remember(_ answer: Answer, to command: Command) {
    switch (command, answer) {
    case (.completeJob(let job, _), _), (.throwError(let job, _, _, _), _), (.completeUserTask(let job, _), _):
      if !completed.insert(job).inserted { witness.report("jobs-once", "job \(job.raw) was accepted twice") }
    case (.createInstance(let create), .instance(let id)):
      guard let request = create.requestID else { return }
      let name = RequestName(id: request, deployment: create.deployment)
      let first = created[name]
      if let first, first.id != id, chance.furthest - first.at <= Limits.answeredRequestMs {
        witness.report("requests", "request \(request) was answered with \(first.id.text), and then with \(id.text)")
      }
      // It may have been created long before this answer was heard.
      created[name] = witness.durable.state.requests[name].map { (id, $0.at) }
    case (_, _): break
    }
  }
}
