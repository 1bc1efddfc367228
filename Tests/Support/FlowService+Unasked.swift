import FlowCore
import FlowRPC

/// What no test of a client calls: a fake flowd answers the rest itself.
extension FlowV1.FlowService {
  package func activateJobs(_ call: UnaryCall<FlowV1.ActivateJobsRequest, FlowV1.ActivateJobsResponse>) { call.fail(unasked) }
  package func listJobs(_ call: UnaryCall<FlowV1.ListJobsRequest, FlowV1.ListJobsResponse>) { call.fail(unasked) }
  package func completeJob(_ call: UnaryCall<FlowV1.CompleteJobRequest, FlowV1.CompleteJobResponse>) { call.fail(unasked) }
  package func failJob(_ call: UnaryCall<FlowV1.FailJobRequest, FlowV1.FailJobResponse>) { call.fail(unasked) }
  package func throwError(_ call: UnaryCall<FlowV1.ThrowErrorRequest, FlowV1.ThrowErrorResponse>) { call.fail(unasked) }
  package func updateJobRetries(_ call: UnaryCall<FlowV1.UpdateJobRetriesRequest, FlowV1.UpdateJobRetriesResponse>) { call.fail(unasked) }
  package func updateJobTimeout(_ call: UnaryCall<FlowV1.UpdateJobTimeoutRequest, FlowV1.UpdateJobTimeoutResponse>) { call.fail(unasked) }
  package func publishMessage(_ call: UnaryCall<FlowV1.PublishMessageRequest, FlowV1.PublishMessageResponse>) { call.fail(unasked) }
  package func broadcastSignal(_ call: UnaryCall<FlowV1.BroadcastSignalRequest, FlowV1.BroadcastSignalResponse>) { call.fail(unasked) }
  package func evaluateConditions(_ call: UnaryCall<FlowV1.EvaluateConditionsRequest, FlowV1.EvaluateConditionsResponse>) {
    call.fail(unasked)
  }
  package func listUserTasks(_ call: UnaryCall<FlowV1.ListUserTasksRequest, FlowV1.ListUserTasksResponse>) { call.fail(unasked) }
  package func completeUserTask(_ call: UnaryCall<FlowV1.CompleteUserTaskRequest, FlowV1.CompleteUserTaskResponse>) { call.fail(unasked) }
  package func updateUserTask(_ call: UnaryCall<FlowV1.UpdateUserTaskRequest, FlowV1.UpdateUserTaskResponse>) { call.fail(unasked) }
  package func listIncidents(_ call: UnaryCall<FlowV1.ListIncidentsRequest, FlowV1.ListIncidentsResponse>) { call.fail(unasked) }
  package func resolveIncident(_ call: UnaryCall<FlowV1.ResolveIncidentRequest, FlowV1.ResolveIncidentResponse>) { call.fail(unasked) }
  package func getVariables(_ call: UnaryCall<FlowV1.GetVariablesRequest, FlowV1.GetVariablesResponse>) { call.fail(unasked) }
  package func setVariables(_ call: UnaryCall<FlowV1.SetVariablesRequest, FlowV1.SetVariablesResponse>) { call.fail(unasked) }
  package func listElements(_ call: UnaryCall<FlowV1.ListElementsRequest, FlowV1.ListElementsResponse>) { call.fail(unasked) }
  package func modifyInstance(_ call: UnaryCall<FlowV1.ModifyInstanceRequest, FlowV1.ModifyInstanceResponse>) { call.fail(unasked) }
  package func migrateInstance(_ call: UnaryCall<FlowV1.MigrateInstanceRequest, FlowV1.MigrateInstanceResponse>) { call.fail(unasked) }
  package func activateAdHoc(_ call: UnaryCall<FlowV1.ActivateAdHocRequest, FlowV1.ActivateAdHocResponse>) { call.fail(unasked) }
  package func completeAdHoc(_ call: UnaryCall<FlowV1.CompleteAdHocRequest, FlowV1.CompleteAdHocResponse>) { call.fail(unasked) }

  private var unasked: Status { Status(.unimplemented, "not in this test") }
}
