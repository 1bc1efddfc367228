import FlowCore
import FlowHTTP
import FlowThreads
import Glibc

/// Runs the services of deployments as processes of this machine, next to flowd.
///
/// Each gets a free port in `PORT`, a session of its own and log files that it writes itself. One that ends is started again
/// with back-off. Services outlive flowd's death and are adopted by the next one, known by pid and start time.
package final class ProcessOrchestrator: Sendable {
  package struct Options: Sendable {
    /// Holds `services.json` and `logs/`; must exist.
    package var dataDirectory: String
    /// Commands run here.
    package var servicesDirectory: String
    /// Variables as `NAME=value`; flowd's own settings are taken out.
    package var environment = ServiceEnvironment.current()
    package var log = Log.none

    package init(dataDirectory: String, servicesDirectory: String) {
      self.dataDirectory = dataDirectory
      self.servicesDirectory = servicesDirectory
    }
  }

  private let supervisor: Supervisor

  /// Adopts what an earlier flowd left running. It is kept until `setDesired` or `retain` says otherwise.
  ///
  /// - Throws: when the data directory can not be written.
  package init(_ options: Options) throws(OrchestratorError) {
    supervisor = try Supervisor(options)
    try supervisor.start()
  }

  /// Leaves the services running; a program that stops calls `shutdown`.
  deinit { supervisor.halt() }

  /// Says which services a deployment wants from now on; none stops all of them. Returns at once.
  ///
  /// - Throws: when one host has two commands, or a command can not be run at all.
  package func setDesired(_ specs: [ServiceSpec], deployment: String) throws(OrchestratorError) {
    let merged = try ServiceSpec.merged(specs.filter { $0.deployment == deployment })
    supervisor.change { state in
      state.desired.removeAll { $0.deployment == deployment }
      state.desired += merged
    }
  }

  /// Stops the services of all other deployments; for what was adopted and is wanted no more.
  package func retain(deployments: Set<String>) {
    supervisor.change { state in state.desired.removeAll { !deployments.contains($0.deployment) } }
  }

  /// Where a service listens, as soon as it was started; nil while it is down.
  package func endpoint(of host: String, deployment: String) -> HTTPAddress? {
    supervisor.state.withLock { state in
      state.services[ServiceKey(deployment: deployment, host: host)]?.address
    }
  }

  /// All services, sorted by key.
  package func status() -> [ServiceStatus] {
    supervisor.state.withLock { state in state.services.values.map(\.status).sorted { $0.key < $1.key } }
  }

  /// Waits until a deployment (nil: any) has no service left.
  ///
  /// - Returns: false when the time was over before.
  package func waitUntilGone(deployment: String? = nil, timeoutMs: Int64) -> Bool {
    let deadline = MonotonicClock.milliseconds() + timeoutMs
    let gone: Bool? = supervisor.state.wait(untilMs: deadline) { state in
      state.services.keys.contains { deployment == nil || $0.deployment == deployment } ? nil : true
    }
    return gone ?? false
  }

  /// Ends the supervision, and the services with it unless they shall go on.
  package func shutdown(keepServices: Bool, timeoutMs: Int64 = 10_000) {
    if !keepServices {
      retain(deployments: [])
      _ = waitUntilGone(timeoutMs: timeoutMs)
    }
    supervisor.halt()
  }

  // MARK: logs

  /// The last lines of a service, oldest first; also of one that runs no more.
  package func tail(_ key: ServiceKey, lines: Int) -> [LogLine] { log(of: key).tail(lines) }

  private func log(of key: ServiceKey) -> ServiceLog {
    supervisor.state.withLock { $0.services[key]?.log }
      ?? ServiceLog(folder: supervisor.logFolder(key.deployment), name: ServiceLog.fileName(key.host))
  }

  /// Tells the last lines and then all new ones, in order, on the supervisor's thread; must not block.
  package func follow(_ key: ServiceKey, tail lines: Int, onLine: @escaping @Sendable (LogLine) -> Void) -> LogFollower {
    // Files are read outside the lock; what comes meanwhile is in memory, so nothing is told twice or left out.
    let log = log(of: key)
    let before = log.tail(lines)
    let id = supervisor.change { state in
      state.nextFollower += 1
      let since = state.services[key].map { $0.log.lines.suffix(max(0, $0.log.seen - log.seen)) } ?? []
      state.followers[state.nextFollower] = Supervisor.Follower(key: key, pending: before + since, onLine: onLine)
      return state.nextFollower
    }
    return LogFollower { [supervisor] in supervisor.change { $0.followers[id] = nil } }
  }

  /// Removes the log files of a deployment that is gone.
  package func removeLogs(deployment: String) {
    let folder = supervisor.logFolder(deployment)
    guard !supervisor.state.withLock({ $0.services.keys.contains { $0.deployment == deployment } }) else { return }
    Folder.remove(folder)
  }
}

/// Ends a `follow`.
package struct LogFollower: Sendable {
  let end: @Sendable () -> Void
  package func cancel() { end() }
}

/// Folders of files.
enum Folder {
  static func make(_ path: String) throws(OrchestratorError) {
    guard mkdir(path, 0o700) == 0 || errno == EEXIST else {
      throw OrchestratorError("can not make the folder '\(path)': \(String(cString: strerror(errno)))")
    }
  }

  /// Removes a folder that holds only files.
  static func remove(_ path: String) {
    guard let folder = opendir(path) else { return }
    while let entry = readdir(folder) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
      if name != ".", name != ".." { unlink("\(path)/\(name)") }
    }
    closedir(folder)
    rmdir(path)
  }
}
