import FlowCore

/// Variables that are kept as encoded JSON.
extension Evaluator {
  /// After so many parts of one variable the whole is read and kept.
  private static let partsMax = 4
  /// Bytes above which a value is worth keeping when it comes again.
  private static let keptBytes = 64

  mutating func encodedVariable(_ name: String, _ lookup: EvaluationScope.Lookup) throws(EvaluationError) -> Value? {
    guard let bytes = lookup(name) else { return nil }
    let document = EncodedJSON(bytes)
    if bytes.count <= Evaluator.keptBytes, let range = document.whole, let value = document.scalar(range) { return value }
    let value = try read(bytes, of: name)
    converted[name] = value
    return value
  }

  /// The member that `order.address.city` names, read without the rest of `order`; nil when the usual way has to be gone.
  mutating func encodedMember(_ expression: Expression, _ frame: Frame?) throws(EvaluationError) -> Value? {
    guard let lookup = scope.lookup, let (name, path) = expression.variablePath else { return nil }
    guard converted[name] == nil, partsRead[name, default: 0] < Evaluator.partsMax, try bound(name, frame) == nil else { return nil }
    guard let bytes = lookup(name) else { return nil }
    partsRead[name, default: 0] += 1
    try spend(bytes.count / 256)
    let document = EncodedJSON(bytes)
    guard let range = document.member(path) else { return nil }
    if let value = document.scalar(range) { return value }
    return try read(Array(bytes[range]), of: name)
  }

  private mutating func read(_ bytes: [UInt8], of name: String) throws(EvaluationError) -> Value {
    try spend(bytes.count / 64)
    let json: JSON
    do throws(JSONError) { json = try JSON(parsing: bytes) } catch { return null("variable '\(name)' is \(error)") }
    return try bounded(Value(json))
  }
}
