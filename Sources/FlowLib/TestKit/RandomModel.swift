/// A random BPMN file with Zeebe's extension elements, the same for the same seed: block-structured, so that most of it can be reached,
/// with every kind of element that its knobs allow.
package struct RandomModel: Sendable {
  package let seed: UInt64
  package let xml: String
  /// The process to start; a second one, `called`, is there when something calls it.
  package let processID = "main"
  package let vocabulary: RandomVocabulary

  package init(seed: UInt64, knobs: RandomKnobs = RandomKnobs()) {
    self.seed = seed
    var grower = ModelGrower(random: SplitMix(state: seed), knobs: knobs)
    (xml, vocabulary) = grower.file(mainProcess: processID)
  }
}

/// What a model listens to and speaks of: a script draws from it.
package struct RandomVocabulary: Sendable, Equatable {
  package var jobTypes: [String] = []
  package var userTasks: [String] = []
  package var messages: [String] = []
  package var signals: [String] = []
  package var errorCodes: [String] = []
  package var adHocScopes: [String] = []
  /// Flow nodes of the main process, in the order of the file.
  package var elements: [String] = []
  /// Variables that conditions read: whole numbers.
  package let numbers = ["x0", "x1", "x2"]
  /// The variable that message keys are taken from, and the values that it has.
  package let keyVariable = "key"
  package let keys = ["k0", "k1", "k2"]
  /// The list that loops run over.
  package let listVariable = "items"
}

/// How large a random model is, and of what.
package struct RandomKnobs: Sendable {
  package var leaves = LeafKind.allCases
  package var composites = CompositeKind.allCases
  package var boundaries = BoundaryKind.allCases
  package var loops = LoopKind.allCases
  package var eventSubProcesses = EventSubProcessKind.allCases
  package var ends = EndKind.allCases
  package var starts = StartKind.allCases
  /// Blocks of the whole file; a gateway with its branches is one and what is in them.
  package var blocks = 12
  /// Levels of gateways and subprocesses.
  package var depth = 3
  /// Of 100 activities so many have a boundary event, are loops, have mappings, have a listener.
  package var boundaryPercent = 30
  package var loopPercent = 15
  package var mappingPercent = 10
  package var listenerPercent = 10
  /// Of 100 scopes so many have an event subprocess.
  package var eventSubProcessPercent = 20
  /// Of 100 branches so many end by themselves instead of joining.
  package var earlyEndPercent = 10

  package init() {}

  /// Only what BPMN's common executable conformance and Zeebe 8.6 both run.
  package static let common: RandomKnobs = {
    var knobs = RandomKnobs()
    knobs.leaves = LeafKind.allCases.filter { ![.catchConditional, .catchMultiple, .catchParallelMultiple].contains($0) }
    knobs.composites = [.exclusive, .parallel, .inclusive, .eventBased, .loopBack, .uncontrolled, .subProcess]
    knobs.boundaries = BoundaryKind.allCases.filter { ![.conditional, .conditionalBeside, .multiple].contains($0) }
    knobs.loops = [.parallel, .sequential, .parallelCondition]
    knobs.eventSubProcesses = EventSubProcessKind.allCases.filter { $0 != .conditional && $0 != .compensation }
    return knobs
  }()
}

/// One flow node without anything inside, or a pair that belongs together.
package enum LeafKind: String, Sendable, CaseIterable {
  case task, manualTask, serviceTask, userTask, scriptTask, businessRuleTask, sendTask, receiveTask, callActivity
  case catchMessage, catchTimer, catchTimerDate, catchSignal, catchConditional, catchMultiple, catchParallelMultiple
  case throwNone, throwMessage, throwSignal, throwEscalation, throwCompensation
  /// A throwing and a catching link event; what follows goes on at the catching one.
  case linkPair
}

/// A block with blocks inside.
package enum CompositeKind: String, Sendable, CaseIterable {
  case exclusive, parallel, inclusive, complex, eventBased
  /// An exclusive gateway that leads back; there is a job in the round, so that it never runs by itself for ever.
  case loopBack
  /// Several flows out of a task without a gateway, joined by an exclusive one: each token goes on.
  case uncontrolled
  case conditionalFlows
  case subProcess, transaction, adHoc
}

/// `Beside`: does not interrupt.
package enum BoundaryKind: String, Sendable, CaseIterable {
  case timer, timerBeside, message, messageBeside, signal, signalBeside, error, escalation, escalationBeside, conditional,
    conditionalBeside, multiple, compensation
}

package enum LoopKind: String, Sendable, CaseIterable {
  case parallel, sequential, parallelCondition, cardinality, standard, standardBefore
}

package enum EventSubProcessKind: String, Sendable, CaseIterable {
  case message, messageBeside, timer, timerBeside, signal, signalBeside, error, escalation, escalationBeside, conditional, compensation
}

package enum EndKind: String, Sendable, CaseIterable { case none, message, error, escalation, signal, terminate, compensation }

package enum StartKind: String, Sendable, CaseIterable { case none, message, timer, signal }
