/// Every bound of the house in one place, each with its reason. Past a bound there is a clear error, never a hang.
public enum Limits {
  /// Levels of JSON. Deeper documents only come from mistakes or attacks; a parser's stack must not depend on its input.
  public static let jsonDepth = 128
  /// Bytes of one BPMN file. The largest real models are below 1 MiB.
  public static let bpmnFileBytes = 4 << 20
  /// Levels of XML elements. Real models stay below 30.
  public static let xmlDepth = 128
  /// XML elements of one file; 4 MiB of the shortest elements would be more than any model needs.
  public static let xmlElements = 200_000
  /// Bytes of one annotation's YAML.
  public static let yamlBytes = 64 << 10
  /// Levels of YAML collections.
  public static let yamlDepth = 32
  /// Nodes of one YAML document, aliases expanded: what stops a "billion laughs" of aliases.
  public static let yamlNodes = 10_000
  /// Bytes of one expression's text.
  public static let expressionBytes = 64 << 10
  /// Levels of nesting of one expression.
  public static let expressionDepth = 128
  /// Evaluation steps of one expression; a runaway expression must not hold the partition (about 10 ms).
  public static let expressionSteps = 100_000
  /// Bytes that one expression may build.
  public static let expressionBytesBuilt = 16 << 20
  /// Levels of calls and nodes that an evaluation is inside of; functions can call themselves by way of an argument.
  public static let expressionCallDepth = 256
  /// Levels of nesting of a value that an expression builds; printing, comparing and freeing it recur as deep.
  public static let expressionValueDepth = 256
  /// States of one compiled regular expression; its run costs states times characters.
  public static let patternStates = 2_000
  /// Bytes of one instance's payload on every store and wire.
  public static let payloadBytes = 4 << 20
  /// Bytes of one gRPC message or HTTP body: a payload and its envelope.
  public static let messageBytes = (4 << 20) + (64 << 10)
  /// Steps of one command; longer work leaves a `continue` obligation and lets others pass.
  public static let stepsPerCommand = 10_000
  /// Bytes of events of one command.
  public static let eventBytesPerCommand = 512 << 10
  /// Bytes of one commit; the inbox is cut into batches of this size.
  public static let batchBytes = 1 << 20
  /// Answered requests that a partition remembers.
  public static let answeredRequests = 100_000
  /// How long an answered request is remembered.
  public static let answeredRequestMs: Int64 = 600_000
  /// Levels of embedded subprocesses.
  public static let scopeDepth = 64
  /// Tokens of one instance that are on their way at once.
  public static let tokensPerInstance = 100_000
  /// Commands that wait in front of a partition before new work is refused.
  public static let inboxCommands = 50_000
  /// Service calls in flight at once.
  public static let serviceCallsInFlight = 1_000
}
