import FlowBPMN
import FlowBPMNRead
import FlowCommandLine
import FlowCore
import Glibc

/// Where a scenario's models lie: beside it, in `../models`, and in `models`.
struct ModelFolder {
  private let folders: [String]

  init(ofScenario path: String) {
    let cut = path.lastIndex(of: "/").map { path[...$0] } ?? ""
    folders = ["", "../models/", "models/"].map { String(cut) + $0 }
  }

  /// - Throws: NOT_FOUND naming the places where it was looked for.
  func model(_ name: String) throws(Status) -> FoundModel {
    for folder in folders where ModelFolder.isFile(folder + name) {
      do throws(FileProblem) {
        return FoundModel(
          path: folder + name, file: ModelFile(name: name, bytes: try FileText.read(folder + name, limit: Limits.bpmnFileBytes)))
      } catch {
        throw Status(.invalidArgument, error.description)
      }
    }
    let hint = Suggestion.hint(for: name, among: modelNames) ?? "put it at \(folders.map { $0 + name }.joined(separator: " or "))"
    throw Status(.notFound, "there is no model '\(name)'", hint: hint)
  }

  /// What lies in the folders; one that can not be listed holds nothing.
  private var modelNames: [String] {
    folders.flatMap { folder in
      do throws(FileProblem) { return try ScenarioFiles.names(in: folder.isEmpty ? "." : folder) } catch { return [] }
    }.filter { $0.hasSuffix(".bpmn") }
  }

  /// What is no plain file is not opened: a pipe would wait for its writer.
  static func isFile(_ path: String) -> Bool { mode(of: path) == S_IFREG }

  static func isFolder(_ path: String) -> Bool { mode(of: path) == S_IFDIR }

  private static func mode(of path: String) -> mode_t {
    var about = stat()
    return stat(path, &about) == 0 ? about.st_mode & S_IFMT : 0
  }
}

/// A model as a scenario found it, with what can be entered in it.
struct FoundModel {
  let path: String
  let file: ModelFile
  /// Nil when it can not be read.
  let processes: [ModelProcess]?

  init(path: String, file: ModelFile) {
    self.path = path
    self.file = file
    processes = readDefinitions(file.bytes).definitions.map { definitions in
      definitions.processes.map { ModelProcess(id: $0.id, elements: $0.allNodes.map(\.id)) }
    }
  }
}

/// The flow nodes of one process, in document order.
package struct ModelProcess: Sendable, Equatable {
  package var id: String
  package var elements: [String]

  package init(id: String, elements: [String]) {
    self.id = id
    self.elements = elements
  }
}
