import FlowCore
import FlowEngine
import FlowRPC
import FlowRuntime
import FlowServer

// User tasks and incidents: what waits for people.

extension FlowService {
  package func listUserTasks(_ call: UnaryCall<FlowV1.ListUserTasksRequest, FlowV1.ListUserTasksResponse>) {
    later(call) { request throws(Status) in
      let page = try server.userTasks(
        assignee: request.assignee.isEmpty ? nil : request.assignee, of: try Naming.instance(request.instanceID),
        after: try Naming.after(request.pageToken), limit: Naming.limit(request.pageSize))
      let told = answer(page, FlowV1.UserTask.init(_:), token: \.key)
      return FlowV1.ListUserTasksResponse(userTasks: told.rows, nextPageToken: told.next, position: page.position.raw)
    }
  }

  package func completeUserTask(_ call: UnaryCall<FlowV1.CompleteUserTaskRequest, FlowV1.CompleteUserTaskResponse>) {
    work(call, variables: call.request.variables, FlowV1.CompleteUserTaskResponse.init(position:)) { request, variables throws(Status) in
      .completeUserTask(try Naming.key(request.key), variables)
    }
  }

  package func updateUserTask(_ call: UnaryCall<FlowV1.UpdateUserTaskRequest, FlowV1.UpdateUserTaskResponse>) {
    work(call, variables: [], FlowV1.UpdateUserTaskResponse.init(position:)) { request, _ throws(Status) in
      var change = UserTaskChange()
      change.assignee = request.assignee
      change.candidateGroups = request.candidateGroups?.texts
      change.candidateUsers = request.candidateUsers?.texts
      change.dueDate = request.dueDate
      change.followUpDate = request.followUpDate
      change.priority = request.priority.map { Int($0) }
      return .changeUserTask(try Naming.key(request.key), change)
    }
  }

  package func listIncidents(_ call: UnaryCall<FlowV1.ListIncidentsRequest, FlowV1.ListIncidentsResponse>) {
    later(call) { request throws(Status) in
      let page = try server.incidents(
        of: try Naming.instance(request.instanceID), after: try Naming.after(request.pageToken), limit: Naming.limit(request.pageSize))
      let told = answer(page, FlowV1.Incident.init(_:), token: \.key)
      return FlowV1.ListIncidentsResponse(incidents: told.rows, nextPageToken: told.next, position: page.position.raw)
    }
  }

  package func resolveIncident(_ call: UnaryCall<FlowV1.ResolveIncidentRequest, FlowV1.ResolveIncidentResponse>) {
    later(call) { request throws(Status) in
      let position = try server.resolve(try Naming.key(request.key), retries: Int(request.retries))
      return FlowV1.ResolveIncidentResponse(position: position.raw)
    }
  }
}

extension FlowV1.UserTask {
  init(_ open: OpenUserTask) {
    self.init()
    key = open.task.key.text
    instanceID = open.place.instance.text
    deploymentID = open.place.process.deploymentID
    processID = open.place.process.processID
    elementID = open.place.element.id
    elementName = open.place.element.name ?? ""
    elementInstance = String(open.place.activity.raw)
    assignee = open.task.assignee ?? ""
    candidateGroups = open.task.candidateGroups
    candidateUsers = open.task.candidateUsers
    dueDate = open.task.dueDate ?? ""
    followUpDate = open.task.followUpDate ?? ""
    priority = Int32(clamping: open.task.priority)
  }
}

extension FlowV1.Incident {
  init(_ open: OpenIncident) {
    self.init()
    key = open.incident.key.text
    type = open.incident.type.name
    message = open.incident.message
    instanceID = open.place.instance.text
    deploymentID = open.place.process.deploymentID
    processID = open.place.process.processID
    elementID = open.place.element.id
    elementInstance = String(open.place.activity.raw)
    createdMs = open.incident.at.milliseconds
    jobKey = open.job?.text ?? ""
  }
}
