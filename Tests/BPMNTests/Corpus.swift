import FlowBPMN
import FlowBPMNRead
import Foundation
import Testing

/// Third-party models beside the repository; read where they are, never copied.
enum Corpus {
  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("../shared/corpus").standardizedFileURL

  static func bytes(_ path: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: root.appendingPathComponent(path))) }

  static func read(_ path: String) throws -> ReadResult { readDefinitions(try bytes(path)) }

  /// Paths below `folder` in a fixed order.
  static func files(_ folder: String) -> [String] {
    let base = root.appendingPathComponent(folder)
    let names = FileManager.default.enumerator(atPath: base.path)?.allObjects as? [String] ?? []
    return names.filter { $0.hasSuffix(".bpmn") || $0.hasSuffix(".xml") }.sorted().map { folder + "/" + $0 }
  }

  struct Row: Sendable, CustomTestStringConvertible {
    var file: String
    var processes: Int
    var flowNodes: Int
    var sequenceFlows: Int
    var testDescription: String { file }
  }

  static let manifest: [Row] = {
    let text = String(decoding: (try? bytes("parse/manifest.tsv")) ?? [], as: UTF8.self)
    return text.split(separator: "\n").dropFirst().compactMap { line in
      let columns = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
      guard columns.count > 4, let processes = Int(columns[2]), let nodes = Int(columns[3]), let flows = Int(columns[4]) else { return nil }
      return Row(file: columns[0], processes: processes, flowNodes: nodes, sequenceFlows: flows)
    }
  }()
}

/// A file in memory: `body` goes into one process.
func model(_ body: String, root: String = "", attributes: String = "isExecutable=\"true\"") -> [UInt8] {
  Array(
    """
    <?xml version="1.0" encoding="UTF-8"?>
    <bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" xmlns:camunda="http://camunda.org/schema/1.0/bpmn" id="d" targetNamespace="t">
    \(root)<bpmn:process id="p" \(attributes)>
    \(body)
    </bpmn:process>
    </bpmn:definitions>
    """.utf8)
}

extension ReadResult {
  /// The only process.
  var process: FlowBPMN.Process {
    get throws {
      guard let process = definitions?.processes.first else { throw NoProcess(findings: findings) }
      return process
    }
  }

  var codes: [String] { findings.map(\.code) }
}

struct NoProcess: Error { var findings: [Finding] }
