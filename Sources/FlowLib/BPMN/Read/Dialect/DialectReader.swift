import FlowBPMN
import FlowCore

/// Finds the dialects of a process: reads its `rexflow:` annotations, gives it its deployment id and its nodes their names.
struct DialectReader {
  private struct Note {
    var fields: JSON.Object
    var line: Int
  }

  private var findings: [Finding] = []
  /// Those that begin with `rexflow`, and with which key.
  private var annotations: [(annotation: TextAnnotation, isGlobal: Bool, isNote: Bool)] = []
  private var associations: [Association] = []
  private var globals: RexflowGlobals?
  private var byNode: [String: RexflowProperties] = [:]
  private var dialects = Dialects()

  static func apply(to process: inout Process, findings: inout [Finding]) {
    var reader = DialectReader()
    reader.apply(to: &process)
    findings.append(contentsOf: reader.findings)
  }

  private mutating func apply(to process: inout Process) {
    collect(process.content)
    readGlobals()
    let nodes = process.allNodes
    readNotes(of: nodes)
    process.rexflow = globals ?? RexflowGlobals()
    dialects.rexflow = globals != nil || !byNode.isEmpty
    for node in nodes {
      if node.zeebe != nil || node.hasZeebeLoop { dialects.zeebe = true }
      if node.camunda != nil { dialects.camunda = true }
    }
    if process.zeebe != nil { dialects.zeebe = true }
    process.dialects = dialects
    let prefix = sanitised(process.rexflow.id ?? process.id)
    process.deploymentID = prefix.map { $0 + "-" + process.digest.prefix(8) }
    give(to: &process.content, deploymentID: process.deploymentID ?? "")
  }

  private mutating func collect(_ scope: Scope) {
    associations.append(contentsOf: scope.artifacts.associations)
    for annotation in scope.artifacts.annotations where annotation.text.utf8.count >= 7 {
      let head = withoutNoBreakSpaces(trimmed(annotation.text))
      if head.hasPrefix("rexflow") {
        annotations.append((annotation, isGlobal: head.hasPrefix(globalKey), isNote: head.hasPrefix("rexflow:")))
      }
    }
    for node in scope.nodes { if let content = node.content { collect(content) } }
  }

  private func give(to scope: inout Scope, deploymentID: String) {
    for position in scope.nodes.indices {
      let id = scope.nodes[position].id
      scope.nodes[position].rexflow = byNode[id]
      scope.nodes[position].derivedName = derivedName(of: scope.nodes[position], deploymentID: deploymentID)
      switch scope.nodes[position].kind {
      case .subProcess(var subProcess):
        give(to: &subProcess.content, deploymentID: deploymentID)
        scope.nodes[position].kind = .subProcess(subProcess)
      case .subChoreography, .startEvent, .endEvent, .intermediateCatchEvent, .intermediateThrowEvent, .implicitThrowEvent,
        .boundaryEvent, .task, .manualTask, .serviceTask, .sendTask, .receiveTask, .userTask, .scriptTask, .businessRuleTask,
        .callActivity, .exclusiveGateway, .inclusiveGateway, .parallelGateway, .complexGateway, .eventBasedGateway,
        .choreographyTask, .callChoreography:
        break
      }
    }
  }

  private func derivedName(of node: FlowNode, deploymentID: String) -> String? {
    if let name = node.name, !name.isEmpty { return sanitised(name) }
    switch node.kind {
    case .startEvent: return sanitised("start-" + node.id + "-" + deploymentID)
    case .endEvent, .intermediateCatchEvent, .intermediateThrowEvent, .implicitThrowEvent, .boundaryEvent, .task, .manualTask,
      .serviceTask, .sendTask, .receiveTask, .userTask, .scriptTask, .businessRuleTask, .callActivity, .subProcess,
      .exclusiveGateway, .inclusiveGateway, .parallelGateway, .complexGateway, .eventBasedGateway, .choreographyTask,
      .callChoreography, .subChoreography:
      return sanitised(node.id)
    }
  }
}

extension FlowNode {
  fileprivate var hasZeebeLoop: Bool {
    guard case .multiInstance(let loop) = loop else { return false }
    return loop.zeebe != nil
  }
}

extension DialectReader {
  private mutating func readGlobals() {
    let key = globalKey
    for (annotation, isGlobal, _) in annotations where isGlobal {
      guard globals == nil else {
        report(.error, "annotation-duplicate", annotation.textLine, nil, "a second \(key) annotation", "keep one; join their keys")
        continue
      }
      dialects.rexflow = true
      guard let note = parse(annotation, key: key, element: nil) else { continue }
      var fields = AnnotationFields(note.fields, path: key, line: note.line, element: nil)
      globals = RexflowGlobals(&fields, line: note.line)
      findings.append(contentsOf: fields.findings)
    }
  }

  private mutating func readNotes(of nodes: [FlowNode]) {
    guard !annotations.isEmpty else { return }
    var nodeByID: [String: FlowNode] = [:]
    for node in nodes where nodeByID[node.id] == nil { nodeByID[node.id] = node }
    var attached: [String: FlowNode] = [:]
    for association in associations {
      // The original wants the node as the source; modelling tools also draw it the other way round.
      if let node = nodeByID[association.source] { attached[association.target] = node }
      if let node = nodeByID[association.target], attached[association.source] == nil { attached[association.source] = node }
    }
    for (annotation, _, isNote) in annotations where isNote {
      if let node = attached[annotation.id] { read(annotation, of: node) } else { reportUnattached(annotation) }
    }
  }

  private mutating func read(_ annotation: TextAnnotation, of node: FlowNode) {
    guard byNode[node.id] == nil else {
      return report(
        .error, "annotation-duplicate", annotation.textLine, node.id, "a second rexflow annotation on '\(node.id)'",
        "keep one; join their keys")
    }
    dialects.rexflow = true
    guard var note = parse(annotation, key: "rexflow", element: node.id) else { return }
    if case .startEvent = node.kind { takeOlderGlobals(&note, of: node) }
    var fields = AnnotationFields(note.fields, path: "rexflow", line: note.line, element: node.id)
    var properties = RexflowProperties(&fields, line: note.line)
    findings.append(contentsOf: fields.findings)
    aliasTopic(&properties, of: node)
    byNode[node.id] = properties
  }

  private mutating func reportUnattached(_ annotation: TextAnnotation) {
    report(
      .warning, "annotation-unattached", annotation.textLine, annotation.id,
      "the rexflow annotation '\(annotation.id)' is not connected to any element, so it has no effect",
      "draw an association from the element to it, or name it rexflow_global_properties if it is about the process")
  }

  /// Older dialect: global keys on the start event.
  private mutating func takeOlderGlobals(_ note: inout Note, of node: FlowNode) {
    var taken = JSON.Object()
    var rest = JSON.Object()
    for (name, value) in note.fields.members {
      if RexflowGlobals.olderKeys.contains(name) { taken.append(name, value) } else { rest.append(name, value) }
    }
    guard !taken.isEmpty else { return }
    note.fields = rest
    let keys = taken.names.joined(separator: ", ")
    guard globals == nil else {
      return report(
        .warning, "older-dialect", note.line, node.id,
        "the older dialect's keys on a start event (\(keys)) are ignored, because properties of the process are given already",
        "remove them")
    }
    report(
      .warning, "older-dialect", note.line, node.id, "the older dialect's keys on a start event (\(keys)) are taken as the process's",
      "move them to a text annotation that begins with rexflow_global_properties:")
    var fields = AnnotationFields(taken, path: "rexflow", line: note.line, element: node.id)
    globals = RexflowGlobals(&fields, line: note.line)
    globals?.isOlderDialect = true
    findings.append(contentsOf: fields.findings)
  }

  /// Older dialect: `kafka_topic` where today's has `topic`.
  private mutating func aliasTopic(_ properties: inout RexflowProperties, of node: FlowNode) {
    switch node.kind {
    case .intermediateCatchEvent, .intermediateThrowEvent:
      guard let topic = properties.kafkaTopic else { return }
      if properties.topic == nil { properties.topic = topic }
      report(
        .warning, "older-dialect", properties.line, node.id, "kafka_topic on a throw or catch event belongs to the older dialect",
        "write topic: \(properties.topic ?? topic) instead, on a catch event with correlation: beside it")
    case .startEvent, .endEvent, .implicitThrowEvent, .boundaryEvent, .task, .manualTask, .serviceTask, .sendTask, .receiveTask,
      .userTask, .scriptTask, .businessRuleTask, .callActivity, .subProcess, .exclusiveGateway, .inclusiveGateway, .parallelGateway,
      .complexGateway, .eventBasedGateway, .choreographyTask, .callChoreography, .subChoreography:
      break
    }
  }

  private mutating func report(
    _ severity: Finding.Severity, _ code: String, _ line: Int, _ element: String?, _ message: String, _ hint: String
  ) {
    findings.append(Finding(severity, code, line: line, element: element, message, hint: hint))
  }

  /// The mapping under `key`; nil with a finding when the text is no such YAML.
  private mutating func parse(_ annotation: TextAnnotation, key: String, element: String?) -> Note? {
    let clean = withoutNoBreakSpaces(annotation.text)
    let leading = clean.unicodeScalars.prefix { isSpace($0) }.count { $0 == "\n" }
    let line = annotation.textLine + leading
    do throws(YAMLFailure) {
      let document = try readYAML(trimmed(clean))
      guard let value = document[key] else {
        report(.error, "annotation-yaml", line, element, "the annotation has no '\(key):' mapping", "begin it with a line \(key):")
        return nil
      }
      noteExtraKeys(document, key, line, element)
      if value.isNull { return Note(fields: [:], line: line) }
      if let object = value.object { return Note(fields: object, line: line) }
      report(.error, "annotation-type", line, element, "\(key) must be a mapping", "indent its keys below it")
    } catch {
      report(
        .error, "annotation-yaml", line + error.line, element ?? annotation.id, "the annotation is not YAML: \(error.message)",
        "put each key on a line of its own, indented below '\(key):' by the same number of spaces")
    }
    return nil
  }

  private mutating func noteExtraKeys(_ document: JSON, _ key: String, _ line: Int, _ element: String?) {
    for name in document.object?.names ?? [] where name != key {
      report(
        .warning, "unknown-key", line, element, "'\(name)' beside '\(key)' has no meaning and is ignored",
        "indent it if it belongs below '\(key)'")
    }
  }
}

private let globalKey = "rexflow_global_properties"

/// Modelling tools indent with no-break spaces; the original deletes them before it reads YAML.
func withoutNoBreakSpaces(_ text: String) -> String {
  guard text.utf8.contains(0xA0) else { return text }
  var kept: [UInt8] = []
  kept.reserveCapacity(text.utf8.count)
  for byte in text.utf8 {
    // U+00A0 is C2 A0; no other character has the two side by side.
    if byte == 0xA0, kept.last == 0xC2 { kept.removeLast() } else { kept.append(byte) }
  }
  return String(decoding: kept, as: UTF8.self)
}
