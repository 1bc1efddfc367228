/// In Zeebe's dialect a user task's form, priority and dates can be read.
func userTasks(_ node: FlowNode, _ level: ProcessIndex.Level, _ index: ProcessIndex) -> [Finding] {
  guard case .userTask = node.kind, let zeebe = node.zeebe else { return [] }
  return (zeebe.form.map { form(node, $0, isNative: zeebe.isNativeUserTask) } ?? []) + priority(node, zeebe) + dates(node, zeebe)
    + candidates(node, zeebe)
}

private func form(_ node: FlowNode, _ form: ZeebeForm, isNative: Bool) -> [Finding] {
  let given = [("formId", form.formID), ("formKey", form.formKey), ("externalReference", form.externalReference)]
    .filter { $0.1.map { !isBlank($0) } ?? false }.map(\.0)
  if given.count != 1 {
    let what = given.isEmpty ? "neither formId nor externalReference" : given.joined(separator: " and ")
    return [
      node.error("user-task-form", "the zeebe:formDefinition of \(node.title) has \(what); it needs exactly one", hint: "name one form")
    ]
  }
  guard isNative, given == ["formKey"] else { return [] }
  return [
    node.error(
      "user-task-form", "\(node.title) is a native user task with a formKey, which only user tasks done by jobs have",
      hint: "use formId or externalReference")
  ]
}

private func priority(_ node: FlowNode, _ zeebe: ZeebeProperties) -> [Finding] {
  guard let text = zeebe.priority, !text.hasPrefix("="), !(Int(text).map { (0...100).contains($0) } ?? false) else { return [] }
  return [
    node.error(
      "user-task-priority", "\(node.title) has the priority '\(text)', which is no number from 0 to 100",
      hint: "write a number, or an expression behind '='")
  ]
}

private func dates(_ node: FlowNode, _ zeebe: ZeebeProperties) -> [Finding] {
  [("dueDate", zeebe.schedule?.dueDate), ("followUpDate", zeebe.schedule?.followUpDate)].compactMap { name, text in
    guard let text, !text.isEmpty, !text.hasPrefix("="), !ISOText.isDateTime(text) else { return nil }
    return node.error(
      "user-task-date", "\(node.title) has the \(name) '\(text)', which is no ISO 8601 date and time",
      hint: "write 2026-11-20T12:00:00Z, or an expression behind '='")
  }
}

private func candidates(_ node: FlowNode, _ zeebe: ZeebeProperties) -> [Finding] {
  let lists = [("candidateGroups", zeebe.assignment?.candidateGroups), ("candidateUsers", zeebe.assignment?.candidateUsers)]
  return lists.compactMap { name, text in
    guard let text, !isBlank(text), !text.hasPrefix("=") else { return nil }
    guard text.split(separator: ",", omittingEmptySubsequences: false).contains(where: { isBlank(String($0)) }) else { return nil }
    return node.error(
      "user-task-candidates", "\(node.title) has the \(name) '\(text)', a list with gaps",
      hint: "write names with commas between them: a,b,c")
  }
}
