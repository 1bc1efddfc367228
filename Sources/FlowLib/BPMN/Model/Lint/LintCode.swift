/// What lint looks for beside what validation refuses.
package enum LintCode: String, Sendable, CaseIterable {
  case deadEnd = "dead-end"
  case boundaryWithoutFlow = "boundary-without-flow"
  case boundaryNeverFires = "boundary-never-fires"
  case choiceJoinedInParallel = "choice-joined-in-parallel"
  case parallelNotJoined = "parallel-not-joined"
  case implicitJoin = "implicit-join"
  case endlessLoop = "endless-loop"
  case inclusiveWithoutDefault = "inclusive-without-default"
  case duplicateFlow = "duplicate-flow"
  case superfluousGateway = "superfluous-gateway"
  case missingName = "missing-name"
  case unusedMessage = "unused-message"
  case unusedSignal = "unused-signal"
  case unusedError = "unused-error"
  case unusedEscalation = "unused-escalation"
  case unusedData = "unused-data"
  case expression
  case undefinedVariable = "undefined-variable"
  case unknownFunction = "unknown-function"
  case tooLarge = "lint-too-large"

  package var severity: Finding.Severity {
    switch self {
    case .expression: .error
    case .deadEnd, .boundaryWithoutFlow, .boundaryNeverFires, .choiceJoinedInParallel, .parallelNotJoined, .implicitJoin, .endlessLoop,
      .inclusiveWithoutDefault, .duplicateFlow, .unusedMessage, .unusedSignal, .unusedError, .unusedEscalation, .unusedData,
      .unknownFunction:
      .warning
    case .superfluousGateway, .missingName, .undefinedVariable, .tooLarge: .note
    }
  }

  /// One sentence or two: what is meant, and why it matters.
  package var explanation: String {
    switch self {
    case .deadEnd: "A node that is no end event has no way on, though others of its level have: a token ends there without a word."
    case .boundaryWithoutFlow: "A boundary event catches something and leads nowhere, so that what it caught is lost."
    case .boundaryNeverFires: "A boundary event sits on a task that takes no time and does nothing, so that it never fires."
    case .choiceJoinedInParallel: "Branches of which only some are taken meet in a parallel gateway, which waits for all of them for ever."
    case .parallelNotJoined:
      "Branches of a parallel split meet in an exclusive gateway, which lets each token on: what follows runs several times."
    case .implicitJoin: "Branches of a parallel split meet in a node that is no gateway: it runs once for each token."
    case .endlessLoop: "A cycle of flows, or a loop, has no way out, so that an instance in it never ends."
    case .inclusiveWithoutDefault:
      "All flows of an inclusive gateway have conditions; without a default flow an instance stops when none holds."
    case .duplicateFlow: "Two flows lead from one node to the same other node: the second runs it again, or is never taken."
    case .superfluousGateway: "A gateway with one flow in and one out decides nothing and joins nothing."
    case .missingName: "An activity, or a gateway that decides, has no name; diagrams, incidents and histories show only its id."
    case .unusedMessage: "A message under definitions that nothing refers to."
    case .unusedSignal: "A signal under definitions that nothing refers to."
    case .unusedError: "An error under definitions that nothing refers to."
    case .unusedEscalation: "An escalation under definitions that nothing refers to."
    case .unusedData: "A data object that no reference and no association uses."
    case .expression: "An expression that is not FEEL, or not of the language that it names."
    case .undefinedVariable:
      "An expression reads a variable that nothing in the process writes; whoever starts an instance has to bring it."
    case .unknownFunction: "An expression calls a function that FEEL does not have, which gives null whatever it is called with."
    case .tooLarge: "The process has more gateways and flows than lint follows; pairs of gateways were not looked at to the end."
    }
  }

  package func finding(_ node: FlowNode, _ message: String, hint: String) -> Finding {
    Finding(severity, rawValue, line: node.line, element: node.id, message, hint: hint)
  }
}
