import FlowCore
import FlowEngine
import FlowStorage

/// Work of a worker that is not done yet.
package struct OpenJob: Sendable {
  package enum State: Sendable { case activatable, activated, backingOff, failed }

  package let key: Key
  package let type: String
  package let place: OpenPlace
  package let state: State
  package let retries: Int
  package let worker: String?
  /// Until when a worker has it, or when its back-off is over.
  package let deadline: Instant?
  package let headers: [JobHeader]
  package let errorMessage: String?
  /// Nil in lists.
  package var variables: Payload?
}

package struct OpenUserTask: Sendable {
  package let task: UserTaskState
  package let place: OpenPlace
}

package struct OpenIncident: Sendable {
  package let incident: Incident
  package let place: OpenPlace
  package let job: Key?
}

/// Where in which instance something is open.
package struct OpenPlace: Sendable {
  package let instance: InstanceID
  package let process: ExecutableProcess
  package let element: ExecutableElement
  package let activity: ActivityID
}

/// Some of what is open, oldest first.
package struct OpenPage<Row: Sendable>: Sendable {
  package let rows: [Row]
  package let position: Position
  /// There is more behind the last row.
  package let hasMore: Bool
}

/// One thing that is open under a key, before it is told.
struct OpenSpot {
  let key: Key
  let instance: Instance
  let activity: Activity
  let details: Details
  let process: ExecutableProcess

  var place: OpenPlace {
    OpenPlace(
      instance: instance.id, process: process, element: process[activity.element], activity: activity.id)
  }
}

extension PartitionState {
  /// The first so many things of a kind behind a key. Looks at all that is open, which is what an administrator may ask for now and then.
  ///
  /// - Parameter row: nil for what is not meant.
  func open<Row>(
    of instance: Key?, after: Key, limit: Int, _ catalog: Catalog, isMeant: (OpenSpot) -> Bool, row: (OpenSpot) -> Row?
  ) -> (rows: [Row], hasMore: Bool) {
    let keys = instance.map { self.instances[$0].map { $0.details.flatMap(\.value.workKeys) } ?? [] } ?? Array(lookups.places.keys)
    var first = FirstKeys(limit + 1)
    for key in keys where key > after && first.isWanted(key) {
      if let spot = spot(key, catalog), isMeant(spot) { first.add(key) }
    }
    let found = first.sorted
    return (found.prefix(limit).compactMap { key in spot(key, catalog).flatMap(row) }, found.count > limit)
  }

  func spot(_ key: Key, _ catalog: Catalog) -> OpenSpot? {
    guard let place = lookups.places[key], let instance = instances[place.instance], let process = catalog[instance.deployment],
      let activity = instance.activities[place.activity], let details = instance.details[place.activity]
    else { return nil }
    return OpenSpot(key: key, instance: instance, activity: activity, details: details, process: process)
  }
}

extension Details {
  fileprivate var workKeys: [Key] { [job?.key, userTask?.key, incident?.key].compactMap { $0 } }
}

/// The smallest so many of very many keys, without sorting all of them.
private struct FirstKeys {
  private let limit: Int
  private var keys: [Key] = []
  private var last: Key?

  init(_ limit: Int) { self.limit = limit }

  func isWanted(_ key: Key) -> Bool { last.map { key < $0 } ?? true }

  mutating func add(_ key: Key) {
    keys.append(key)
    guard keys.count >= 4 * limit + 64 else { return }
    keys = sorted
    last = keys.last
  }

  var sorted: [Key] { Array(keys.sorted().prefix(limit)) }
}

extension OpenJob {
  init?(_ spot: OpenSpot) {
    guard let job = spot.details.job, job.key == spot.key else { return nil }
    let state: State
    if job.lock != nil {
      state = .activated
    } else if job.isActivatable {
      state = .activatable
    } else {
      state = job.retries > 0 && !job.isHeld ? .backingOff : .failed
    }
    self.init(
      key: job.key, type: job.type, place: spot.place, state: state, retries: job.retries, worker: job.lock?.worker,
      deadline: job.lock?.until ?? job.backoffUntil, headers: spot.process[spot.activity.element].more.headers,
      errorMessage: job.errorMessage)
  }

  /// With what its worker sees.
  init?(_ spot: OpenSpot, variables names: [String]?) {
    self.init(spot)
    let seen = spot.instance.visibleVariables(from: spot.activity.id)
    variables = Payload(variables: names.map { names in seen.filter { names.contains($0.name) } } ?? seen)
  }

  /// What it takes in an answer, about.
  var byteCount: Int {
    (variables?.bytes.count ?? 0) + headers.reduce(500) { $0 + $1.key.utf8.count + $1.value.utf8.count + 8 }
  }
}
