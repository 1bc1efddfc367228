import FlowCore
import FlowFEEL

extension Draft {
  mutating func makeUserTask(_ id: ActivityID, _ definition: UserTaskDefinition) throws(StepProblem) {
    var task = UserTaskState(key: newKey())
    if let assignee = definition.assignee { task.assignee = try text(assignee, in: id, "assignee") }
    task.candidateGroups = try texts(definition.candidateGroups, in: id)
    task.candidateUsers = try texts(definition.candidateUsers, in: id)
    task.dueDate = try optionalDate(definition.dueDate, in: id, "due date")
    task.followUpDate = try optionalDate(definition.followUpDate, in: id, "follow-up date")
    if let priority = definition.priority, let text = try optionalText(priority, in: id) {
      guard let number = Int(text), (0...100).contains(number) else {
        throw StepProblem(.extractValueError, "priority '\(text)' is not a number from 0 to 100")
      }
      task.priority = number
    }
    emit(.activity(id, .userTaskMade(task)))
  }

  private func optionalText(_ value: CompiledValue?, in id: ActivityID) throws(StepProblem) -> String? {
    guard let value else { return nil }
    let result = try evaluate(value, in: id, else: .extractValueError)
    return result.isNull ? nil : Value.text(result, quoted: false, limit: Limits.failureText)
  }

  /// - Source: Zeebe's user tasks: a date that is null or empty is none.
  func optionalDate(_ value: CompiledValue?, in id: ActivityID, _ what: String) throws(StepProblem) -> String? {
    guard let value else { return nil }
    let date = try evaluate(value, in: id, else: .extractValueError)
    if date.isNull || date.string == "" { return nil }
    guard TimerText.instant(date, context.zones) != nil else {
      throw StepProblem(.extractValueError, "\(what) is \(date.shown), and has to be a date and time such as 2030-01-07T09:00:00Z")
    }
    return Value.text(date, quoted: false, limit: Limits.failureText)
  }

  /// A list of texts, or one text with commas.
  func texts(_ value: CompiledValue?, in id: ActivityID) throws(StepProblem) -> [String] {
    guard let value else { return [] }
    switch try evaluate(value, in: id, else: .extractValueError) {
    case .list(let list):
      if let other = list.items.first(where: { $0.string == nil }) {
        throw StepProblem(.extractValueError, "candidate \(other.shown) is no string")
      }
      return list.items.compactMap(\.string)
    case .string(let text):
      return text.split(separator: ",").map { part in String(part.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()) }
    case let other: throw StepProblem(.extractValueError, "candidates are \(other.shown), and have to be a list of strings")
    }
  }

  consuming func completeUserTask(_ id: ActivityID, _ variables: [Variable]) throws(Rejection) -> Decision {
    // One whose outputs could not be mapped was completed all the same.
    guard instance.activities[id] != nil, let details = instance.details[id], details.userTask != nil, details.phase != .completing else {
      throw Rejection(.notFound, "there is no open user task at activity \(id.raw) of \(instance.id.text)")
    }
    complete(id, variables)
    run()
    return decided()
  }

  consuming func changeUserTask(_ id: ActivityID, _ change: UserTaskChange) throws(Rejection) -> Decision {
    guard let known = instance.details[id]?.userTask else {
      throw Rejection(.notFound, "there is no open user task at activity \(id.raw) of \(instance.id.text)")
    }
    if let priority = change.priority, !(0...100).contains(priority) {
      throw Rejection(.invalid, "priority \(priority) is not a number from 0 to 100")
    }
    emit(.activity(id, .userTaskChanged(known.changed(by: change))))
    return decided()
  }
}

extension UserTaskState {
  /// What is taken away becomes nil, so that it is shown as a task that never had it.
  fileprivate func changed(by change: UserTaskChange) -> UserTaskState {
    func text(_ new: String?, _ old: String?) -> String? {
      guard let new else { return old }
      return new.isEmpty ? nil : String(new.prefix(Limits.failureText))
    }
    var task = self
    task.assignee = text(change.assignee, assignee)
    task.dueDate = text(change.dueDate, dueDate)
    task.followUpDate = text(change.followUpDate, followUpDate)
    task.candidateGroups = change.candidateGroups ?? candidateGroups
    task.candidateUsers = change.candidateUsers ?? candidateUsers
    task.priority = change.priority ?? priority
    return task
  }
}
