import FlowCore

/// What a text annotation `rexflow:` says about the node that it is attached to.
///
/// - Source: reference section 7.1; defaults are the original's.
package struct RexflowProperties: Sendable, Equatable {
  package var line = 0
  package var preexisting = false
  /// nil when the annotation has no `service`.
  package var service: RexflowService?
  package var call = RexflowCall()
  /// nil when the annotation has no `health`; the defaults of `RexflowHealth` then hold, of a preexisting service none.
  package var health: RexflowHealth?
  package var topic: String?
  package var correlation: String?
  /// On start and end events: instances start from it, results go to it. On throw and catch events the older dialect's `topic`.
  package var kafkaTopic: String?
  package var catchEventExpirationHours: Int?
  package var timerRecoveryPolicy: TimerRecoveryPolicy?
  package var gatewayName: String?
  package var gatewayType: RexflowGatewayType?
  package var gatewaySplit: [String] = []
  package var nextStepID: String?
  package var fields: RexflowFields?
  /// Keys that nobody knows (dotted path) and their values.
  package var unknown: [RexflowUnknown] = []
  package init() {}
}

package struct RexflowService: Sendable, Equatable {
  /// With `_` already replaced by `-`; nil is a finding.
  package var host: String?
  package var port = 80
  /// The container's port; `port` when not given.
  package var targetPort: Int?
  package var `protocol` = "HTTP"
  /// The image; `host` when not given.
  package var container: String?
  package var namespace: String?
  package var asynchronous = false
  package var orchestrator: String?
  /// How the process orchestrator starts the service, argv without a shell. Ours, not the original's.
  package var command: [String] = []
  package init() {}
}

package struct RexflowCall: Sendable, Equatable {
  /// With a leading `/`; may hold `{key}` segments.
  package var path = "/"
  package var method = "POST"
  package var serialization = "JSON"
  /// Attempts with the first one; nil means the process's `retry.total_attempts`.
  package var attemptsMax: Int?
  package init() {}
}

package struct RexflowHealth: Sendable, Equatable {
  package var path = "/"
  package var method = "GET"
  package var query: String?
  package var periodSeconds = 30
  package var timeoutSeconds = 5
  package var initialDelaySeconds = 30
  package var failureThreshold = 3
  package var response = "HEALTHY"
  package init() {}
}

package struct RexflowFields: Sendable, Equatable {
  package var file: String?
  package var desc: JSON?
  package init() {}
}

package struct RexflowUnknown: Sendable, Equatable {
  package var path: String
  package var value: JSON
  package init(path: String, value: JSON) {
    self.path = path
    self.value = value
  }
}

package enum TimerRecoveryPolicy: String, Sendable, CaseIterable { case forget, fire, fail }
package enum RexflowGatewayType: String, Sendable, CaseIterable { case splitter, combiner }
package enum RexflowTransport: String, Sendable, CaseIterable { case kafka, rpc }
package enum ConditionLanguage: String, Sendable, CaseIterable { case feel, python }

/// What `rexflow_global_properties` says about the process.
///
/// - Source: reference section 7.2; defaults are the original's.
package struct RexflowGlobals: Sendable, Equatable {
  package var line = 0
  package var id: String?
  package var namespaceShared = false
  /// nil: the deployment id, or `default` when shared.
  package var namespace: String?
  package var orchestrator = "istio"
  package var recoverable = false
  package var attemptsMax = 1
  package var transport = RexflowTransport.rpc
  package var conditionLanguage = ConditionLanguage.feel
  package var useClosureTransport = false
  package var deploymentTimeoutSeconds = 180
  package var synchronousWrapperTimeoutSeconds = 10
  package var notificationKafkaTopic: String?
  package var priorityClass: String?
  package var userOpaqueMetadata = JSON.Object()
  package var passthroughTarget: String?
  package var prefixPassthroughWithNamespace = false
  package var catchEventExpirationHours = 72
  package var timerRecoveryPolicy = TimerRecoveryPolicy.fail
  package var unknown: [RexflowUnknown] = []
  /// True when they came from a start event's annotation, the older dialect.
  package var isOlderDialect = false
  package init() {}
}
