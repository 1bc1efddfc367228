import FlowBPMN
import FlowCore

extension CamundaProperties {
  /// nil when neither an attribute nor an extension element, of the node or of its event definitions, is Camunda's.
  ///
  /// - Parameter children: of an event; its definitions have attributes of their own.
  init?(_ attributes: [Element.Attribute], _ extensions: [Element], children: [Element]) {
    self.init()
    // Most nodes say nothing, and should cost nothing.
    if attributes.isEmpty, extensions.isEmpty, children.isEmpty { return nil }
    let own = attributes.filter { $0.namespace == Namespace.camunda }
    let elements = extensions.filter { $0.namespace == Namespace.camunda }
    let words = CamundaWords(own)
    task = CamundaTask(words)
    userTask = CamundaUserTask(words)
    call = CamundaCall(words, elements)
    caught = CamundaCaught(children)
    for element in elements { add(element) }
    if own.isEmpty, elements.isEmpty, caught == nil { return nil }
  }

  private mutating func add(_ element: Element) {
    switch element.name {
    case "inputOutput": addParameters(of: element)
    case "connector":
      connectorID = element.first("connectorId", in: Namespace.camunda).map { trimmed($0.text) }.flatMap { $0.isEmpty ? nil : $0 }
      for inner in element.all("inputOutput", in: Namespace.camunda) { addParameters(of: inner) }
    default: break  // kept in the node's extension elements
    }
  }

  private mutating func addParameters(of element: Element) {
    inputs.append(contentsOf: element.all("inputParameter", in: Namespace.camunda).map(ClosureParameter.init))
    outputs.append(contentsOf: element.all("outputParameter", in: Namespace.camunda).map(ClosureParameter.init))
  }
}

/// Camunda's attributes of an element by their names.
struct CamundaWords {
  private let attributes: [Element.Attribute]

  init(_ attributes: [Element.Attribute]) { self.attributes = attributes }

  var isEmpty: Bool { attributes.isEmpty }
  subscript(name: String) -> String? { attributes.first { $0.name == name }?.value }
}

extension CamundaTask {
  /// nil when none of its words is there; so with the others.
  init?(_ words: CamundaWords) {
    guard !words.isEmpty else { return nil }
    self.init()
    type = words["type"]
    topic = words["topic"]
    taskPriority = words["taskPriority"]
    expression = words["expression"]
    delegateExpression = words["delegateExpression"]
    className = words["class"]
    resultVariable = words["resultVariable"]
    decisionRef = words["decisionRef"]
    mapDecisionResult = words["mapDecisionResult"]
    scriptResource = words["resource"]
    if self == CamundaTask() { return nil }
  }
}

extension CamundaUserTask {
  init?(_ words: CamundaWords) {
    guard !words.isEmpty else { return nil }
    self.init()
    formKey = words["formKey"]
    formRef = words["formRef"]
    assignee = words["assignee"]
    candidateUsers = words["candidateUsers"]
    candidateGroups = words["candidateGroups"]
    dueDate = words["dueDate"]
    followUpDate = words["followUpDate"]
    priority = words["priority"]
    if self == CamundaUserTask() { return nil }
  }
}

extension CamundaCall {
  init?(_ words: CamundaWords, _ elements: [Element]) {
    guard !words.isEmpty || !elements.isEmpty else { return nil }
    self.init()
    inputs = elements.filter { $0.name == "in" }.map(Mapping.init)
    outputs = elements.filter { $0.name == "out" }.map(Mapping.init)
    binding = words["calledElementBinding"].flatMap(Binding.init) ?? .latest
    version = words["calledElementVersion"]
    versionTag = words["calledElementVersionTag"]
    if self == CamundaCall() { return nil }
  }
}

extension CamundaCall.Mapping {
  init(_ element: Element) {
    self.init()
    source = element[attribute: "source"]
    sourceExpression = element[attribute: "sourceExpression"]
    target = element[attribute: "target"]
    isAll = element[attribute: "variables"] == "all"
    isLocal = element.flag("local") ?? false
    businessKey = element[attribute: "businessKey"]
    line = element.line
  }
}

extension CamundaCaught {
  init?(_ children: [Element]) {
    self.init()
    for child in children where child.attributes.contains(where: { $0.namespace == Namespace.camunda }) {
      errorCodeVariable = errorCodeVariable ?? child[attribute: "errorCodeVariable", namespace: .camunda]
      errorMessageVariable = errorMessageVariable ?? child[attribute: "errorMessageVariable", namespace: .camunda]
      escalationCodeVariable = escalationCodeVariable ?? child[attribute: "escalationCodeVariable", namespace: .camunda]
    }
    if self == CamundaCaught() { return nil }
  }
}

extension CamundaLoop {
  init?(_ element: Element) {
    self.init()
    collection = element[attribute: "collection", namespace: .camunda]
    elementVariable = element[attribute: "elementVariable", namespace: .camunda]
    if self == CamundaLoop() { return nil }
  }
}

extension CamundaProcess {
  init?(_ attributes: [Element.Attribute]) {
    let words = CamundaWords(attributes.filter { $0.namespace == Namespace.camunda })
    guard !words.isEmpty else { return nil }
    self.init()
    versionTag = words["versionTag"]
    candidateStarterUsers = words["candidateStarterUsers"]
    candidateStarterGroups = words["candidateStarterGroups"]
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
