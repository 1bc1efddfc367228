import FlowBPMN
import FlowBPMNRead
import FlowCore
import FlowEngine

/// What is deployed in one seed's world.
struct SimulatedModels {
  /// Compiled processes in the order in which they are deployed.
  private(set) var processes: [ExecutableProcess] = []
  /// The random ones; two of them have processes of the same ids, so that there are versions.
  private(set) var random: [RandomModel] = []

  init(seed: UInt64, _ swarm: Swarm) {
    for number in 0..<UInt64(swarm.models) {
      let model = RandomModel(seed: seed &* 2 &+ number, knobs: swarm.knobs)
      random.append(model)
      add(model)
    }
    if swarm.hasServices { for process in SimulatedModels.services(seed) { add(process) } }
  }

  private mutating func add(_ model: RandomModel) {
    guard let definitions = readDefinitions(Array(model.xml.utf8)).definitions else {
      preconditionFailure("the model of seed \(model.seed) can not be read")
    }
    for process in definitions.candidates {
      let compiled = compile(process, in: definitions)
      guard let executable = compiled.process, !compiled.findings.hasErrors else {
        preconditionFailure("the model of seed \(model.seed) does not compile: \(compiled.findings.map(\.message))")
      }
      add(executable)
    }
  }

  private mutating func add(_ process: ExecutableProcess) {
    if !processes.contains(where: { $0.deploymentID == process.deploymentID }) { processes.append(process) }
  }

  /// Tasks of services, whose bodies travel with the token.
  private static func services(_ seed: UInt64) -> [ExecutableProcess] {
    let isRecoverable = seed % 2 == 0
    let fork = ProcessBuilder("Forked").settings { $0.recoverable = isRecoverable }
      .start().parallel("fork").service("left").service("right").parallel("join").end()
      .end("caught").errorBoundary("oops", on: "left")
      .flow("start -> fork -> left -> join -> end").flow("fork -> right -> join").flow("oops -> caught")
    let asked = ProcessBuilder("Asked").settings { $0.recoverable = !isRecoverable }
      .start().service("first").exclusive("way", default: "way_end").service("again").end()
      .flow("start -> first -> way -> end").flow("way -> again", if: "n > 3").flow("again -> end")
    return [compiled(fork, asksDecisions: false), compiled(asked, asksDecisions: true)].compactMap { $0 }
  }

  private static func compiled(_ builder: ProcessBuilder, asksDecisions: Bool) -> ExecutableProcess? {
    guard let process = compile(builder.process, in: builder.definitions).process else { return nil }
    var settings = process.settings
    settings.asksDecisionService = asksDecisions
    return process.with(settings)
  }
}
