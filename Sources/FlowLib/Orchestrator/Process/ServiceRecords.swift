import FlowCore
import Glibc

/// What is written down of a service, so that flowd finds it again after a crash.
struct ServiceRecord: Equatable {
  var spec: ServiceSpec
  /// nil while it is being started; then only the token finds it.
  var pid: Int32?
  /// Field 22 of /proc/<pid>/stat: with the boot id it tells a process from a later one of the same number.
  var startTicks: UInt64
  var port: UInt16
  /// In the environment of the process.
  var token: String
}

/// The file `services.json`, replaced as a whole and durably.
struct ServiceRecordFile {
  let path: String

  func write(_ records: [ServiceRecord], boot: String) throws(OrchestratorError) {
    let services = records.sorted { $0.spec.key < $1.spec.key }.map(ServiceRecordFile.encode)
    let document: JSON = ["version": 1, "boot": .string(boot), "services": .array(services)]
    let temporary = path + ".tmp"
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw failed("open", temporary) }
    defer { close(descriptor) }
    let bytes = document.bytes
    let written = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
    guard written == bytes.count, fsync(descriptor) == 0 else { throw failed("write", temporary) }
    guard rename(temporary, path) == 0 else { throw failed("rename", temporary) }
    try syncFolder()
  }

  private func syncFolder() throws(OrchestratorError) {
    let folder = String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
    let descriptor = open(folder.isEmpty ? "." : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failed("open", folder) }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw failed("sync", folder) }
  }

  /// - Returns: nothing when there is no file.
  /// - Throws: when the file can not be read or understood; who asks decides to go on without.
  func read(boot: String) throws(OrchestratorError) -> [ServiceRecord] {
    guard let bytes = try FileBytes.read(path, limit: 16 << 20) else { return [] }
    let document: JSON
    do {
      document = try JSON(parsing: bytes)
    } catch {
      throw OrchestratorError("'\(path)' is not readable: \(error)")
    }
    guard document["version"] == 1 else { throw OrchestratorError("'\(path)' was written by another version of flowd") }
    // After a reboot none of them runs.
    guard document["boot"]?.string == boot else { return [] }
    return (document["services"]?.array ?? []).compactMap(ServiceRecordFile.decode)
  }

  private static func encode(_ record: ServiceRecord) -> JSON {
    [
      "deployment": .string(record.spec.deployment), "host": .string(record.spec.host),
      "elements": .array(record.spec.elements.map { .string($0) }), "command": .array(record.spec.command.map { .string($0) }),
      "pid": record.pid.map { .int(Int64($0)) } ?? .null, "start": .string(String(record.startTicks)),
      "port": .int(Int64(record.port)), "token": .string(record.token),
    ]
  }

  private static func decode(_ json: JSON) -> ServiceRecord? {
    guard let deployment = json["deployment"]?.string, let host = json["host"]?.string, let token = json["token"]?.string,
      let port = json["port"]?.int.flatMap({ UInt16(exactly: $0) }), let ticks = json["start"]?.string.flatMap({ UInt64($0) })
    else { return nil }
    let command = (json["command"]?.array ?? []).compactMap(\.string)
    let elements = (json["elements"]?.array ?? []).compactMap(\.string)
    let pid = json["pid"]?.int.flatMap { Int32(exactly: $0) }
    guard !command.isEmpty, !token.isEmpty, pid.map({ $0 > 1 }) ?? true else { return nil }
    let spec = ServiceSpec(deployment: deployment, host: host, elements: elements, command: command)
    return ServiceRecord(spec: spec, pid: pid, startTicks: ticks, port: port, token: token)
  }

  private func failed(_ doing: String, _ path: String) -> OrchestratorError {
    OrchestratorError("can not \(doing) '\(path)': \(String(cString: strerror(errno)))")
  }
}

/// Whole small files.
enum FileBytes {
  /// - Returns: nil when there is no such file.
  static func read(_ path: String, limit: Int) throws(OrchestratorError) -> [UInt8]? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      if errno == ENOENT || errno == ESRCH { return nil }
      throw OrchestratorError("can not read '\(path)': \(String(cString: strerror(errno)))")
    }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 16 << 10)
    while bytes.count < limit {
      let count = Glibc.read(descriptor, &buffer, buffer.count)
      if count == 0 { return bytes }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw OrchestratorError("can not read '\(path)': \(String(cString: strerror(errno)))") }
      bytes += buffer[..<count]
    }
    throw OrchestratorError("'\(path)' is larger than \(limit) bytes")
  }
}
