import FlowCore

/// One behaviour, told as what happens outside and what must be seen then.
package struct Scenario: Sendable {
  package enum Tier: String, Sendable, CaseIterable { case core, extended, zeebe, specOnly = "spec-only" }

  package var id: String
  package var title: String
  package var tier: Tier
  package var covers: [String]
  /// Where the virtual clock begins.
  package var clock: Instant
  /// One inner list is one deployment command.
  package var deploy: [[Located<String>]]
  /// The main instance, started right after the deployments; nil when there is none.
  package var start: Located<StartRequest>?
  package var steps: [ScenarioStep]
  package var expect: Located<Expectation>
  package var note: String?
  /// Where in the file each element id stands, so that one that no model has can be told with its place.
  package var elements: [Located<String>]
}

/// Something of a scenario file, and where it stands there.
package struct Located<Value: Sendable>: Sendable {
  package var value: Value
  package var place: SourcePlace

  package init(_ value: Value, at place: SourcePlace) {
    self.value = value
    self.place = place
  }
}

/// A place in a scenario file: `7:13`, and the path from the root, `steps[2].do`.
package struct SourcePlace: Sendable, Equatable, CustomStringConvertible {
  package var line: Int
  package var column: Int
  package var path: String

  package init(line: Int, column: Int, path: String) {
    self.line = line
    self.column = column
    self.path = path
  }

  package var description: String { "\(line):\(column)" }
}

package struct StartRequest: Sendable, Equatable {
  package var process: String
  package var variables: JSON.Object
  /// Nil takes the latest.
  package var version: Int?
  /// The instance begins before these elements instead of at its start event.
  package var at: [String]

  package init(process: String, variables: JSON.Object = [:], version: Int? = nil, at: [String] = []) {
    self.process = process
    self.variables = variables
    self.version = version
    self.at = at
  }
}

package struct ScenarioStep: Sendable {
  package var action: StepAction
  /// The wanted answer; nil when the step must succeed.
  package var expectedStatus: StatusCode?
  package var place: SourcePlace
}

package enum StepAction: Sendable {
  case complete(JobChoice, variables: JSON.Object)
  case fail(JobChoice, JobFailure)
  case `throw`(JobChoice, JobError)
  case activate(type: String, count: Int, lockMs: Int64)
  case updateRetries(JobChoice, retries: Int)
  case completeUserTask(element: String, where: JSON.Object, count: Int, variables: JSON.Object)
  case publish(MessagePublication)
  case signal(name: String, variables: JSON.Object)
  case advance(CalendarDuration)
  case setVariables(JSON.Object, scope: String?, isLocal: Bool)
  case resolve(element: String)
  case cancel
  case start(StartRequest)
  case deploy(model: String)
  case modify(activate: [String], terminate: [String])
  /// - Parameter version: nil for the latest.
  case migrate(version: Int?, mapping: [(from: String, to: String)])
  case activateAdHoc(scope: String, elements: [String])
  case completeAdHoc(scope: String)
  case expect(Expectation)

  /// The word of the file.
  package var verb: String {
    switch self {
    case .complete: "complete"
    case .fail: "fail"
    case .throw: "throw"
    case .activate: "activate"
    case .updateRetries: "update_retries"
    case .completeUserTask: "complete_user_task"
    case .publish: "publish"
    case .signal: "signal"
    case .advance: "advance"
    case .setVariables: "set_variables"
    case .resolve: "resolve"
    case .cancel: "cancel"
    case .start: "start"
    case .deploy: "deploy"
    case .modify: "modify"
    case .migrate: "migrate"
    case .activateAdHoc: "activate_adhoc"
    case .completeAdHoc: "complete_adhoc"
    case .expect: "expect"
    }
  }
}

/// Which of the open jobs a step is about.
package struct JobChoice: Sendable, Equatable {
  package var type: String
  /// Nil: any element.
  package var element: String?
  /// The job has these variables, and may have more.
  package var variables: JSON.Object
  /// So many, one after the other.
  package var count: Int

  package init(type: String, element: String? = nil, variables: JSON.Object = [:], count: Int = 1) {
    self.type = type
    self.element = element
    self.variables = variables
    self.count = count
  }
}

package struct JobFailure: Sendable, Equatable {
  /// What the job has left now; nil takes one away.
  package var retries: Int?
  package var message: String
  package var backoffMs: Int64
  /// Set at the element, not above it.
  package var variables: JSON.Object

  package init(retries: Int?, message: String, backoffMs: Int64 = 0, variables: JSON.Object = [:]) {
    self.retries = retries
    self.message = message
    self.backoffMs = backoffMs
    self.variables = variables
  }
}

package struct JobError: Sendable, Equatable {
  package var code: String
  package var message: String
  package var variables: JSON.Object

  package init(code: String, message: String, variables: JSON.Object = [:]) {
    self.code = code
    self.message = message
    self.variables = variables
  }
}

package struct MessagePublication: Sendable, Equatable {
  package var name: String
  /// Empty: no key.
  package var key: String
  package var variables: JSON.Object
  package var ttlMs: Int64
  package var messageID: String?

  package init(name: String, key: String, variables: JSON.Object, ttlMs: Int64, messageID: String? = nil) {
    self.name = name
    self.key = key
    self.variables = variables
    self.ttlMs = ttlMs
    self.messageID = messageID
  }
}
