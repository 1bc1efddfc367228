import FlowBPMN
import FlowCore

/// Why a declared input or output is not there.
struct ClosureError: Error, Equatable {
  let message: String
}

/// The declared inputs of a task, taken from the context.
func closureInput(_ context: Payload, of binding: ServiceBinding) -> Result<Payload, ClosureError> {
  guard case .object(let variables)? = context.json else { return .failure(ClosureError(message: "the context is not a JSON object")) }
  var request: JSON.Object = [:]
  for input in binding.inputs {
    guard let value = variables[input.variable] ?? input.defaultValue else {
      return .failure(ClosureError(message: "the context has no '\(input.variable)' for input '\(input.name)', and there is no default"))
    }
    if input.name == "." { return .success(Payload(json: value)) }
    request[input.name] = value
  }
  return .success(Payload(json: .object(request)))
}

/// The context with the declared outputs of a task's response in it; what is not declared is dropped.
func closureOutput(_ response: Payload, into context: Payload, of binding: ServiceBinding) -> Result<Payload, ClosureError> {
  guard case .object(var variables)? = context.json else { return .failure(ClosureError(message: "the context is not a JSON object")) }
  guard !binding.outputs.isEmpty else { return .success(context) }
  guard let answer = response.json else { return .failure(ClosureError(message: "the response is not JSON")) }
  for output in binding.outputs {
    let value = output.variable == "." ? answer : answer[output.variable]
    guard let value = value ?? output.defaultValue else {
      return .failure(
        ClosureError(message: "the response has no '\(output.variable)' for output '\(output.name)', and there is no default"))
    }
    variables[output.name] = value
  }
  return .success(Payload(json: .object(variables)))
}
