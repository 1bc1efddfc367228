import FlowCore
import FlowRPC

// Jobs, user tasks, incidents, messages, and the inside of instances.

extension FlowClient {
  /// Waits for a job as long as the request says; the time-out of calls comes on top.
  package func activateJobs(_ request: FlowV1.ActivateJobsRequest) throws(Status) -> FlowV1.ActivateJobsResponse {
    try flow(.never, timeoutMs: endpoint.timeoutMs + request.requestTimeoutMs) { flow, options throws(Status) in
      try flow.activateJobs(request, options: options)
    }
  }

  package func listJobs(_ request: FlowV1.ListJobsRequest) throws(Status) -> FlowV1.ListJobsResponse {
    try flow(.harmless) { flow, options throws(Status) in try flow.listJobs(request, options: options) }
  }

  package func completeJob(_ request: FlowV1.CompleteJobRequest) throws(Status) -> FlowV1.CompleteJobResponse {
    try flow(.never) { flow, options throws(Status) in try flow.completeJob(request, options: options) }
  }

  package func failJob(_ request: FlowV1.FailJobRequest) throws(Status) -> FlowV1.FailJobResponse {
    try flow(.never) { flow, options throws(Status) in try flow.failJob(request, options: options) }
  }

  package func throwError(_ request: FlowV1.ThrowErrorRequest) throws(Status) -> FlowV1.ThrowErrorResponse {
    try flow(.never) { flow, options throws(Status) in try flow.throwError(request, options: options) }
  }

  package func publishMessage(_ request: FlowV1.PublishMessageRequest) throws(Status) -> FlowV1.PublishMessageResponse {
    try flow(.never) { flow, options throws(Status) in try flow.publishMessage(request, options: options) }
  }

  package func broadcastSignal(_ request: FlowV1.BroadcastSignalRequest) throws(Status) -> FlowV1.BroadcastSignalResponse {
    try flow(.never) { flow, options throws(Status) in try flow.broadcastSignal(request, options: options) }
  }

  package func evaluateConditions(_ request: FlowV1.EvaluateConditionsRequest) throws(Status) -> FlowV1.EvaluateConditionsResponse {
    try flow(.never) { flow, options throws(Status) in try flow.evaluateConditions(request, options: options) }
  }

  package func listUserTasks(_ request: FlowV1.ListUserTasksRequest) throws(Status) -> FlowV1.ListUserTasksResponse {
    try flow(.harmless) { flow, options throws(Status) in try flow.listUserTasks(request, options: options) }
  }

  package func completeUserTask(_ request: FlowV1.CompleteUserTaskRequest) throws(Status) -> FlowV1.CompleteUserTaskResponse {
    try flow(.never) { flow, options throws(Status) in try flow.completeUserTask(request, options: options) }
  }

  package func updateUserTask(_ request: FlowV1.UpdateUserTaskRequest) throws(Status) -> FlowV1.UpdateUserTaskResponse {
    try flow(.harmless) { flow, options throws(Status) in try flow.updateUserTask(request, options: options) }
  }

  package func listIncidents(_ request: FlowV1.ListIncidentsRequest) throws(Status) -> FlowV1.ListIncidentsResponse {
    try flow(.harmless) { flow, options throws(Status) in try flow.listIncidents(request, options: options) }
  }

  package func resolveIncident(_ request: FlowV1.ResolveIncidentRequest) throws(Status) -> FlowV1.ResolveIncidentResponse {
    try flow(.never) { flow, options throws(Status) in try flow.resolveIncident(request, options: options) }
  }

  package func getVariables(_ request: FlowV1.GetVariablesRequest) throws(Status) -> FlowV1.GetVariablesResponse {
    try flow(.harmless) { flow, options throws(Status) in try flow.getVariables(request, options: options) }
  }

  package func setVariables(_ request: FlowV1.SetVariablesRequest) throws(Status) -> FlowV1.SetVariablesResponse {
    try flow(.harmless) { flow, options throws(Status) in try flow.setVariables(request, options: options) }
  }

  package func listElements(_ request: FlowV1.ListElementsRequest) throws(Status) -> FlowV1.ListElementsResponse {
    try flow(.harmless) { flow, options throws(Status) in try flow.listElements(request, options: options) }
  }

  package func modifyInstance(_ request: FlowV1.ModifyInstanceRequest) throws(Status) -> FlowV1.ModifyInstanceResponse {
    try flow(.never) { flow, options throws(Status) in try flow.modifyInstance(request, options: options) }
  }

  package func migrateInstance(_ request: FlowV1.MigrateInstanceRequest) throws(Status) -> FlowV1.MigrateInstanceResponse {
    try flow(request.dryRun ? .harmless : .never) { flow, options throws(Status) in try flow.migrateInstance(request, options: options) }
  }
}
