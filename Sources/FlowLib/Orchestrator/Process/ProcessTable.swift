import CFlowProcess
import Glibc

/// What the kernel knows of processes.
enum ProcessTable {
  /// Changes with every boot of the machine.
  static func bootID() throws(OrchestratorError) -> String {
    let bytes = try FileBytes.read("/proc/sys/kernel/random/boot_id", limit: 4096) ?? []
    return String(decoding: bytes.prefix { $0 != 0x0A }, as: UTF8.self)
  }

  /// The start time of a living process in ticks since boot; nil when there is none, or only its remains.
  static func startTicks(_ pid: Int32) -> UInt64? {
    guard let bytes = contents("/proc/\(pid)/stat"), let end = bytes.lastIndex(of: UInt8(ascii: ")")) else { return nil }
    // The name in parentheses may hold anything, so fields count from the last parenthesis: state is the third.
    let fields = bytes[(end + 1)...].split(separator: UInt8(ascii: " ")).map { String(decoding: $0, as: UTF8.self) }
    guard fields.count > 19, fields[0] != "Z", fields[0] != "X" else { return nil }
    return UInt64(fields[19])
  }

  /// The process that was started with a token in its environment, and leads its group.
  static func find(token: String) -> Int32? {
    guard let folder = opendir("/proc") else { return nil }
    defer { closedir(folder) }
    let wanted = Array("\(ServiceEnvironment.tokenName)=\(token)".utf8)
    while let entry = readdir(folder) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
      guard let pid = Int32(name), getpgid(pid) == pid, let environment = contents("/proc/\(pid)/environ") else { continue }
      if environment.split(separator: 0).contains(where: { $0.elementsEqual(wanted) }) { return pid }
    }
    return nil
  }

  /// What can not be read (gone, or another user's) is not one of ours.
  private static func contents(_ path: String) -> [UInt8]? {
    do {
      return try FileBytes.read(path, limit: 4 << 20)
    } catch {
      return nil
    }
  }

  /// Readable when the process has ended; nil when it has already.
  static func watch(_ pid: Int32) -> Int32? {
    let descriptor = flow_pidfd_open(pid)
    return descriptor >= 0 ? descriptor : nil
  }

  /// True while a process of the group lives.
  static func groupExists(_ group: Int32) -> Bool { kill(-group, 0) == 0 || errno == EPERM }

  /// Starts a command in a session of its own, writing to the two files.
  ///
  /// - Throws: a sentence with the system's reason.
  static func spawn(_ command: [String], environment: [String], folder: String, out: Int32, error: Int32) throws(OrchestratorError) -> Int32
  {
    var pid: Int32 = 0
    let failure = withCStrings(command) { arguments in
      withCStrings(environment) { variables in flow_spawn(arguments, variables, folder, out, error, &pid) }
    }
    guard failure == 0 else {
      throw OrchestratorError("can not start '\(command[0])' in '\(folder)': \(String(cString: strerror(failure)))")
    }
    return pid
  }

  private static func withCStrings<T>(_ texts: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> T) -> T {
    var pointers: [UnsafeMutablePointer<CChar>?] = texts.map { strdup($0) }
    pointers.append(nil)
    defer { for pointer in pointers { free(pointer) } }
    return body(&pointers)
  }

  /// A port of the loopback that is free now.
  static func freePort(avoiding taken: Set<UInt16>) throws(OrchestratorError) -> UInt16 {
    for _ in 0..<64 {
      let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
      guard descriptor >= 0 else { break }
      defer { close(descriptor) }
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
      var length = socklen_t(MemoryLayout<sockaddr_in>.size)
      let bound = withUnsafeMutablePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          bind(descriptor, $0, length) == 0 && getsockname(descriptor, $0, &length) == 0
        }
      }
      let port = UInt16(bigEndian: address.sin_port)
      if bound, !taken.contains(port) { return port }
    }
    throw OrchestratorError("no free port: \(String(cString: strerror(errno)))")
  }

  /// Takes the remains of an ended child. `exit 1`, `signal 9`, or nil when it was not our child.
  static func reap(_ pid: Int32) -> String? {
    var status: Int32 = 0
    guard waitpid(pid, &status, WNOHANG) == pid else { return nil }
    let signal = status & 0x7F
    return signal == 0 ? "exit \((status >> 8) & 0xFF)" : "signal \(signal)"
  }
}

/// The environment of a service.
enum ServiceEnvironment {
  static let tokenName = "FLOW_SERVICE_TOKEN"

  /// What flowd has, without its own settings (secrets may be among them), and what a service is told.
  static func make(from inherited: [String], port: UInt16, key: ServiceKey, token: String) -> [String] {
    let own = [
      "PORT=\(port)", "FLOW_DEPLOYMENT=\(key.deployment)", "FLOW_SERVICE=\(key.host)", "\(tokenName)=\(token)",
    ]
    let ownNames = Set(own.map(name))
    var all = inherited.filter { variable in
      let name = name(variable)
      return !name.hasPrefix("FLOWD_") && !name.hasPrefix("HEALTHD_") && !ownNames.contains(name)
    }
    // Python writes to a file in blocks; its log lines would come minutes late.
    if !all.contains(where: { name($0) == "PYTHONUNBUFFERED" }) { all.append("PYTHONUNBUFFERED=1") }
    return all + own
  }

  private static func name(_ variable: String) -> String { String(variable.prefix { $0 != "=" }) }

  /// The variables of this process.
  static func current() -> [String] {
    do {
      let bytes = try FileBytes.read("/proc/self/environ", limit: 4 << 20) ?? []
      return bytes.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
    } catch {
      return ["PATH=/usr/local/bin:/usr/bin:/bin"]
    }
  }
}
