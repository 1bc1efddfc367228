import FlowCore
import FlowCrypto
import FlowEngine
import FlowStorage

// MARK: - journal

extension StoreChecker {
  static let journal: [StoreChecker] = [
    StoreChecker("format", "the store has a format that this release knows", hint: "use a newer release") { exam in
      (1...1).contains(exam.store.format)
        ? .findings([]) : .findings([StoreFinding("format", "\(exam.store.format) is not known, 1 is")])
    },
    StoreChecker("standing", "the mark lies in the journal, and who wrote the journal had claimed it") { exam in
      let standing = exam.standing
      var found: [StoreFinding] = []
      if standing.mark > standing.last { found.append(StoreFinding("mark", "\(standing.mark), the journal ends at \(standing.last)")) }
      if standing.last > .start, standing.epoch == .none { found.append(StoreFinding("epoch", "nobody claimed the journal")) }
      return .findings(found)
    },
    StoreChecker("journal-gaps", "the journal goes from the mark or before it to its end, without a gap") { exam throws(StoreError) in
      let journal = try exam.journal()
      var found = journal.gaps
      if journal.oldest > exam.standing.mark {
        found.append(StoreFinding("\(exam.standing.mark.next)", "it is missing: the journal begins after \(journal.oldest)"))
      }
      return .findings(found)
    },
    StoreChecker("journal-decodes", "every batch can be read, and time never goes back") { exam throws(StoreError) in
      .findings(try exam.journal().unreadable)
    },
  ]
}

// MARK: - archive

extension StoreChecker {
  static let archive: [StoreChecker] = [
    StoreChecker(
      "archive", "what finished can be fetched: every segment has all its bytes",
      hint: "what is in the segment is gone from the flowd that did not lead then; what lives is not concerned"
    ) { exam throws(StoreError) in
      // An embedded store has none: its readers keep a file of their own.
      guard let archive = exam.store as? any Archive else { return .findings([]) }
      var found: [StoreFinding] = []
      for segment in try archive.segments(exam.partition) where try archive.read(segment, of: exam.partition) == nil {
        found.append(StoreFinding("segment \(segment.number)", "its \(segment.bytes) bytes are not all there"))
      }
      return .findings(found)
    }
  ]
}

// MARK: - records

extension StoreChecker {
  static let records: [StoreChecker] = [
    StoreChecker("records-decode", "every record can be read, and lies under its own key") { exam throws(StoreError) in
      .findings(try exam.records().unreadable)
    },
    StoreChecker("record-stamps", "no record reflects more than the journal holds") { exam throws(StoreError) in
      let last = exam.standing.last
      return .findings(
        try exam.records().all.filter { $0.stamp > last }.map {
          StoreFinding("\($0.key)", "it is stamped \($0.stamp), the journal ends at \(last)")
        })
    },
    StoreChecker("counter", "no key in the records is one that will be given again") { exam throws(StoreError) in
      let records = try exam.records().all
      return .findings(records.isEmpty ? [] : counterFindings(records, exam.partition))
    },
  ]

  private static func counterFindings(_ records: [RecordReading.Stored], _ partition: PartitionID) -> [StoreFinding] {
    var counter: (stamp: Position, next: Key)?
    for stored in records { if case .counter(_, let next, _) = stored.record { counter = (stored.stamp, next) } }
    guard let counter else { return [StoreFinding("counter", "the record of the next key is missing")] }
    var found: [StoreFinding] = []
    for stored in records {
      for key in stored.record.keysGiven {
        if key.raw >> Key.counterBits != UInt64(partition.raw) {
          found.append(StoreFinding("\(stored.key)", "key \(key.raw) is of another partition"))
        } else if stored.stamp <= counter.stamp, key >= counter.next {
          found.append(StoreFinding("\(stored.key)", "it has key \(key.raw), and \(counter.next.raw) is given next"))
        }
      }
    }
    return found
  }
}

extension StateRecord {
  /// Keys that were given for it and for what it holds.
  fileprivate var keysGiven: [Key] {
    switch self {
    case .counter: []
    case .ended(let key): [key]
    case .deployment(let deployment): [deployment.key]
    case .instance(let instance): [instance.id.key] + instance.activitiesInOrder.compactMap(\.job) + instance.details.values.flatMap(\.keys)
    case .request(let entry): [entry.key]
    case .message(let message): [message.key]
    case .delivery(let key, _): [key]
    }
  }
}

// MARK: - references

extension StoreChecker {
  static let references: [StoreChecker] = [
    StoreChecker("references", "every instance belongs to a deployment that is there", needs: ["journal-decodes", "records-decode"]) {
      exam throws(StoreError) in
      var known = try exam.deployments()
      // Its deletion may be in the journal, with the end of its instances before it.
      for (key, deployment) in try exam.journal().deployed { known[key] = deployment }
      for stored in try exam.records().all { if case .deployment(let deployment) = stored.record { known[deployment.key] = deployment } }
      return .findings(
        try exam.records().all.compactMap { stored in
          guard case .instance(let instance) = stored.record, known[instance.deployment] == nil else { return nil }
          return StoreFinding(instance.id.text, "its deployment \(instance.deployment.raw) is not there")
        })
    },
    StoreChecker(
      "models", "every deployment has its model and its element table, and they compile",
      hint: "apply the same file again with a release that made the store, or restore a backup",
      needs: ["journal-decodes", "records-decode"]
    ) { exam throws(StoreError) in
      var found: [StoreFinding] = []
      for deployment in try exam.deployments().values.sorted(by: { $0.key < $1.key }) {
        do throws(StoreError) { _ = try exam.load(deployment) } catch {
          guard case .corrupt(let why) = error else { throw error }
          found.append(StoreFinding(deployment.id, why))
        }
      }
      return .findings(found)
    },
    StoreChecker("blobs", "every blob has the bytes that it is named by", run: checkBlobs),
    StoreChecker("blobs-named", "every blob that is named is there", needs: ["journal-decodes", "records-decode"], run: checkNamed),
  ]

  @Sendable private static func checkBlobs(_ exam: StoreExam) throws(StoreError) -> Verdict {
    var (found, last): ([StoreFinding], BlobHash?) = ([], nil)
    while true {
      let page = try exam.store.blobs(olderThan: Instant(milliseconds: .max), after: last, limit: Limits.pageRows)
      for hash in page {
        if let finding = try finding(about: hash, in: exam.store, isNamedBy: nil) { found.append(finding) }
      }
      guard let end = page.last else { return .findings(found) }
      last = end
    }
  }

  private static func finding(about hash: BlobHash, in store: any Store, isNamedBy name: String?) throws(StoreError) -> StoreFinding? {
    do throws(StoreError) {
      guard let bytes = try store.blob(hash) else { return name.map { StoreFinding("\(hash)", "it is missing, and \($0) names it") } }
      return BlobHash(of: bytes) == hash || name != nil ? nil : StoreFinding("\(hash)", "its bytes are not those that it is named by")
    } catch {
      guard case .corrupt(let why) = error else { throw error }
      // One finding a blob: `blobs` says what is wrong with bytes.
      return name == nil ? StoreFinding("\(hash)", why) : nil
    }
  }

  @Sendable private static func checkNamed(_ exam: StoreExam) throws(StoreError) -> Verdict {
    var named = try exam.journal().named
    for stored in try exam.records().all {
      guard case .instance(let instance) = stored.record else { continue }
      for hash in instance.namedBlobs { named[hash] = "instance \(instance.id.text)" }
    }
    try nameModels(exam.store, &named)
    var found: [StoreFinding] = []
    for (hash, name) in named.sorted(by: { $0.key < $1.key }) {
      if let finding = try finding(about: hash, in: exam.store, isNamedBy: name) { found.append(finding) }
    }
    return .findings(found)
  }

  private static func nameModels(_ store: any Store, _ named: inout [BlobHash: String]) throws(StoreError) {
    var from = "deployments/"
    while true {
      let page = try store.range(from: from, to: "deployments/".keyAfterPrefix, limit: Limits.pageRows)
      for entry in page.entries {
        let object: JSON.Object?
        // What can not be read is a finding of `models`.
        do throws(JSONError) { object = try JSON(parsing: entry.value).object } catch { continue }
        for member in object?.members ?? [] {
          guard let hash = member.value.string.flatMap({ Hex.bytes($0) }).flatMap({ BlobHash($0) }) else { continue }
          named[hash] = "entry \(entry.key)"
        }
      }
      guard page.more, let last = page.entries.last else { return }
      from = last.key + "\u{0}"
    }
  }
}
