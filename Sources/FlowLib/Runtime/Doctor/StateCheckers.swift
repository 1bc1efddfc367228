import FlowCore
import FlowEngine
import FlowStorage

/// What must hold of the state that records and journal give together.
extension StoreChecker {
  private static let readable = [
    "standing", "journal-gaps", "journal-decodes", "records-decode", "record-stamps", "references", "models", "blobs", "blobs-named",
    "elements",
  ]

  static let state: [StoreChecker] =
    [
      StoreChecker(
        "elements", "tokens of records stand on elements that their model has", needs: ["records-decode", "references", "models"]
      ) {
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
    ] + StateCheck.all.map(StoreChecker.init)

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
}

extension StoreChecker {
  /// Looks at the state that recovery puts together.
  fileprivate init(_ check: StateCheck) {
    self.init(check.name, check.meaning, needs: ["recovery"]) { exam throws(StoreError) in
      let recovered = try exam.recovered()
      return .findings(check.run(recovered.state, recovered.catalog))
    }
  }
}
