import FlowCore
import FlowFEEL

extension Draft {
  /// Waits until its activation condition holds over `activationCount`; then the flows whose conditions hold. Tokens that come later,
  /// until one came over each flow, are taken without effect.
  ///
  /// - Source: BPMN 2.0.2, 13.4.5, complex gateway.
  mutating func enterComplexGateway(_ token: PendingToken, _ gateway: ExecutableElement, _ activation: CompiledExpression?) {
    guard gateway.incoming.count > 1, let flow = token.flow else { return splitComplex(token, gateway) }
    emit(.arrived(token.element, flow))
    let arrived = Set(instance.waiting.filter { $0.element == token.element && $0.scope == token.scope }.map(\.flow))
    let taken = instance.details[token.scope]?.counts[token.element] ?? 0
    if taken > 0 { return takeLate(token, gateway, taken) }
    do throws(StepProblem) {
      let isActive: Bool
      if let activation {
        let counts = [Variable("activationCount", .int(Int64(arrived.count)))]
        isActive = try holds(activation, in: token.scope, before: counts)
      } else {
        isActive = arrived.count == gateway.incoming.count
      }
      guard isActive else { return }
      let flows = try self.flows(through: gateway, in: token.scope, instance.payloads[token.payload])
      emit(.joined(token.element, scope: token.scope, incoming: gateway.incoming.filter { arrived.contains($0) }, flows: flows))
      let left = gateway.incoming.count - arrived.count
      if left > 0 { emit(.activity(token.scope, .counted(token.element, left))) }
      clearDeadlock(at: token.element, in: token.scope)
      settle(token.scope)
    } catch {
      emit(.joined(token.element, scope: token.scope, incoming: gateway.incoming.filter { arrived.contains($0) }, flows: []))
      let id = newActivity()
      emit(.activity(token.scope, .began(id, token.element, start: nil)))
      raise(error, at: id, .activating)
    }
  }

  private mutating func takeLate(_ token: PendingToken, _ gateway: ExecutableElement, _ left: Int) {
    guard let flow = token.flow else { return }
    emit(.joined(token.element, scope: token.scope, incoming: [flow], flows: []))
    emit(.activity(token.scope, .counted(token.element, left - 1)))
    settle(token.scope)
  }

  private mutating func splitComplex(_ token: PendingToken, _ gateway: ExecutableElement) {
    do throws(StepProblem) {
      pass(token, through: try self.flows(through: gateway, in: token.scope, instance.payloads[token.payload]))
    } catch {
      stop(token, error)
    }
  }

  private func holds(_ condition: CompiledExpression, in scope: ActivityID, before brought: [Variable]) throws(StepProblem) -> Bool {
    do throws(EvaluationError) {
      return try condition.condition(in: self.scope(of: scope, payload: payload(of: scope), before: brought))
    } catch {
      throw StepProblem(.conditionError, "activation condition '\(condition.text)': \(error)")
    }
  }
}
