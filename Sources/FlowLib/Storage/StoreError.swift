/// Why a store did not do what it was asked. The text says what, why and what to try.
package enum StoreError: Error, Sendable, Equatable {
  /// Somebody else owns the partition, or the journal is elsewhere than the caller believes: throw the memory away and open again.
  case fenced(epoch: Epoch, last: Position)
  /// The disk or the quota is (nearly) used up; nothing was written. Heals by itself when space returns.
  case full(String)
  /// The device failed. The store refuses everything from now on, the process should stop: what is on the disk is unknown.
  case io(String)
  /// What is stored is not what was written.
  case corrupt(String)
  /// The data is of a newer format than this program reads; nothing was touched.
  case tooNew(found: Int, supported: Int)
  /// Another process uses the store.
  case locked(owner: String)
  /// A limit of the contract; the same on every store.
  case tooLarge(String, limit: Int)
  /// The wanted batches were removed; the oldest that is left follows `after`.
  case trimmed(oldest: Position)
  /// The changes after the wanted revision are no longer kept: read the range again and watch from its revision.
  case compacted(oldest: Revision)
  /// The caller broke a rule of the port.
  case invalid(String)
  case closed
  /// The store can not be reached now, or can not be opened. The outcome of the call is known: it did not happen.
  case unavailable(String)
  /// The store can not be reached, and whether the call happened is not known: open the partition again, which decides it.
  case unknown(String)
}

extension StoreError: CustomStringConvertible {
  package var description: String {
    let hint = self.hint
    return hint.isEmpty ? what : "\(what) (try: \(hint))"
  }

  private var what: String {
    switch self {
    case .fenced(let epoch, let last): "the partition is owned by epoch \(epoch) and its journal ends at \(last)"
    case .full(let why): "no space for new work: \(why)"
    case .io(let why): "the store's device failed: \(why)"
    case .corrupt(let why): "the store is damaged: \(why)"
    case .tooNew(let found, let supported): "the store has format \(found), this program reads up to \(supported); nothing was changed"
    case .locked(let owner): "the store is in use by \(owner)"
    case .tooLarge(let thing, let limit): "\(thing) is above the limit of \(limit)"
    case .trimmed(let oldest): "the journal begins after position \(oldest), what came before was removed"
    case .compacted(let oldest): "changes before revision \(oldest) are no longer kept"
    case .invalid(let why): "wrong use of the store: \(why)"
    case .closed: "the store is closed"
    case .unavailable(let why): "the store is not available: \(why)"
    case .unknown(let why): "the store did not answer, what it was asked may have happened: \(why)"
    }
  }

  private var hint: String {
    switch self {
    case .fenced: "open the partition again"
    case .full: "free space on the data directory's disk; work goes on by itself then"
    case .io: "check the disk and the system log, then start again"
    case .corrupt: "restore a backup with `flowctl store restore`"
    case .tooNew: "use the newer release, or restore a backup made by this one"
    case .locked: "stop that process, or choose another --data-dir"
    case .tooLarge: "send less at once"
    case .trimmed: "start from the checkpoint"
    case .compacted: "list again, then watch from the list's revision"
    case .invalid, .closed: ""
    case .unavailable: "check the path or address and its permissions"
    case .unknown: "look at what is there before trying again"
    }
  }
}
