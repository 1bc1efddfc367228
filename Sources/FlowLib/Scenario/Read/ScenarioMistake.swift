import FlowCore

/// Something in a scenario file that is not as it must be.
package struct ScenarioMistake: Sendable, Equatable, CustomStringConvertible {
  package var file: String
  package var place: SourcePlace
  package var message: String
  package var hint: String?

  package init(file: String, place: SourcePlace, message: String, hint: String? = nil) {
    self.file = file
    self.place = place
    self.message = message
    self.hint = hint
  }

  /// `calc.json:7:13: steps[2].do: 'compleet' is no step (did you mean 'complete'?)`
  package var description: String {
    let path = place.path.isEmpty ? "" : "\(place.path): "
    return "\(file):\(place): \(path)\(message)" + (hint.map { " (\($0))" } ?? "")
  }
}

/// All mistakes of one file, at most `Limits.findings`, in the order of the text.
package struct ScenarioMistakes: Error, Sendable, Equatable, CustomStringConvertible {
  package var all: [ScenarioMistake]

  package init(_ all: [ScenarioMistake]) { self.all = all }

  package var description: String { all.map(\.description).joined(separator: "\n") }
}
