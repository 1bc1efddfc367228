import FlowCommandLine
import FlowCore
import Glibc

/// The scenario files that a command line names: files as they are, folders with all `.json` files below them.
package enum ScenarioFiles {
  /// - Returns: paths, those of a folder in alphabetical order; a file that is named twice comes once.
  /// - Throws: when something can not be listed, when a folder holds none, or past `Limits.scenarioFiles`.
  package static func find(_ arguments: [String]) throws(FileProblem) -> [String] {
    var found: [String] = []
    for argument in arguments {
      guard ModelFolder.isFolder(argument) else {
        found.append(argument)
        continue
      }
      var below: [String] = []
      try collect(argument, depth: 0, into: &below)
      guard !below.isEmpty else { throw FileProblem(argument, reason: "the folder holds no scenario file (*.json)") }
      found += below
    }
    var seen: Set<String> = []
    found = found.filter { seen.insert($0).inserted }
    guard found.count <= Limits.scenarioFiles else { throw tooMany(arguments.first ?? "") }
    return found
  }

  private static func collect(_ folder: String, depth: Int, into found: inout [String]) throws(FileProblem) {
    let prefix = folder.hasSuffix("/") ? folder : folder + "/"
    for name in try names(in: folder) where !name.hasPrefix(".") {
      if ModelFolder.isFolder(prefix + name) {
        guard depth < Limits.scenarioFolderDepth else { throw FileProblem(prefix + name, reason: "folders are nested too deeply") }
        try collect(prefix + name, depth: depth + 1, into: &found)
      } else if name.hasSuffix(".json"), ModelFolder.isFile(prefix + name) {
        found.append(prefix + name)
      }
      guard found.count <= Limits.scenarioFiles else { throw tooMany(folder) }
    }
  }

  private static func tooMany(_ place: String) -> FileProblem {
    FileProblem(place, reason: "more than \(Limits.scenarioFiles) scenario files")
  }

  static func names(in folder: String) throws(FileProblem) -> [String] {
    guard let stream = opendir(folder) else { throw FileProblem(folder, errno: errno) }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      names.append(name)
    }
    return names.sorted()
  }
}
