import FlowBPMN
import FlowBPMNRead
import FlowCore
import Testing

/// SplitMix64: the same sequence for the same seed, everywhere.
struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

@Suite struct HostileInputTests {
  @Test("any damaged model gives findings and never a crash", arguments: 0..<4)
  func mutated(_ seed: Int) throws {
    var random = SeededGenerator(state: UInt64(seed))
    let files = Corpus.files("rexflow") + Corpus.files("parse/files").filter { !$0.contains("adonis") } + Corpus.files("execute/models")
    var refused = 0
    for round in 0..<100 {
      let bytes = mutate(try Corpus.bytes(files[(round * 4 + seed) % files.count]), &random)

      let result = readDefinitions(bytes)

      #expect(result.ok || result.findings.contains { $0.severity == .error })
      #expect(result.findings.allSatisfy { $0.line >= 0 && !$0.message.isEmpty })
      if let definitions = result.definitions {
        #expect((validate(definitions) + lint(definitions)).allSatisfy { $0.line >= 0 && !$0.message.isEmpty && $0.hint?.isEmpty == false })
      } else {
        refused += 1
      }
    }
    #expect(refused > 10 && refused < 90)
  }

  private func mutate(_ source: [UInt8], _ random: inout SeededGenerator) -> [UInt8] {
    var bytes = source
    for _ in 0..<Int.random(in: 1...3, using: &random) {
      guard bytes.count > 8 else { break }
      let at = Int.random(in: 0..<bytes.count, using: &random)
      let length = min(bytes.count - at, Int.random(in: 1...40, using: &random))
      switch Int.random(in: 0..<6, using: &random) {
      case 0: bytes[at] = UInt8.random(in: 0...255, using: &random)
      case 1: bytes.removeSubrange(at..<at + length)
      case 2: bytes.insert(contentsOf: bytes[at..<at + length], at: at)
      case 3: swapWords(&bytes, &random)
      case 4: bytes.removeLast(bytes.count - at)
      default: swapWords(&bytes, &random)
      }
    }
    return bytes
  }

  /// Exchanges two quoted values, so that references point at anything.
  private func swapWords(_ bytes: inout [UInt8], _ random: inout SeededGenerator) {
    let quotes = bytes.indices.filter { bytes[$0] == UInt8(ascii: "\"") }
    guard quotes.count > 12 else { return }
    let first = Int.random(in: 4..<quotes.count - 4, using: &random) / 2 * 2
    let second = Int.random(in: 4..<quotes.count - 4, using: &random) / 2 * 2
    guard first + 1 < second else { return }
    let left = Array(bytes[quotes[first] + 1..<quotes[first + 1]])
    let right = Array(bytes[quotes[second] + 1..<quotes[second + 1]])
    bytes.replaceSubrange(quotes[second] + 1..<quotes[second + 1], with: left)
    bytes.replaceSubrange(quotes[first] + 1..<quotes[first + 1], with: right)
  }

  @Test("a document type behind an error is refused for the error, its entities unread")
  func brokenDoctype() {
    let laughs = (1...30).map { "<!ENTITY a\($0) '&a\($0 - 1);&a\($0 - 1);'>" }.joined()
    let text = "<?xml version='1.0'?<x ?>\n<!DOCTYPE d [<!ENTITY a0 'ha'>\(laughs)]><d>&a30;</d>"

    #expect(readDefinitions(Array(text.utf8)).codes == ["xml-not-well-formed"])
  }

  @Test("random bytes are refused")
  func randomBytes() {
    var random = SeededGenerator(state: 7)
    for _ in 0..<200 {
      let bytes = (0..<Int.random(in: 0...200, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }

      #expect(!readDefinitions(bytes).ok)
    }
  }

  @Test("large models take time in proportion to their size")
  func noQuadraticTime() {
    func chain(_ count: Int) -> [UInt8] {
      var body = "<bpmn:startEvent id='n0'/>"
      for index in 1...count {
        body += "<bpmn:task id='n\(index)'/><bpmn:sequenceFlow id='f\(index)' sourceRef='n\(index - 1)' targetRef='n\(index)'/>"
      }
      return model(body)
    }
    let clock = ContinuousClock()
    func time(_ count: Int) -> Duration {
      let bytes = chain(count)
      return clock.measure { if let definitions = readDefinitions(bytes).definitions { #expect(!validate(definitions).hasErrors) } }
    }

    let small = time(2_000)
    let large = time(16_000)

    #expect(large < small * 32, "8 times the size took \(large) after \(small)")
  }

  @Test("many events that refer to many messages take time in proportion to their number")
  func noQuadraticLookups() {
    func time(_ count: Int) -> Duration {
      let roots = (0..<count).map { "<bpmn:message id='m\($0)' name='M'/><bpmn:error id='e\($0)' errorCode='E'/>" }.joined()
      let nodes = (0..<count).map {
        "<bpmn:receiveTask id='r\($0)' messageRef='m\(count - 1 - $0)'/><bpmn:boundaryEvent id='b\($0)' attachedToRef='r\($0)'><bpmn:errorEventDefinition errorRef='e\(count - 1 - $0)'/></bpmn:boundaryEvent><bpmn:boundaryEvent id='c\($0)' attachedToRef='r\($0)'><bpmn:compensateEventDefinition/></bpmn:boundaryEvent>"
      }.joined()
      let bytes = model(nodes, root: roots)
      return ContinuousClock().measure {
        if let definitions = readDefinitions(bytes).definitions { _ = (validate(definitions), lint(definitions)) }
      }
    }

    let small = time(500)
    let large = time(4_000)

    #expect(large < small * 32, "8 times the size took \(large) after \(small)")
  }
}
