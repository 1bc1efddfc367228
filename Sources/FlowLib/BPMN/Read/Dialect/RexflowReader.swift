import FlowBPMN
import FlowCore

extension RexflowProperties {
  /// Keys of the older dialects that did something once and do nothing now.
  private static let ignored: Set<String> = [
    "expression", "gateway_true", "gateway_false", "jsonpath", "value", "next_step", "id", "namespace", "namespace_shared",
    "orchestrator", "recoverable", "xgw_expression_type",
  ]

  /// - Parameter globals: names of keys that the older dialect's global properties have taken from the same annotation.
  init(_ fields: inout AnnotationFields, line: Int) {
    self.init()
    self.line = line
    preexisting = fields.flag("preexisting") ?? false
    if var inner = fields.fields("service") {
      service = RexflowService(&inner)
      fields.absorb(inner)
    }
    if var inner = fields.fields("call") {
      call = RexflowCall(&inner)
      fields.absorb(inner)
    }
    if var inner = fields.fields("health") {
      health = RexflowHealth(&inner)
      fields.absorb(inner)
    }
    readEvents(&fields)
    readGateway(&fields)
    fields.finish(ignored: Self.ignored)
    unknown = fields.unknown
  }

  private mutating func readEvents(_ fields: inout AnnotationFields) {
    topic = fields.text("topic")
    correlation = fields.text("correlation")
    kafkaTopic = fields.text("kafka_topic")
    catchEventExpirationHours = fields.integer("catch_event_expiration", in: 0...1_000_000)
    timerRecoveryPolicy = fields.choice("timer_recovery_policy")
  }

  private mutating func readGateway(_ fields: inout AnnotationFields) {
    gatewayName = fields.text("gateway_name")
    gatewayType = fields.choice("gateway_type")
    gatewaySplit = fields.texts("gateway_split")
    nextStepID = fields.text("next_step_id")
    if var inner = fields.fields("fields") {
      var form = RexflowFields()
      form.file = inner.text("file")
      form.desc = inner.value("desc")
      inner.finish()
      self.fields = form
      fields.absorb(inner)
    }
  }
}

extension RexflowService {
  init(_ fields: inout AnnotationFields) {
    self.init()
    host = fields.text("host").map { String($0.map { $0 == "_" ? "-" : $0 }) }
    port = fields.integer("port", in: 1...65_535) ?? 80
    targetPort = fields.integer("targetPort", in: 1...65_535)
    `protocol` = fields.text("protocol") ?? "HTTP"
    container = fields.text("container")
    namespace = fields.text("namespace")
    asynchronous = fields.flag("asynchronous") ?? false
    orchestrator = fields.text("orchestrator")
    command = fields.texts("command")
    fields.finish(ignored: ["id_hash", "hash_used"])
  }
}

extension RexflowCall {
  init(_ fields: inout AnnotationFields) {
    self.init()
    path = fields.text("path").map { $0.hasPrefix("/") ? $0 : "/" + $0 } ?? "/"
    method = fields.method("method") ?? "POST"
    serialization = fields.text("serialization")?.uppercased() ?? "JSON"
    attemptsMax = readAttempts(&fields)
    fields.finish()
  }
}

extension RexflowHealth {
  init(_ fields: inout AnnotationFields) {
    self.init()
    path = fields.text("path").map { $0.hasPrefix("/") ? $0 : "/" + $0 } ?? "/"
    method = fields.method("method") ?? "GET"
    query = fields.text("query")
    periodSeconds = fields.integer("period", in: 1...86_400) ?? 30
    timeoutSeconds = fields.integer("timeout", in: 1...3_600) ?? 5
    initialDelaySeconds = fields.integer("initial_delay", in: 0...86_400) ?? 30
    failureThreshold = fields.integer("failure_threshold", in: 1...1_000) ?? 3
    response = fields.text("response") ?? "HEALTHY"
    fields.finish()
  }
}

/// `retry: {total_attempts: n}`, the first attempt counted.
private func readAttempts(_ fields: inout AnnotationFields) -> Int? {
  guard var retry = fields.fields("retry") else { return nil }
  let attempts = retry.integer("total_attempts", in: 1...1_000)
  retry.finish()
  fields.absorb(retry)
  return attempts
}

extension RexflowGlobals {
  /// Keys that the older dialect wrote on a start event.
  static let olderKeys: Set<String> = [
    "id", "namespace", "namespace_shared", "orchestrator", "recoverable", "xgw_expression_type", "retry", "transport",
    "use_closure_transport", "deployment_timeout", "notification_kafka_topic",
  ]

  init(_ fields: inout AnnotationFields, line: Int) {
    self.init()
    self.line = line
    id = fields.text("id")
    namespaceShared = fields.flag("namespace_shared") ?? false
    namespace = fields.text("namespace")
    orchestrator = fields.text("orchestrator") ?? "istio"
    recoverable = fields.flag("recoverable") ?? false
    attemptsMax = readAttempts(&fields) ?? 1
    transport = fields.choice("transport") ?? .rpc
    conditionLanguage = fields.choice("xgw_expression_type") ?? .feel
    useClosureTransport = fields.flag("use_closure_transport") ?? false
    readTimes(&fields)
    readRest(&fields)
    fields.finish()
    unknown = fields.unknown
  }

  private mutating func readTimes(_ fields: inout AnnotationFields) {
    deploymentTimeoutSeconds = fields.integer("deployment_timeout", in: 1...86_400) ?? 180
    synchronousWrapperTimeoutSeconds = fields.integer("synchronous_wrapper_timeout", in: 1...86_400) ?? 10
    catchEventExpirationHours = fields.integer("catch_event_expiration", in: 0...1_000_000) ?? 72
    timerRecoveryPolicy = fields.choice("timer_recovery_policy") ?? .fail
  }

  private mutating func readRest(_ fields: inout AnnotationFields) {
    notificationKafkaTopic = fields.text("notification_kafka_topic")
    priorityClass = fields.text("priority_class")
    if let metadata = fields.value("user_opaque_metadata") {
      if let object = metadata.object { userOpaqueMetadata = object } else { _ = fields.fields("user_opaque_metadata") }
    }
    passthroughTarget = fields.text("passthrough_target")
    prefixPassthroughWithNamespace = fields.flag("prefix_passthrough_with_namespace") ?? false
  }
}
