import FlowCore
import FlowEngine
import FlowServer
import FlowView

/// Resources as REST shows them. Keys and positions are strings: not every reader of JSON keeps 64 bits.
enum RESTShape {
  static func deployment(_ status: DeploymentStatus) -> JSON {
    let deployment = status.deployment
    var shown: JSON.Object = [
      "id": .string(deployment.id), "key": .string(String(deployment.key.raw)), "process_id": .string(deployment.processID),
      "version": .int(Int64(clamping: deployment.version)), "state": .string(deployment.state.name),
    ]
    shown["name"] = status.process.name.map { .string($0) }
    shown["reason"] = deployment.reason.map { .string($0) }
    shown["since"] = .string(deployment.since.rfc3339)
    shown["applied_at"] = .string(deployment.appliedAt.rfc3339)
    if !deployment.resourceName.isEmpty { shown["resource_name"] = .string(deployment.resourceName) }
    shown["start_events"] = .array(status.process.startEvents.map { .string(status.process[$0].id) })
    shown["user_opaque_metadata"] = .object(status.process.settings.userMetadata)
    return .object(shown)
  }

  static func health(_ element: ElementStatus) -> JSON {
    [
      "element": .string(element.elementID), "up": .bool(element.isUp), "since": .string(element.since.rfc3339),
      "checked_at": .string(element.checkedAt.rfc3339), "reason": .string(element.reason),
    ]
  }

  /// One row of a list; results may be large and come only with the instance itself.
  static func instance(_ row: InstanceRow) -> JSON.Object {
    var shown: JSON.Object = [
      "id": .string(row.id), "deployment": .string(row.deployment), "state": .string(row.state.name),
      "created_at": .string(row.created.rfc3339),
    ]
    shown["ended_at"] = row.ended.map { .string($0.rfc3339) }
    shown["end_event"] = row.endEvent.map { .string($0) }
    if row.errorCode != nil || row.errorMessage != nil {
      var error = JSON.Object()
      error["code"] = row.errorCode.map { .string($0) }
      error["message"] = row.errorMessage.map { .string($0) }
      error["element"] = row.failedElement.map { .string($0) }
      shown["error"] = .object(error)
    }
    var metadata = JSON.Object()
    for pair in row.metadata { metadata[pair.name] = .string(pair.value) }
    shown["metadata"] = .object(metadata)
    return shown
  }

  static func addResult(of row: InstanceRow, to shown: inout JSON.Object) {
    guard let result = row.result else { return }
    let contentType = row.contentType ?? "application/json"
    shown["content_type"] = .string(contentType)
    if contentType == "application/json", let document = Payload(bytes: result, contentType: contentType).json,
      fits(document, Limits.jsonDepth - 1)
    {
      shown["result"] = document
    } else if let text = String(validating: result, as: UTF8.self) {
      shown["result"] = .string(text)
    } else {
      shown["result"] = .string(base64(result))
      shown["result_encoding"] = "base64"
    }
  }

  /// What is as deep as a document may be is shown as a text: inside of another it could not be read.
  private static func fits(_ document: JSON, _ levels: Int) -> Bool {
    switch document {
    case .array(let items): levels > 0 && items.allSatisfy { fits($0, levels - 1) }
    case .object(let object): levels > 0 && object.members.allSatisfy { fits($0.value, levels - 1) }
    case .null, .bool, .int, .double, .decimal, .string: true
    }
  }

  static func active(_ active: Server.LiveInstance.Active) -> JSON {
    var shown: JSON.Object = ["element": .string(active.element.id), "type": .string(active.element.kind.name)]
    shown["name"] = active.element.name.map { .string($0) }
    shown["waits_for"] = .string(active.waitsFor)
    return .object(shown)
  }
}
