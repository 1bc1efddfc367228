/// Every bound of the house in one place, each with its reason. Past a bound there is a clear error, never a hang.
public enum Limits {
  /// Levels of JSON. Deeper documents only come from mistakes or attacks; a parser's stack must not depend on its input.
  public static let jsonDepth = 128
  /// Bytes of a program's config file; real ones are a page.
  public static let configFileBytes = 256 << 10
  /// Bytes of a file of test cases; the whole FEEL corpus is below 1 MiB.
  public static let caseFileBytes = 16 << 20
  /// Bytes of one BPMN file. The largest real models are below 1 MiB.
  public static let bpmnFileBytes = 4 << 20
  /// Levels of XML elements. Real models stay below 30.
  public static let xmlDepth = 128
  /// XML elements of one file; 4 MiB of the shortest elements would be more than any model needs.
  public static let xmlElements = 200_000
  /// Attributes of one XML element: libxml2 compares each with each.
  public static let xmlAttributes = 4_096
  /// XML namespaces in force at one place: libxml2 searches them one by one.
  public static let xmlNamespaces = 1_024
  /// Bytes of a BPMN file in an encoding where attributes can not be counted beforehand (UTF-7, EBCDIC …).
  public static let bpmnFileBytesUncommonEncoding = 256 << 10
  /// Findings of one file that are kept; who has more starts with these.
  public static let findings = 1_000
  /// Steps of lint behind the gateways of one level; a thousand gateways over three thousand nodes, in well under a second.
  public static let lintSteps = 10_000_000
  /// Reasons that one refusal names; they travel in the headers of an answer, which gRPC's clients take up to 8 KiB of.
  public static let reasonsTold = 20
  /// Characters of one text of a finding; names in a model can be as long as the file.
  public static let findingText = 600
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
  /// Bytes of an expression's result as JSON; a variable takes half of it. What a list holds twice counts twice.
  public static let expressionResultBytes = 8 << 20
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
  /// Steps of one instance during which it never waits for anything; beyond, its loop has no end. A loop over a collection of the
  /// largest size takes fewer.
  public static let stepsInARow = 2_000_000
  /// Bytes of events of one command.
  public static let eventBytesPerCommand = 512 << 10
  /// Bytes of one commit; the inbox is cut into batches of this size.
  public static let batchBytes = 1 << 20
  /// Answered requests that a partition remembers.
  public static let answeredRequests = 100_000
  /// How long an answered request is remembered.
  public static let answeredRequestMs: Int64 = 600_000
  /// Levels of embedded subprocesses; interrupting one recurs as deep, and real models stay below 6.
  public static let scopeDepth = 64
  /// Levels of calls of processes; a process that calls itself without an end stops there.
  public static let callDepth = 100
  /// Iterations of one loop; each is an activity that lives.
  public static let iterations = 100_000
  /// Iterations that begin together; between portions others have their turn.
  public static let iterationsAtOnce = 500
  /// Tokens that one activity needs to begin, or gives when it completes; all of them are named in one event.
  public static let activityQuantity = 1_000
  /// Correlation keys for which start events of one deployment have seen some of their triggers; they are in the deployment's record.
  public static let seenTriggers = 1_000
  /// Buffered messages that are looked through for one that has the properties which an instance waits for; each is an evaluation.
  public static let correlationScan = 1_000
  /// How long a message may live: ten years.
  public static let messageLifeMs: Int64 = 10 * 366 * 86_400_000
  /// Messages that a partition buffers.
  public static let bufferedMessages = 1_000_000
  /// What a partition does by itself before it looks into its mailbox again.
  public static let ownStepsPerTurn = 250
  /// Tokens of one instance that are on their way at once.
  public static let tokensPerInstance = 100_000
  /// What one live instance takes in memory beside its payloads: state, tokens, table entries.
  public static let liveInstanceBytes = 1 << 10
  /// Live bytes of a partition where nobody says and the machine's memory can not be read.
  public static let liveBytesUnknownMemory = 1 << 30
  /// Commands that wait in front of a partition before new work is refused.
  public static let inboxCommands = 50_000
  /// Service calls in flight at once.
  public static let serviceCallsInFlight = 1_000
  /// Calls in flight to one address: a service that hangs holds a quarter of the node's calls and not all of them.
  /// At 30 ms an answer this is 8,000 calls a second.
  public static let serviceCallsPerAddress = 250
  /// Records (written or deleted) of one checkpoint step; a step must not hold the store longer than a few commits.
  public static let checkpointRecords = 64
  /// Bytes of one checkpoint step; below what etcd takes as one request (1.5 MiB).
  public static let checkpointBytes = 1 << 20
  /// Bytes of a record's head; recovery reads all heads, 1 M of them in a few seconds.
  public static let recordHeadBytes = 200
  /// Bytes of one part of a record; what a first touch reads and one change rewrites.
  public static let recordPartBytes = 64 << 10
  /// Bytes of a record's key; keys are numbers with a kind in front.
  public static let recordKeyBytes = 64
  /// Compares, puts and deletes of one key-value transaction; etcd's default is 128, of which the adapter needs some itself.
  public static let kvOperations = 120
  /// Bytes of keys and values of one transaction; below what etcd takes as one request. Larger things are blobs.
  public static let kvBytes = 1 << 20
  /// Bytes of one key.
  public static let kvKeyBytes = 512
  /// Changes that are kept for watchers that come back; older ones list again.
  public static let kvChangesKept = 4096
  /// Bytes of those changes.
  public static let kvChangeBytesKept = 4 << 20
  /// Bytes of one blob: the largest payload and room for its envelope.
  public static let blobBytes = 8 << 20
  /// Blobs that one sweep looks at; their names are kept in memory meanwhile (10 MB). The rest waits for the next one.
  public static let blobSweepCandidates = 100_000
  /// Rows that one page of anything brings at most.
  public static let pageRows = 1000
  /// Bytes of one page's rows before the page ends early: what a gRPC client takes that was not told otherwise, and room for the envelope.
  public static let pageBytes = (4 << 20) - (256 << 10)
  /// Bytes of the header section of one HTTP request; ours need a few hundred.
  public static let httpHeaderBytes = 32 << 10
  /// Connections of one HTTP server; each costs a descriptor and its header buffer.
  public static let httpConnections = 4_096
  /// Bytes that one event stream keeps for a client that does not read; a page that is further behind loads again.
  public static let httpStreamBytes = 256 << 10
  /// HTTP calls that wait for one of the transfers in flight.
  public static let httpCallsQueued = 50_000
  /// Attempts of one service call, whatever the model asks for; at 5 s of back-off they take eight minutes.
  public static let serviceAttempts = 100
  /// Shortest period of a health probe; a model must not make a probe into a load test.
  public static let probePeriodMsMin: Int64 = 500
  /// Longest time-out of a health probe; a longer one would hide that a service is down.
  public static let probeTimeoutMsMax = 60_000
  /// Bytes of the answer of a health probe; only its status counts.
  public static let probeAnswerBytes = 1 << 20
  /// Bytes of one line of a service's log; longer ones are cut into several.
  public static let logLineBytes = 16 << 10
  /// Bytes of a service's log file before it becomes the old one, of which one is kept.
  public static let logFileBytes = 8 << 20
  /// Lines of a log that one request begins with; below what may wait for a slow reader.
  public static let logTailLines = 10_000
  /// Bytes of the header section of one HTTP answer.
  public static let httpAnswerHeaderBytes = 64 << 10
  /// Levels of protobuf messages, the limit of the official runtimes; a reader's stack must not depend on its input.
  public static let protobufDepth = 100
  /// Messages inside one protobuf message: two bytes on the wire may become 200 in memory, so that 4 MiB could become 400.
  public static let protobufMessages = 250_000
  /// gRPC calls of one server in flight at once; past it a call is answered RESOURCE_EXHAUSTED at once.
  public static let callsInFlight = 20_000
  /// HTTP/2 streams of one connection; a client that wants more opens a second connection.
  public static let streamsPerConnection = 10_000
  /// Messages that wait to be written to one gRPC stream before its sender is told to wait.
  public static let streamMessages = 256
  /// Bytes that wait to be written to one gRPC stream before its sender is told to wait.
  public static let streamBytes = 8 << 20
  /// Bytes of one call's request headers or trailers.
  public static let metadataBytes = 16 << 10
  /// Calls of workers that wait for a job; each is a call in flight, of which half are left to others.
  public static let jobWaiters = 10_000
  /// How long one call of a worker waits for a job at most; longer ones break in proxies.
  public static let jobWaitMs: Int64 = 600_000
  /// How long a worker has for a job at most: what nobody completes in a week nobody will.
  public static let jobTimeoutMs: Int64 = 7 * 86_400_000
  /// Bytes of variables that are read on the thread that serves all calls; larger ones go to a thread of their own.
  public static let variablesAtOnceBytes = 16 << 10
  /// Control-plane calls (apply, stop, lists) that wait for a thread; more is an attack or a loop.
  public static let controlJobs = 4_096
  /// Committed batches that wait for a view that can not write; beyond them the partition waits.
  public static let viewBacklogBatches = 100_000
  /// Bytes of history of one instance in the view; older entries are cut and counted.
  public static let viewHistoryBytes = 64 << 10
  /// Characters of one history entry's detail.
  public static let viewHistoryDetail = 2000
  /// Changes and bytes that wait for the view's writer; past them the view falls behind and is fed from the journal again.
  public static let viewQueueChanges = 65_536
  public static let viewQueueBytes = 64 << 20
  /// Changes that are kept for subscribers that come back.
  public static let viewFeedKept = 8192
  /// Pairs of one metadata filter; each is one look into an index.
  public static let viewMetadataPairs = 16
  /// Finished instances that one step of retention removes; between steps changes are written.
  public static let viewRetentionStep = 500
  /// Bytes of finished instances that one frame of the archive takes before it is packed; one more instance may lie above.
  public static let archiveChunkBytes = 4 << 20
  /// Bytes of an unpacked frame of the archive: a chunk, and the largest result and history.
  public static let archiveFrameBytes = 16 << 20
  /// Segments up to these bytes are joined, so that few are left of slow times.
  public static let archiveJoinBytes = 512 << 10
  /// Segments that are joined at once; what removes them has to fit into one transaction of etcd.
  public static let archiveJoined = 32
  /// Bytes of a status message on the wire; clients refuse trailers above 8 KiB and escaping may triple them.
  public static let statusMessageBytes = 2 << 10
  /// How long a unary gRPC call may take when its caller does not say.
  public static let callTimeoutMs: Int64 = 30_000
  /// Bytes of an answer of the original's `ps`, which has no pages: what a gRPC client takes that was not told otherwise, and room for
  /// the envelope.
  public static let psBytes = (4 << 20) - (4 << 10)
  /// Characters of the code and of the message of a reported failure; the whole report is kept beside them.
  public static let failureText = 2_000
  /// Bytes of an `Idempotency-Key`; each is remembered with its answer.
  public static let idempotencyKeyBytes = 255
  /// Payloads above it are kept as blobs beside the journal, named by their digest.
  public static let inlinePayloadBytes = 256 << 10
  /// What a batch needs beside its events.
  public static let batchHeaderBytes = 64
  /// Messages that wait for one slow reader of a stream; behind it are at most as many rows as one page of everything shown at once.
  public static let outboxMessages = 20_000
  /// Members of etcd that one address names; a cluster has three or five.
  public static let etcdEndpoints = 16
  /// Compares or requests of one transaction of etcd, its default.
  public static let etcdOperations = 128
  /// Bytes of one piece of a blob in etcd; its requests end at 1.5 MiB.
  public static let etcdBlobPieceBytes = 1 << 20
  /// Parts of a record up to these bytes stay with its head in etcd: one key instead of two, one read instead of two.
  public static let etcdInlineBytes = 4 << 10
  /// Bytes of records' parts in etcd that recovery reads ahead with a page of heads; it holds one page's at a time.
  public static let etcdPrefetchBytes = 16 << 20
  /// Batches that one request removes from etcd's journal; it serves nobody else meanwhile.
  public static let etcdTrimBatches: UInt64 = 500
  /// Bytes written to etcd before its history is compacted.
  public static let etcdCompactionBytes = 64 << 20
  /// Bytes of a host's name in an address; DNS has no longer ones.
  public static let hostBytes = 255
  /// Addresses of one daemon that a client is given; those that share a store are a few.
  public static let daemonAddresses = 16
  /// Bytes of one scenario file; real ones are a page or two.
  public static let scenarioFileBytes = 1 << 20
  /// Steps of one scenario; who needs more has several scenarios.
  public static let scenarioSteps = 10_000
  /// How often one step does the same, and how many jobs of a type it may expect.
  public static let scenarioCount = 100_000
  /// Timers, locks and messages that come due in one step of a scenario's clock: a cycle of a second over a year must end, and be told.
  public static let scenarioTimers = 100_000
  /// Turns of the partition until a scenario's instances rest.
  public static let scenarioTurns = 10_000
  /// Scenario files of one run; a folder given by mistake must not be read whole.
  public static let scenarioFiles = 10_000
  /// Levels of folders that are searched for scenario files.
  public static let scenarioFolderDepth = 16
  /// Entries of a list that a failed scenario shows of each kind.
  public static let scenarioShown = 200
}
