import FlowCore

/// All that an expression may read: the variables, the instant that counts as now, and the zones' offsets.
package struct EvaluationScope: Sendable {
  package let variables: JSON.Object
  /// Values that JSON has no form for (dates in a case file); they come before the variables.
  package let values: Context
  package let now: Instant
  package let zones: ZoneOffsets
  /// The expression's input, `?` in unary tests.
  package let input: Value?
  /// Where variables are kept as encoded JSON; asked only for names that the expression reads.
  let lookup: Lookup?

  /// The encoded JSON of a variable, nil when there is none of that name.
  package typealias Lookup = @Sendable (_ name: String) -> [UInt8]?

  /// - Parameter payload: an object's members become variables; any other document is the variable `body`.
  package init(payload: JSON, now: Instant = Instant(milliseconds: 0), zones: ZoneOffsets = .utcOnly) {
    if case .object(let object) = payload { variables = object } else { variables = ["body": payload] }
    values = Context()
    self.now = now
    self.zones = zones
    input = nil
    lookup = nil
  }

  /// Variables that stay encoded until an expression reads them, and then only the part that it reads.
  ///
  /// - Parameter lookup: a variable's document, which was checked to be JSON when it was stored; nested scopes are the caller's.
  ///   Python asks for `req_json`, the whole body.
  package init(
    input: Value? = nil, now: Instant = Instant(milliseconds: 0), zones: ZoneOffsets = .utcOnly, lookup: @escaping Lookup
  ) {
    variables = JSON.Object()
    values = Context()
    self.input = input
    self.now = now
    self.zones = zones
    self.lookup = lookup
  }

  package init(values: Context, input: Value? = nil, now: Instant = Instant(milliseconds: 0), zones: ZoneOffsets = .utcOnly) {
    variables = JSON.Object()
    self.values = values
    self.input = input
    self.now = now
    self.zones = zones
    lookup = nil
  }
}

/// Names that an expression brought into sight, innermost first.
package final class Frame: Sendable {
  let names: Context
  let parent: Frame?
  /// Nesting of what the frame keeps alive; a function value holds its frame.
  let depth: Int
  /// Frames from here to the outermost; what a lookup may cost.
  let level: Int

  init(_ names: Context, in parent: Frame?) {
    self.names = names
    self.parent = parent
    depth = max(names.depth, parent?.depth ?? 0) + 1
    level = (parent?.level ?? 0) + 1
  }

  func lookup(_ name: String) -> Value? {
    var frame: Frame? = self
    while let current = frame {
      if let value = current.names[name] { return value }
      frame = current.parent
    }
    return nil
  }
}
