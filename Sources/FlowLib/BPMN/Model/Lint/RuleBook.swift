/// A rule as `lint --rules` shows it.
package struct LintRule: Sendable {
  package let code: String
  package let severity: Finding.Severity
  package let explanation: String

  init(_ code: String, _ severity: Finding.Severity, _ explanation: String) {
    self.code = code
    self.severity = severity
    self.explanation = explanation
  }
}

/// Every finding that a file can have, by its code.
package enum LintRules {
  /// Sorted by code.
  package static let all: [LintRule] =
    (LintCode.allCases.map { LintRule($0.rawValue, $0.severity, $0.explanation) } + file + structure + events + activities + zeebe + rexflow)
    .sorted { $0.code < $1.code }

  private static let file = [
    LintRule("unreadable", .error, "The file can not be opened or read."),
    LintRule("xml-empty", .error, "The file has no bytes."),
    LintRule("xml-doctype", .error, "A document type may define entities; BPMN has no use for one."),
    LintRule("xml-namespace", .error, "A prefix is used that nothing declares."),
    LintRule("xml-not-well-formed", .error, "The file is not well-formed XML."),
    LintRule("xml-too-deep", .error, "Elements are nested deeper than any model needs."),
    LintRule("xml-too-large", .error, "The file is larger than what is read."),
    LintRule("xml-too-many-attributes", .error, "An element has more attributes than any model needs."),
    LintRule("xml-too-many-elements", .error, "The file has more elements than are read."),
    LintRule("xml-too-many-namespaces", .error, "More namespaces are in force than any model needs."),
    LintRule("not-bpmn", .error, "The root element is not BPMN's definitions."), LintRule("no-process", .error, "The file has no process."),
    LintRule("no-executable-process", .error, "No process of a file of Zeebe's dialect is marked as executable."),
    LintRule("several-processes", .error, "The file has several processes to deploy, though one file is one deployment."),
    LintRule("duplicate-process", .error, "Two processes of the file have one id."),
    LintRule("not-marked-executable", .warning, "The process is deployed, but its isExecutable is not true."),
    LintRule("not-executable", .error, "An element can not run in this version."),
  ]

  private static let structure = [
    LintRule("missing-id", .error, "A process, node, flow or root element has no id."),
    LintRule("duplicate-id", .error, "Two elements have one id."),
    LintRule("dangling-source", .error, "A sequence flow begins nowhere."),
    LintRule("dangling-target", .error, "A sequence flow leads nowhere."),
    LintRule("dangling-default", .error, "A default flow does not leave its node."),
    LintRule("dangling-attached-to", .error, "A boundary event is attached to nothing on its level."),
    LintRule("dangling-reference", .error, "An element refers to something that the file does not have."),
    LintRule("dangling-data", .warning, "A data association, reference or loop names no data of the process."),
    LintRule("unknown-element", .error, "An element of BPMN's namespace is none that BPMN has in its place."),
    LintRule("bad-boolean", .error, "An attribute that is true or false has another value."),
    LintRule("straight-loop", .error, "A loop in which nothing ever waits: of tasks that nobody does, or of calls of its own process."),
    LintRule("flow-crosses-scope", .error, "A sequence flow leads into or out of a subprocess."),
    LintRule("unconnected", .warning, "A node has no flows at all, so that it never runs."),
    LintRule("unreachable", .warning, "No way leads from a start event to a node, so that it never runs."),
    LintRule("no-start-event", .error, "No instance of the process can begin."),
    LintRule("subprocess-start", .error, "A subprocess does not begin at exactly one place."),
    LintRule("subprocess-too-deep", .error, "Subprocesses are nested deeper than the engine follows."),
    LintRule("start-with-incoming", .error, "A flow leads to a start event, or to a receive task that begins instances."),
    LintRule("end-with-outgoing", .error, "A flow leaves an end event."),
    LintRule("misplaced-condition", .error, "A flow has a condition behind a node that takes all its flows."),
    LintRule("gateway-conditions", .error, "The conditions of a gateway's flows do not say which is taken."),
    LintRule("gateway-without-default", .warning, "An exclusive gateway has no default flow: an instance stops when no condition holds."),
    LintRule("default-with-condition", .warning, "A default flow has a condition, which nobody looks at."),
    LintRule("gateway-without-outgoing", .error, "A gateway has no way on."),
    LintRule("event-gateway-flows", .error, "An event-based gateway has fewer than two events, or is entered though it begins instances."),
    LintRule("event-gateway-target", .error, "An event-based gateway leads to what it can not wait for, or to what others lead to too."),
  ]

  private static let events = [
    LintRule("event-without-definition", .error, "An event that waits does not say for what."),
    LintRule("misplaced-event-definition", .error, "An event has a definition that BPMN does not have for its place."),
    LintRule("boundary-on-event", .error, "A boundary event sits on what is no activity."),
    LintRule("boundary-with-incoming", .error, "A flow leads to a boundary event."),
    LintRule("error-must-interrupt", .error, "A handler of errors or cancellation does not interrupt."),
    LintRule("duplicate-error-handler", .error, "Two handlers catch one error."),
    LintRule("duplicate-trigger", .error, "Two handlers of an activity or level catch one message, signal or escalation."),
    LintRule("event-subprocess-with-flow", .error, "A flow is connected to an event subprocess."),
    LintRule("message-missing", .error, "An event or task waits for a message but names none."),
    LintRule("message-name-missing", .error, "A message that is waited for has no name to publish it by."),
    LintRule("condition-missing", .error, "A conditional event has no condition."),
    LintRule("signal-missing", .error, "A signal event names no signal."),
    LintRule("signal-name-missing", .error, "A signal has no name to broadcast it by."),
    LintRule(
      "timer-spec", .error, "A timer has not exactly one of date, duration and cycle, or it can not be read, or repeats where it must not."),
    LintRule("cancel-outside-transaction", .error, "A cancel event does not belong to a transaction."),
    LintRule("compensation-handler", .error, "A compensation boundary event has not exactly one handler, or what is compensated has none."),
    LintRule("compensation-unused", .warning, "No boundary event leads to a compensation handler."),
    LintRule("compensation-with-flow", .error, "A flow is connected to a compensation handler, or leaves its boundary event."),
    LintRule("duplicate-link", .error, "Two targets have one link name."),
    LintRule("link-with-flow", .error, "A link event has a flow on the link's side."),
    LintRule("link-without-name", .error, "A link event has no name."),
    LintRule("link-without-source", .warning, "Nothing leads to a link's target."),
    LintRule("link-without-target", .error, "A link leads nowhere."),
  ]

  private static let activities = [
    LintRule("task-type-missing", .error, "A task or message event does not say who does its work."),
    LintRule("called-element-missing", .error, "A call activity does not say what it calls."),
    LintRule("adhoc-content", .error, "An ad-hoc subprocess has no activity, or has start or end events."),
    LintRule("quantity", .error, "A start or completion quantity is no number from 1 on."),
    LintRule("loop-without-collection", .error, "A multi-instance activity does not know how many instances it has."),
    LintRule("loop-output", .error, "A multi-instance activity collects results without saying what or where."),
    LintRule("loop-behavior", .error, "A multi-instance activity's behavior names no event."),
    LintRule("loop-maximum", .error, "A loop's maximum is no number."),
  ]

  private static let zeebe = [
    LintRule("several-none-starts", .error, "A process of Zeebe's dialect has two start events without definition."),
    LintRule("duplicate-start-trigger", .error, "Two start events begin instances by one message or signal."),
    LintRule("correlation-key-missing", .error, "A message that is waited for has no correlation key."),
    LintRule("correlation-key-static", .error, "A correlation key is a text and no expression."),
    LintRule("error-missing", .error, "An event throws an error but names none."),
    LintRule("error-code-missing", .error, "An error has no code."),
    LintRule("escalation-missing", .error, "An event throws an escalation but names none."),
    LintRule("escalation-code-missing", .error, "An escalation has no code."),
    LintRule("code-expression", .error, "A handler's code is an expression, which only throw events have."),
    LintRule("task-type-ambiguous", .error, "A task is done by a job and by an expression or decision at once, or by two jobs."),
    LintRule("missing-attribute", .error, "An extension element lacks an attribute that it needs."),
    LintRule("retries", .error, "Retries are no number from 0 on."),
    LintRule("listener", .error, "A listener has no type, or no event that is known."),
    LintRule("binding", .error, "A binding type is not known, or its version tag is missing, or what is called is not deployed with it."),
    LintRule("mapping-target", .error, "A mapping's target is no variable, or a word of FEEL."),
    LintRule("mapping-source", .error, "A mapping has no source, or an output's is no expression."),
    LintRule("variable-name", .error, "What is written has a name that no expression can read."),
    LintRule("loop-static", .error, "What a loop goes over or collects is a text and no expression."),
    LintRule("header-reserved", .error, "A header of a job has a name that is the engine's."),
    LintRule("header-without-key", .warning, "A header of a job has no key."),
    LintRule("user-task-form", .error, "A user task's form is not named by exactly one of its attributes."),
    LintRule("user-task-priority", .error, "A user task's priority is no number from 0 to 100."),
    LintRule("user-task-candidates", .error, "A user task's list of candidates has gaps."),
    LintRule("user-task-date", .error, "A user task's date is no date and time."),
  ]

  private static let rexflow = [
    LintRule("annotation-duplicate", .error, "An element or the process has two rexflow annotations."),
    LintRule("annotation-type", .error, "A key of an annotation has a value of another kind than it needs."),
    LintRule("annotation-unattached", .warning, "A rexflow annotation is connected to nothing."),
    LintRule("annotation-yaml", .error, "A rexflow annotation is not YAML."),
    LintRule("ignored-key", .warning, "An annotation has a key that has no effect here."),
    LintRule("unknown-key", .warning, "An annotation has a key that nobody knows."),
    LintRule("closure-parameter", .error, "A parameter of the closure transport can not be read."),
    LintRule("closure-whole", .error, "A parameter that stands for the whole has others beside it."),
    LintRule("dangling-catch-event", .error, "A catch event lacks an incoming or outgoing flow."),
    LintRule("duplicate-name", .error, "Two nodes get one address from their names."),
    LintRule("no-derived-name", .error, "Nothing of a node's name can be an address."),
    LintRule("no-deployment-name", .error, "Nothing of the process's id can be a deployment's name."),
    LintRule("service-host-missing", .error, "A service has no host."),
    LintRule("service-without-outgoing", .error, "A service task leads nowhere."),
    LintRule("gateway-edges", .error, "A splitter or combiner has not the flows that it needs."),
    LintRule("gateway-split", .error, "A splitter names a step that is not behind it."),
    LintRule("gateway-with-service", .error, "A gateway has a service."),
    LintRule("namespace-not-shared", .error, "A namespace is named that is not shared."),
    LintRule("unknown-orchestrator", .error, "Nobody knows the orchestrator."),
    LintRule("older-dialect", .warning, "Keys of the older dialect are taken as today's."),
    LintRule("older-orchestrator", .warning, "The older dialect's orchestrator has no effect."),
    LintRule("durable-already", .warning, "transport: kafka has no effect, since every hop is durable."),
    LintRule("no-notifications", .warning, "notification_kafka_topic has no effect, since nothing is published."),
  ]
}
