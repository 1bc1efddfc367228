import FlowBPMN
import FlowCore
import FlowEngine
import FlowFEEL
import FlowServer
import FlowView

/// The data of `ValidateWorkflow` and of an apply that did not compile.
///
/// - Source: reference, section 2.
package func validationResult(_ model: PreparedModel) -> JSON {
  // An element that does not run yet is for apply to refuse; the deployment id is known all the same.
  guard model.errors.allSatisfy({ $0.code == "not-executable" }), let id = model.process?.deploymentID else { return compileFailure(model) }
  return ["status": 0, "message": "Ok.", "wf_id": .string(id)]
}

func compileFailure(_ model: PreparedModel) -> JSON {
  ["status": -1, "message": .string("Failed to compile: " + model.errorText)]
}

/// An instance as the original's `ps` shows it. An error object is splatted into it, and CANCELED is ERROR with `CANCELED_INSTANCE`.
func psInstance(_ row: InstanceRow) -> JSON {
  var shown: JSON.Object = ["state": .string(row.state == .canceled ? InstanceState.error.name : row.state.name)]
  let failed = row.state == .error || row.state == .stopped || row.state == .canceled
  if let result = row.result {
    if failed, row.contentType == "application/json", case .object(let error)? = json(result) {
      // Whoever reports a failure does not choose the state that is shown.
      for (name, value) in error.members where name != "from_envoy" && name != "state" { shown[name] = value }
    } else if let text = String(validating: result, as: UTF8.self) {
      shown["result"] = .string(text)
    } else {
      shown["result"] = .string(base64(result))
      shown["result_encoding"] = "base64"
    }
  }
  if let contentType = row.contentType { shown["content_type"] = .string(contentType) }
  if let endEvent = row.endEvent { shown["end_event"] = .string(endEvent) }
  shown["parent"] = .string(row.deployment)
  var metadata = JSON.Object()
  for pair in row.metadata { metadata[pair.name] = .string(pair.value) }
  shown["metadata"] = .object(metadata)
  return .object(shown)
}

private func json(_ bytes: [UInt8]) -> JSON? {
  do throws(JSONError) { return try JSON(parsing: bytes) } catch { return nil }
}

/// The body that `run`'s arguments make: a list of Python literals, `{}` without any. Of a process with variables an object that is the
/// only argument is the variables.
///
/// - Source: reference, sections 0.1 (D1) and 3, `run`.
package func runPayload(_ args: [String], of status: DeploymentStatus) -> Payload {
  guard !args.isEmpty else { return .emptyObject }
  let values = args.map(pythonLiteral)
  if status.process.settings.usesVariables, values.count == 1, case .object = values[0] { return Payload(json: values[0]) }
  var payload = Payload(json: .array(values))
  if status.process.startEvents.count == 1, case .startEvent(isYAML: true) = status.process[status.process.startEvents[0]].kind {
    // JSON is YAML too.
    payload.contentType = "application/x-yaml"
  }
  return payload
}

/// The value of a Python literal (`1`, `'a'`, `[True, None]`), or the text itself when it is none.
package func pythonLiteral(_ text: String) -> JSON {
  do throws(JSONError) { return try JSON(parsing: text) } catch { return quotedLiteral(text) ?? .string(text) }
}

/// Only what can not be anything but a literal is evaluated: `2026-11-20` is a text, not a subtraction.
private func quotedLiteral(_ text: String) -> JSON? {
  let isLiteral = ["True", "False", "None"].contains(text) || text.first.map { "'\"[({".contains($0) } ?? false
  guard isLiteral else { return nil }
  do {
    return try CompiledExpression(python: text).evaluate(EvaluationScope(payload: [:], now: Instant(milliseconds: 0))).json
  } catch {
    return nil
  }
}
