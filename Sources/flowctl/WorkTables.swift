import FlowCommandLine
import FlowCore
import FlowRPC

/// Open work as people read it.
enum WorkTables {
  static func jobs(_ rows: [FlowV1.Job]) -> Table {
    var table = Table([
      Table.Column("KEY"), Table.Column("TYPE", shrinks: true), Table.Column("STATE"), Table.Column("RETRIES", right: true),
      Table.Column("ELEMENT", shrinks: true), Table.Column("INSTANCE", spare: true), Table.Column("WORKER/ERROR", shrinks: true),
    ])
    for row in rows {
      table.add(
        Table.Cell(row.key), Table.Cell(row.type), Table.Cell(row.state.word, row.state.style), Table.Cell(String(row.retries)),
        Table.Cell(row.elementID), Table.Cell(row.instanceID), Table.Cell(row.worker.isEmpty ? row.errorMessage : row.worker))
    }
    return table
  }

  static func tasks(_ rows: [FlowV1.UserTask]) -> Table {
    var table = Table([
      Table.Column("KEY"), Table.Column("TASK", shrinks: true), Table.Column("ASSIGNEE", shrinks: true),
      Table.Column("CANDIDATES", shrinks: true), Table.Column("PRIORITY", right: true), Table.Column("DUE", spare: true),
      Table.Column("INSTANCE", spare: true),
    ])
    for row in rows {
      let candidates = (row.candidateUsers + row.candidateGroups).joined(separator: ", ")
      table.add(
        Table.Cell(row.key), Table.Cell(row.elementName.isEmpty ? row.elementID : row.elementName), Table.Cell(row.assignee),
        Table.Cell(candidates), Table.Cell(String(row.priority)), Table.Cell(row.dueDate), Table.Cell(row.instanceID))
    }
    return table
  }

  static func incidents(_ rows: [FlowV1.Incident]) -> Table {
    var table = Table([
      Table.Column("KEY"), Table.Column("AGE", right: true), Table.Column("TYPE", shrinks: true), Table.Column("ELEMENT", shrinks: true),
      Table.Column("INSTANCE", spare: true), Table.Column("MESSAGE", shrinks: true),
    ])
    let now = Instant.now.milliseconds
    for row in rows {
      table.add(
        Table.Cell(row.key), Table.Cell(TimeText.age(milliseconds: now - row.createdMs)), Table.Cell(row.type, .red),
        Table.Cell(row.elementID), Table.Cell(row.instanceID), Table.Cell(row.message))
    }
    return table
  }

  static func elements(_ rows: [FlowV1.ActiveElement]) -> Table {
    var table = Table([
      Table.Column("ACTIVE", shrinks: true), Table.Column("TYPE", spare: true), Table.Column("NO", right: true),
      Table.Column("WAITS FOR", shrinks: true),
    ])
    for row in rows {
      let style: Style = row.incidentKey.isEmpty ? .plain : .red
      table.add(Table.Cell(row.elementID), Table.Cell(row.type), Table.Cell(row.elementInstance), Table.Cell(row.waitsFor, style))
    }
    return table
  }

  /// More of a value is never shown.
  private static let valueBytes = 400

  static func variables(_ rows: [FlowV1.Variable]) -> Table {
    var table = Table([Table.Column("VARIABLE", shrinks: true), Table.Column("VALUE", shrinks: true)])
    for row in rows { table.add(Table.Cell(row.name), Table.Cell(String(decoding: row.value.prefix(valueBytes), as: UTF8.self))) }
    return table
  }
}

extension FlowV1.JobState {
  var word: String {
    switch self {
    case .stateUnspecified: "UNKNOWN"
    case .activatable: "WAITING"
    case .activated: "TAKEN"
    case .backingOff: "BACKING OFF"
    case .failed: "FAILED"
    case .unrecognized(let number): String(number)
    }
  }

  var style: Style {
    switch self {
    case .activatable: .blue
    case .activated: .green
    case .backingOff: .yellow
    case .failed: .red
    case .stateUnspecified, .unrecognized: .plain
    }
  }
}

/// Open work as `-o` prints it; keys are strings.
enum WorkJSON {
  static func job(_ row: FlowV1.Job) -> JSON {
    var shown = place(row.key, row.instanceID, row.deploymentID, row.processID, row.elementID, row.elementInstance)
    shown["type"] = .string(row.type)
    shown["state"] = .string(row.state.word.replacing(" ", with: "_"))
    shown["retries"] = .int(Int64(row.retries))
    shown["worker"] = .unlessEmpty(row.worker)
    shown["deadline"] = .time(row.deadlineMs)
    var headers = JSON.Object()
    for (name, value) in row.headers.sorted(by: { $0.key < $1.key }) { headers[name] = .string(value) }
    shown["headers"] = .object(headers)
    if !row.variables.isEmpty { shown["variables"] = .of(row.variables) }
    shown["error_message"] = .unlessEmpty(row.errorMessage)
    return .object(shown)
  }

  static func task(_ row: FlowV1.UserTask) -> JSON {
    var shown = place(row.key, row.instanceID, row.deploymentID, row.processID, row.elementID, row.elementInstance)
    shown["element_name"] = .unlessEmpty(row.elementName)
    shown["assignee"] = .unlessEmpty(row.assignee)
    shown["candidate_groups"] = .array(row.candidateGroups.map { .string($0) })
    shown["candidate_users"] = .array(row.candidateUsers.map { .string($0) })
    shown["due_date"] = .unlessEmpty(row.dueDate)
    shown["follow_up_date"] = .unlessEmpty(row.followUpDate)
    shown["priority"] = .int(Int64(row.priority))
    return .object(shown)
  }

  static func incident(_ row: FlowV1.Incident) -> JSON {
    var shown = place(row.key, row.instanceID, row.deploymentID, row.processID, row.elementID, row.elementInstance)
    shown["type"] = .string(row.type)
    shown["message"] = .string(row.message)
    shown["created"] = .time(row.createdMs)
    shown["job_key"] = .unlessEmpty(row.jobKey)
    return .object(shown)
  }

  private static func place(
    _ key: String, _ instance: String, _ deployment: String, _ process: String, _ element: String, _ activity: String
  ) -> JSON.Object {
    [
      "key": .string(key), "instance_id": .string(instance), "deployment_id": .string(deployment), "process_id": .string(process),
      "element_id": .string(element), "element_instance": .string(activity),
    ]
  }
}
