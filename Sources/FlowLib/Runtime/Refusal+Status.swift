import FlowCore

extension Status {
  /// As gRPC answers it.
  package init(_ refusal: Refusal) {
    switch refusal {
    case .rejected(let rejection):
      let code: StatusCode =
        switch rejection.reason {
        case .notFound: .notFound
        case .alreadyExists: .alreadyExists
        case .wrongState: .failedPrecondition
        case .invalid: .invalidArgument
        case .exhausted: .resourceExhausted
        }
      self.init(code, rejection.message)
    case .overloaded(let why): self.init(.resourceExhausted, why)
    case .unavailable(let why): self.init(.unavailable, why)
    }
  }
}
