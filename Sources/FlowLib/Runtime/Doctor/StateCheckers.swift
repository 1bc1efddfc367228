import FlowCore
import FlowEngine
import FlowStorage

/// What must hold of the state that records and journal give together.
extension StoreChecker {
  private static let readable = [
    "standing", "journal-gaps", "journal-decodes", "records-decode", "record-stamps", "references", "models", "blobs", "blobs-named",
    "elements",
  ]

  static let state: [StoreChecker] = [
    StoreChecker("elements", "tokens of records stand on elements that their model has", needs: ["records-decode", "references", "models"])
    {
      exam throws(StoreError) in try checkElements(exam)
    },
    StoreChecker("recovery", "the state can be put together from records and journal", needs: readable) { exam throws(StoreError) in
      do throws(StoreError) {
        _ = try exam.recovered()
        return .findings([])
      } catch {
        guard case .corrupt(let why) = error else { throw error }
        return .findings([StoreFinding("state", why)])
      }
    },
    StoreChecker("replay", "the journal alone gives the state that is recovered", needs: ["recovery"]) { exam throws(StoreError) in
      let journal = try exam.journal()
      guard journal.oldest == .start else { return .notChecked("the journal's beginning is trimmed; flowd keeps it with --keep-journal") }
      guard journal.deleted.isEmpty else { return .notChecked("deployments were deleted, and their models with them") }
      let (recovered, replayed) = (stateHash(try exam.recovered().state), stateHash(try exam.replayed()))
      guard recovered != replayed else { return .findings([]) }
      return .findings([StoreFinding("state", "recovery gives \(recovered), the journal alone \(replayed)")])
    },
    StoreChecker("tokens", "every token of an instance moves on, or waits for something that comes", needs: ["recovery"]) {
      exam throws(StoreError) in
      let recovered = try exam.recovered()
      return .findings(
        recovered.state.instances.keys.sorted().flatMap { tokenFindings($0, recovered.state, recovered.catalog) })
    },
    StoreChecker("jobs", "no two jobs have one key", needs: ["recovery"]) { exam throws(StoreError) in
      .findings(jobFindings(try exam.recovered().state))
    },
    StoreChecker("requests", "not more answered requests are remembered than may be", needs: ["recovery"]) { exam throws(StoreError) in
      let count = try exam.recovered().state.requests.count
      return .findings(count <= Limits.answeredRequests ? [] : [StoreFinding("requests", "\(count), not \(Limits.answeredRequests)")])
    },
    StoreChecker("deployments", "no two deployments have one id", needs: ["recovery"]) { exam throws(StoreError) in
      var seen: Set<String> = []
      return .findings(
        try exam.recovered().state.deploymentsInOrder.filter { !seen.insert($0.id).inserted }.map {
          StoreFinding($0.id, "key \($0.key.raw) has an id that is taken")
        })
    },
  ]

  private static func checkElements(_ exam: StoreExam) throws(StoreError) -> Verdict {
    let deployments = try exam.deployments()
    var (processes, found): ([Key: ExecutableProcess], [StoreFinding]) = ([:], [])
    for stored in try exam.records().all {
      guard case .instance(let instance) = stored.record, let deployment = deployments[instance.deployment] else { continue }
      let process: ExecutableProcess
      if let known = processes[deployment.key] { process = known } else { process = try exam.load(deployment) }
      processes[deployment.key] = process
      guard !instance.stands(on: process) else { continue }
      found.append(StoreFinding(instance.id.text, "it stands on an element that deployment \(deployment.id) does not have"))
    }
    return .findings(found)
  }

  private static func tokenFindings(_ key: Key, _ state: PartitionState, _ catalog: Catalog) -> [StoreFinding] {
    guard let instance = state.instances[key] else { return [] }
    let id = instance.id.text
    guard let process = catalog[instance.deployment] else { return [StoreFinding(id, "its deployment is not there")] }
    guard instance.stands(on: process) else { return [StoreFinding(id, "it stands on an element that its model does not have")] }
    var found = instance.activitiesInOrder.compactMap { activity in
      instance.problem(with: activity, in: process).map {
        StoreFinding(id, "activity \(activity.id.raw) (\(process[activity.element].id)) \($0)")
      }
    }
    if instance.state.isFinal {
      found.append(StoreFinding(id, "it has ended as \(instance.state.name), and is still among those that live"))
    }
    if instance.state == .running, obligations(ofInstance: key, in: state, catalog: catalog).isEmpty {
      found.append(StoreFinding(id, "it runs, and nothing is owed to it"))
    }
    if instance.countedScopes != instance.scopesByID {
      found.append(StoreFinding(id, "its scopes do not count the tokens that are in them"))
    }
    return found
  }

  private static func jobFindings(_ state: PartitionState) -> [StoreFinding] {
    var (owners, found): ([Key: String], [StoreFinding]) = ([:], [])
    for key in state.instances.keys.sorted() {
      guard let instance = state.instances[key] else { continue }
      for job in instance.activitiesInOrder.compactMap(\.job) {
        if let other = owners.updateValue(instance.id.text, forKey: job) {
          found.append(StoreFinding(instance.id.text, "job \(job.raw) is also one of \(other)"))
        }
        if job >= state.nextKey { found.append(StoreFinding(instance.id.text, "job \(job.raw) has a key that was not given yet")) }
      }
    }
    return found
  }
}

extension Instance {
  fileprivate func problem(with activity: Activity, in process: ExecutableProcess) -> String? {
    if activity.scope != .process, activities[activity.scope] == nil { return "is in a scope that is not there" }
    if activity.job != nil {
      switch process[activity.element].kind {
      case .serviceTask, .exclusiveGateway: return nil
      case .startEvent, .endEvent, .task, .job, .userTask, .script, .catchEvent, .throwEvent, .parallelGateway, .inclusiveGateway,
        .complexGateway, .eventBasedGateway, .subProcess, .eventSubProcess, .transaction, .adHocSubProcess, .callActivity, .boundaryEvent:
        return "has a job, and nobody does such jobs"
      }
    }
    if activity.hasFailed { return state == .stopped ? nil : "has failed, and the instance is not STOPPED" }
    if details[activity.id].map({ $0.isWaiting }) ?? false || scopes[activity.id] != nil { return nil }
    if case .adHocSubProcess = process[activity.element].kind { return nil }
    return "waits for nothing: it has no token, job, task, call, event or incident"
  }

  /// Tokens alive in each scope, and how many of them wait, as the instance keeps count.
  fileprivate var scopesByID: [ActivityID: [Int]] {
    Dictionary(scopes.map { ($0.key, [$0.value.live, $0.value.waiting]) }) { first, _ in first }
  }

  /// The same, counted.
  fileprivate var countedScopes: [ActivityID: [Int]] {
    var counted: [ActivityID: [Int]] = [:]
    for scope in activities.values.map(\.scope) + pending.all.map(\.scope) + waiting.map(\.scope) {
      counted[scope, default: [0, 0]][0] += 1
    }
    for token in waiting { counted[token.scope, default: [0, 0]][1] += 1 }
    return counted
  }
}

extension Details {
  /// Whether something from outside will let the activity go on.
  fileprivate var isWaiting: Bool {
    !waits.isEmpty || job != nil || incident != nil || userTask != nil || call != nil || phase == .compensating
  }
}
