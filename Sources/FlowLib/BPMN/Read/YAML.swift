import CYAML
import FlowBPMN
import FlowCore

/// Why a text is not YAML that we read.
package struct YAMLFailure: Error, Equatable {
  /// Lines from the start of the text, the first is 0.
  package var line: Int
  package var message: String
}

/// Reads one YAML 1.1 document as PyYAML's safe loader does. The only place that knows libyaml.
package func readYAML(_ text: String) throws(YAMLFailure) -> JSON {
  let bytes = Array(text.utf8)
  guard bytes.count <= Limits.yamlBytes else {
    throw YAMLFailure(line: 0, message: "the YAML has more than \(Limits.yamlBytes) bytes")
  }
  let events = YAMLEvents(bytes)
  var composer = YAMLComposer(events)
  return try composer.document()
}

/// libyaml's parser over bytes that it owns.
private final class YAMLEvents {
  enum Event {
    case alias(String)
    case scalar(text: String, anchor: String?, tag: String?, isPlain: Bool)
    case sequenceStart(anchor: String?, tag: String?)
    case sequenceEnd
    case mappingStart(anchor: String?, tag: String?)
    case mappingEnd
    case end
    case other
  }

  private let bytes: UnsafeMutableBufferPointer<UInt8>
  private let parser: UnsafeMutablePointer<yaml_parser_t>
  private let isReady: Bool
  private(set) var line = 0

  init(_ source: [UInt8]) {
    bytes = UnsafeMutableBufferPointer.allocate(capacity: source.count)
    _ = bytes.initialize(from: source)
    parser = UnsafeMutablePointer.allocate(capacity: 1)
    parser.initialize(to: yaml_parser_t())
    isReady = yaml_parser_initialize(parser) == 1
    if isReady { yaml_parser_set_input_string(parser, bytes.baseAddress, bytes.count) }
  }

  deinit {
    if isReady { yaml_parser_delete(parser) }
    parser.deallocate()
    bytes.deallocate()
  }

  func next() throws(YAMLFailure) -> Event {
    var event = yaml_event_t()
    guard isReady, yaml_parser_parse(parser, &event) == 1 else { throw failure() }
    defer { yaml_event_delete(&event) }
    line = Int(event.start_mark.line)
    switch event.type {
    case YAML_ALIAS_EVENT: return .alias(string(event.data.alias.anchor) ?? "")
    case YAML_SCALAR_EVENT: return scalar(event)
    case YAML_SEQUENCE_START_EVENT:
      return .sequenceStart(anchor: string(event.data.sequence_start.anchor), tag: string(event.data.sequence_start.tag))
    case YAML_SEQUENCE_END_EVENT: return .sequenceEnd
    case YAML_MAPPING_START_EVENT:
      return .mappingStart(anchor: string(event.data.mapping_start.anchor), tag: string(event.data.mapping_start.tag))
    case YAML_MAPPING_END_EVENT: return .mappingEnd
    case YAML_STREAM_END_EVENT: return .end
    default: return .other  // libyaml's enum: stream start, document start and end
    }
  }

  private func scalar(_ event: yaml_event_t) -> Event {
    let scalar = event.data.scalar
    let text = scalar.value.map { String(decoding: UnsafeBufferPointer(start: $0, count: scalar.length), as: UTF8.self) }
    let isPlain = scalar.style == YAML_PLAIN_SCALAR_STYLE && scalar.plain_implicit == 1
    return .scalar(text: text ?? "", anchor: string(scalar.anchor), tag: string(scalar.tag), isPlain: isPlain)
  }

  private func string(_ text: UnsafeMutablePointer<yaml_char_t>?) -> String? { text.map { String(cString: $0) } }

  private func failure() -> YAMLFailure {
    let problem = parser.pointee.problem.map { String(cString: $0) } ?? "not YAML"
    return YAMLFailure(line: Int(parser.pointee.problem_mark.line), message: problem)
  }
}

/// Puts the events together; depth and number of nodes are bounded, with aliases counted as what they stand for.
private struct YAMLComposer {
  private let events: YAMLEvents
  private var anchors: [String: (value: JSON, nodes: Int)] = [:]
  private var nodes = 0

  init(_ events: YAMLEvents) { self.events = events }

  mutating func document() throws(YAMLFailure) -> JSON {
    guard let first = try content() else { return .null }
    let value = try node(first, depth: 0)
    guard try content() == nil else { throw fail("more than one document") }
    return value
  }

  private func fail(_ message: String) -> YAMLFailure { YAMLFailure(line: events.line, message: message) }

  /// The next event that begins or ends a node; nil at the end of the stream.
  private func content() throws(YAMLFailure) -> YAMLEvents.Event? {
    while true {
      let event = try events.next()
      switch event {
      case .end: return nil
      case .other: continue
      case .alias, .scalar, .sequenceStart, .sequenceEnd, .mappingStart, .mappingEnd: return event
      }
    }
  }

  private mutating func count(_ more: Int) throws(YAMLFailure) {
    nodes += more
    guard nodes <= Limits.yamlNodes else { throw fail("more than \(Limits.yamlNodes) values, aliases included") }
  }

  private mutating func node(_ event: YAMLEvents.Event, depth: Int) throws(YAMLFailure) -> JSON {
    guard depth < Limits.yamlDepth else { throw fail("nested deeper than \(Limits.yamlDepth) levels") }
    let before = nodes
    try count(1)
    switch event {
    case .alias(let name):
      guard let known = anchors[name] else { throw fail("found undefined alias \(name)") }
      try count(known.nodes)
      return known.value
    case .scalar(let text, let anchor, let tag, let isPlain):
      guard let value = YAMLScalar.resolve(text, tag: tag, isPlain: isPlain) else { throw fail("can not make \(tag ?? "") of '\(text)'") }
      return keep(value, anchor, since: before)
    case .sequenceStart(let anchor, let tag):
      guard tag == nil || tag == "tag:yaml.org,2002:seq" else { throw fail("unknown tag \(tag ?? "")") }
      return keep(.array(try sequence(depth: depth)), anchor, since: before)
    case .mappingStart(let anchor, let tag):
      guard tag == nil || tag == "tag:yaml.org,2002:map" else { throw fail("unknown tag \(tag ?? "")") }
      return keep(.object(try mapping(depth: depth)), anchor, since: before)
    case .sequenceEnd, .mappingEnd, .end, .other: throw fail("unexpected end")
    }
  }

  private mutating func keep(_ value: JSON, _ anchor: String?, since before: Int) -> JSON {
    if let anchor { anchors[anchor] = (value, nodes - before) }
    return value
  }

  private mutating func sequence(depth: Int) throws(YAMLFailure) -> [JSON] {
    var items: [JSON] = []
    while let event = try content() {
      if case .sequenceEnd = event { return items }
      items.append(try node(event, depth: depth + 1))
    }
    throw fail("unexpected end")
  }

  private mutating func mapping(depth: Int) throws(YAMLFailure) -> JSON.Object {
    var object = JSON.Object()
    var seen: Set<String> = []
    while let event = try content() {
      if case .mappingEnd = event { return object }
      let name = try key(event, depth: depth)
      guard let valueEvent = try content() else { break }
      let value = try node(valueEvent, depth: depth + 1)
      if seen.insert(name).inserted { object.append(name, value) } else { object[name] = value }
    }
    throw fail("unexpected end")
  }

  /// Keys are texts here; a number or boolean as a key is taken as it is written.
  private mutating func key(_ event: YAMLEvents.Event, depth: Int) throws(YAMLFailure) -> String {
    switch event {
    case .scalar(let text, _, _, _):
      _ = try node(event, depth: depth + 1)
      return text
    case .alias:
      guard let text = try node(event, depth: depth + 1).string else { throw fail("a key must be a text") }
      return text
    case .sequenceStart, .sequenceEnd, .mappingStart, .mappingEnd, .end, .other: throw fail("a key must be a text")
    }
  }
}
