import FlowBPMN
import FlowCore

extension CamundaProperties {
  /// nil when no extension element is Camunda's.
  init?(_ extensions: [Element]) {
    let own = extensions.filter { $0.namespace == Namespace.camunda }
    guard !own.isEmpty else { return nil }
    self.init()
    for element in own {
      switch element.name {
      case "inputOutput": addParameters(of: element)
      case "connector":
        connectorID = element.first("connectorId", in: Namespace.camunda).map { trimmed($0.text) }.flatMap { $0.isEmpty ? nil : $0 }
        for inner in element.all("inputOutput", in: Namespace.camunda) { addParameters(of: inner) }
      default: break  // kept in the node's extension elements
      }
    }
  }

  private mutating func addParameters(of element: Element) {
    inputs.append(contentsOf: element.all("inputParameter", in: Namespace.camunda).map(ClosureParameter.init))
    outputs.append(contentsOf: element.all("outputParameter", in: Namespace.camunda).map(ClosureParameter.init))
  }
}

extension ClosureParameter {
  /// `variable: TYPE`, and in a second line `default: literal`. A missing type means JSON_OBJECT.
  init(_ element: Element) {
    let text = trimmed(element.text)
    self.init(name: element[attribute: "name"] ?? "", variable: "", type: .jsonObject, text: text, line: element.line)
    others = element.children
    let lines = text.split(whereSeparator: \.isNewline).map { trimmed(String($0)) }
    guard let first = lines.first else {
      problem = "the text is empty"
      return
    }
    readDeclaration(first)
    for line in lines.dropFirst() where !line.isEmpty { readDefault(line) }
  }

  private mutating func readDeclaration(_ line: String) {
    let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map { trimmed(String($0)) }
    variable = parts[0]
    if variable.isEmpty { problem = "the name before the colon is missing" }
    guard parts.count == 2, !parts[1].isEmpty else { return }
    if let known = ValueType(rawValue: parts[1]) { type = known } else { problem = "'\(parts[1])' is no type" }
  }

  private mutating func readDefault(_ line: String) {
    guard line.hasPrefix("default:") else {
      problem = "'\(line)' is no 'default: value'"
      return
    }
    let literal = trimmed(String(line.dropFirst("default:".count)))
    do throws(JSONError) { defaultValue = try JSON(parsing: literal) } catch {
      // What is no JSON is meant as a text, as the original's users write it.
      defaultValue = .string(literal)
    }
  }
}
