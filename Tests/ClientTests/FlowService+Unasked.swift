import FlowCore
import FlowRPC

/// What no test here calls.
extension FlowV1.FlowService {
  func activateJobs(_ call: UnaryCall<FlowV1.ActivateJobsRequest, FlowV1.ActivateJobsResponse>) { call.fail(unasked) }
  func listJobs(_ call: UnaryCall<FlowV1.ListJobsRequest, FlowV1.ListJobsResponse>) { call.fail(unasked) }
  func completeJob(_ call: UnaryCall<FlowV1.CompleteJobRequest, FlowV1.CompleteJobResponse>) { call.fail(unasked) }
  func failJob(_ call: UnaryCall<FlowV1.FailJobRequest, FlowV1.FailJobResponse>) { call.fail(unasked) }
  func throwError(_ call: UnaryCall<FlowV1.ThrowErrorRequest, FlowV1.ThrowErrorResponse>) { call.fail(unasked) }
  func updateJobRetries(_ call: UnaryCall<FlowV1.UpdateJobRetriesRequest, FlowV1.UpdateJobRetriesResponse>) { call.fail(unasked) }
  func updateJobTimeout(_ call: UnaryCall<FlowV1.UpdateJobTimeoutRequest, FlowV1.UpdateJobTimeoutResponse>) { call.fail(unasked) }
  func publishMessage(_ call: UnaryCall<FlowV1.PublishMessageRequest, FlowV1.PublishMessageResponse>) { call.fail(unasked) }
  func broadcastSignal(_ call: UnaryCall<FlowV1.BroadcastSignalRequest, FlowV1.BroadcastSignalResponse>) { call.fail(unasked) }
  func evaluateConditions(_ call: UnaryCall<FlowV1.EvaluateConditionsRequest, FlowV1.EvaluateConditionsResponse>) { call.fail(unasked) }
  func listUserTasks(_ call: UnaryCall<FlowV1.ListUserTasksRequest, FlowV1.ListUserTasksResponse>) { call.fail(unasked) }
  func completeUserTask(_ call: UnaryCall<FlowV1.CompleteUserTaskRequest, FlowV1.CompleteUserTaskResponse>) { call.fail(unasked) }
  func updateUserTask(_ call: UnaryCall<FlowV1.UpdateUserTaskRequest, FlowV1.UpdateUserTaskResponse>) { call.fail(unasked) }
  func listIncidents(_ call: UnaryCall<FlowV1.ListIncidentsRequest, FlowV1.ListIncidentsResponse>) { call.fail(unasked) }
  func resolveIncident(_ call: UnaryCall<FlowV1.ResolveIncidentRequest, FlowV1.ResolveIncidentResponse>) { call.fail(unasked) }
  func getVariables(_ call: UnaryCall<FlowV1.GetVariablesRequest, FlowV1.GetVariablesResponse>) { call.fail(unasked) }
  func setVariables(_ call: UnaryCall<FlowV1.SetVariablesRequest, FlowV1.SetVariablesResponse>) { call.fail(unasked) }
  func listElements(_ call: UnaryCall<FlowV1.ListElementsRequest, FlowV1.ListElementsResponse>) { call.fail(unasked) }
  func modifyInstance(_ call: UnaryCall<FlowV1.ModifyInstanceRequest, FlowV1.ModifyInstanceResponse>) { call.fail(unasked) }
  func migrateInstance(_ call: UnaryCall<FlowV1.MigrateInstanceRequest, FlowV1.MigrateInstanceResponse>) { call.fail(unasked) }
  func activateAdHoc(_ call: UnaryCall<FlowV1.ActivateAdHocRequest, FlowV1.ActivateAdHocResponse>) { call.fail(unasked) }
  func completeAdHoc(_ call: UnaryCall<FlowV1.CompleteAdHocRequest, FlowV1.CompleteAdHocResponse>) { call.fail(unasked) }

  private var unasked: Status { Status(.unimplemented, "not in this test") }
}
