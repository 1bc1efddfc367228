/// What has to happen sometimes: a fault, a command or an element that never comes is one that is not tested.
package enum SimulationRows {
  /// In the order of the table.
  package static func missing(in sightings: Sightings) -> [String] { all.filter { sightings.counts[$0] == nil } }

  private static let all =
    Fault.allCases.map { "fault \($0.rawValue)" } + lines("command", commands) + lines("delivery", deliveries) + lines("due", dueItems)
    + lines("refused", refusals) + lines("element", elements)
    + ["recovered", "checkpoint mark", "checkpoint step", "replay leaves out", "whole journal replayed", "seeds that were run twice"]

  private static func lines(_ kind: String, _ names: String) -> [String] { names.split(separator: "\n").map { "\(kind) \($0)" } }

  private static let commands =
    """
    activateInAdHoc
    activateJobs
    broadcastSignal
    cancelInstance
    changeUserTask
    completeAdHoc
    completeJob
    completeUserTask
    continue
    createInstance
    deleteDeployment
    deleteInstance
    deploy
    deploymentTimedOut
    endInstance
    evaluateConditions
    failInstance
    failJob
    gatewayDecided
    goOn
    jobCompleted
    jobFailed
    migrateInstance
    modifyInstance
    observeDeployment
    publishMessage
    resolveIncident
    retryInstance
    setJobRetries
    setJobTimeout
    setVariables
    startDeployment
    stopDeployment
    throwError
    """

  private static let deliveries =
    """
    call
    cancel
    correlate
    ended
    signal
    start
    """

  private static let dueItems =
    """
    job
    message
    start
    wait
    """

  private static let refusals =
    """
    alreadyExists
    invalid
    notFound
    wrongState
    """

  /// As they are compiled, with what they wait for and how they loop; only those that come in nearly every hundred seeds.
  private static let elements =
    """
    adHocSubProcess
    boundaryEvent cancel
    boundaryEvent condition
    boundaryEvent error
    boundaryEvent timer
    boundaryEvent timer beside
    callActivity
    callActivity loop
    callActivity parallel
    catchEvent condition
    catchEvent link
    catchEvent message
    catchEvent message loop
    catchEvent message parallel
    catchEvent message signal
    catchEvent message signal all
    catchEvent signal
    catchEvent timer
    complexGateway
    endEvent
    endEvent cancel
    endEvent compensation
    endEvent error
    endEvent escalation
    endEvent signal
    endEvent terminate
    eventBasedGateway
    eventSubProcess
    exclusiveGateway
    inclusiveGateway
    job
    job loop
    job message
    job parallel
    job sequential
    parallelGateway
    script
    script loop
    script parallel
    script sequential
    serviceTask
    startEvent
    startEvent condition
    startEvent message
    startEvent signal
    startEvent signal beside
    startEvent timer
    startEvent timer beside
    subProcess
    subProcess loop
    subProcess parallel
    task
    throwEvent compensation
    throwEvent escalation
    throwEvent link
    throwEvent signal
    transaction
    userTask
    userTask loop
    userTask parallel
    """
}
