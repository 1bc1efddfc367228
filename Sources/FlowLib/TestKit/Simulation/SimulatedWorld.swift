import FlowCore
import FlowEngine
import FlowRuntime
import FlowStorage

/// One seed's world: a real partition over a simulated store, with its clients, services and clock, all on one thread.
final class SimulatedWorld: @unchecked Sendable {
  // Safety: one seed lives on one thread.
  static let partitionID = PartitionID(1)

  let chance: SimulatedChance
  let swarm: Swarm
  let models: SimulatedModels
  let clients: SimulatedClients
  let witness: Witness
  let services = SimulatedServices()
  private let seed: UInt64
  private let mutant: Mutant?
  private let trace: SimulationTrace?
  private let decisions: DecisionWatch
  private let names = PlaceNames()
  private let disk = MemoryDisk()
  private var processes: [String: ExecutableProcess] = [:]
  private var store: SimulatedStore
  private(set) var partition: Partition
  /// What the partition ended with, when it did.
  private var end: StoreError?
  private var step = 0

  init(seed: UInt64, mutant: Mutant?, trace: SimulationTrace?) {
    var random = SplitMix(state: seed)
    self.seed = seed
    self.mutant = mutant
    swarm = Swarm(&random)
    models = SimulatedModels(seed: seed, swarm)
    chance = SimulatedChance(seed: seed, random, swarm)
    witness = Witness(chance, names, partition: UInt64(SimulatedWorld.partitionID.raw))
    clients = SimulatedClients(chance, witness)
    decisions = DecisionWatch(witness, chance, mutant, trace)
    self.trace = trace
    store = SimulatedStore(disk, chance, mutant)
    for process in models.processes { processes[process.deploymentID] = process }
    // Replaced by the first one that opens.
    partition = Partition(SimulatedWorld.nothing(store))
  }

  private static func nothing(_ store: any Store) -> PartitionConfiguration {
    PartitionConfiguration(
      id: partitionID, store: store, world: .real, log: .none, observer: NoObserver(), performer: SimulatedServices(),
      load: { _ throws(StoreError) in throw .corrupt("nothing is deployed") }, fatal: { _ in })
  }

  var isBroken: Bool { witness.found != nil }

  // MARK: a life

  func run() -> SimulationOutcome {
    for model in models.random { trace?(model.xml) }
    open()
    deployAll()
    chance.faultsHappen = true
    let scripts = models.random.map { RandomScript(seed: seed, model: $0, length: swarm.steps, weights: swarm.weights).steps }
    for index in 0..<swarm.steps where !isBroken {
      step += 1
      trace?("step \(step)")
      trouble()
      clients.begin(step: step, partition)
      services.work(self)
      if let script = chance.pick(scripts) { act(script[index]) }
      if chance.one(of: 3) { actOtherwise() }
      if !chance.one(of: 4) { turn() }
    }
    comeToRest()
    return outcome
  }

  private var outcome: SimulationOutcome {
    var hash = EventHash()
    hash.add("\(witness.hash.value) \(clients.answers.value) \(chance.furthest.milliseconds)".utf8)
    let violation = witness.found.map { Violation(seed: seed, step: step, checker: $0.checker, what: $0.what) }
    return SimulationOutcome(
      violation: violation, hash: hash.value, sightings: chance.sightings, simulatedMs: chance.simulatedMs, events: witness.events)
  }

  private func deployAll() {
    for process in models.processes where !isBroken {
      deploy(process, needsNothing: !chance.one(of: 6))
      turn()
    }
  }

  func deploy(_ process: ExecutableProcess, needsNothing: Bool) {
    chance.see("command deploy asked")
    let version = witness.durable.state.deployments.values.count { $0.processID == process.processID } + 1
    let deploy = Deploy(
      id: process.deploymentID, processID: process.processID, version: version, digest: "", resourceName: "", isStopped: false,
      needsNothing: needsNothing)
    partition.send(.deploy([(deploy, process)]) { _ in }, lane: .creates)
  }

  /// Nothing goes wrong any more; what was under way is done, and everything is looked at once more.
  private func comeToRest() {
    chance.faultsHappen = false
    for _ in 0..<100 where !isBroken {
      step += 1
      clients.begin(step: step, partition)
      services.work(self)
      turn()
      if !clients.hasWaiting, !services.hasContinuations { break }
    }
    guard !isBroken else { return }
    crash()
    if !isBroken { examine() }
  }

  // MARK: turns

  func turn() {
    guard !isBroken else { return }
    learn()
    partition.turn()
    learn()
    lookAfter()
  }

  private func learn() {
    for deployment in witness.current.state.deployments.values {
      if let process = processes[deployment.id] { names.learn(process, as: deployment.key) }
    }
  }

  /// Who finds the partition ended begins it again.
  private func lookAfter() {
    if let end, !store.isDead, !isBroken {
      guard case .fenced = end else { return witness.report("ended", "the partition ended: \(end)") }
      recover()
    }
    if store.isDead, !isBroken { recover() }
  }

  private func trouble() {
    if chance.happens(.clockAhead) { chance.move(ms: Int64(chance.roll(1...240)) * 60_000) }
    if chance.happens(.clockYearsAhead) { chance.move(ms: Int64(chance.roll(1...40)) * 90 * 86_400_000) }
    if chance.happens(.clockBack) { chance.move(ms: -Int64(chance.roll(1...7_200_000))) }
    if chance.happens(.crashBetweenTurns) { crash() }
    if chance.happens(.takeover) { takeOver() }
    if chance.happens(.restart) {
      partition.stopByHand()
      recover()
    }
    if chance.happens(.idleWakeUp) { partition.send(.goOn, lane: .internal) }
  }

  // MARK: ends and beginnings

  private func crash() {
    store.die()
    recover()
  }

  private func recover() {
    chance.see("recovered")
    trace?("a new partition recovers from position \(witness.durable.position)")
    checkTold()
    open()
  }

  /// What was told is on the disk.
  private func checkTold() {
    do throws(StoreError) {
      let last = try MemoryStore(disk).standing(SimulatedWorld.partitionID).last
      if last.raw < clients.toldUpTo {
        witness.report("durability", "position \(clients.toldUpTo) was told, and the journal ends at \(last)")
      }
    } catch { witness.report("durability", "the store can not be read: \(error)") }
  }

  private func open() {
    for _ in 0..<100 where !isBroken {
      store = SimulatedStore(disk, chance, mutant)
      end = nil
      services.forgetCalls()
      partition = Partition(configuration(store))
      do throws(StoreError) {
        return try partition.startByHand()
      } catch {
        if case .full = error { continue }
        if !store.isDead { witness.report("recovery", "\(error)") }
      }
    }
    if !isBroken { witness.report("recovery", "the partition does not open in 100 attempts") }
  }

  private func configuration(_ store: SimulatedStore) -> PartitionConfiguration {
    let (processes, decisions) = (processes, decisions)
    var configuration = PartitionConfiguration(
      id: SimulatedWorld.partitionID, store: store, world: chance.world, log: .none, observer: witness, performer: services,
      load: { deployment throws(StoreError) in
        guard let process = processes[deployment.id] else { throw .corrupt("no process for \(deployment.id)") }
        return process
      }, fatal: { [unowned self] error in end = error })
    configuration.keepsJournal = swarm.keepsJournal
    configuration.pace = swarm.pace
    configuration.decide = { command, state, catalog, context throws(Rejection) in
      try decisions.decide(command, state, catalog, context)
    }
    return configuration
  }

  /// Somebody else claims the partition. The owner, who does not know, gets nothing done any more.
  private func takeOver() {
    do throws(StoreError) {
      let other = MemoryStore(disk)
      _ = try other.claim(SimulatedWorld.partitionID, epoch: try other.standing(SimulatedWorld.partitionID).epoch.next)
    } catch { witness.report("recovery", "\(error)") }
  }

  // MARK: the end

  private func examine() {
    let processes = processes
    let load: @Sendable (Deployment) throws(StoreError) -> ExecutableProcess = { deployment throws(StoreError) in
      guard let process = processes[deployment.id] else { throw .corrupt("no process for \(deployment.id)") }
      return process
    }
    do throws(StoreError) {
      let image = try StoreImage(of: MemoryStore(disk), partition: SimulatedWorld.partitionID, load: load)
      let live = stateHash(witness.durable.state)
      if image.recoveredHash != live { witness.report("replay", "records and journal give another state in the end") }
      if let replayed = image.replayedHash {
        chance.see("whole journal replayed")
        if replayed != live { witness.report("replay", "the journal alone gives another state") }
      }
      let skipped: Set = ["models"]
      try FlowRuntime.examine(MemoryStore(disk), partition: SimulatedWorld.partitionID, load: load) { result in
        guard let finding = result.findings.first, !skipped.contains(result.checker.name) else { return }
        witness.report("doctor \(result.checker.name)", "\(finding.key) \(finding.what)")
      }
    } catch { witness.report("recovery", "\(error)") }
  }
}

/// Runs the world of one seed to its end.
package func simulate(seed: UInt64, mutant: Mutant? = nil, trace: SimulationTrace? = nil) -> SimulationOutcome {
  SimulatedWorld(seed: seed, mutant: mutant, trace: trace).run()
}
