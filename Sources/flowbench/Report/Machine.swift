import FlowCommandLine
import FlowCore
import Glibc

/// Where the figures come from: they mean little without it.
struct Machine {
  let cores: Int
  let model: String
  let kernel: String
  let load: String
  let memoryMB: Int

  static func here() -> Machine {
    let cpu = ProcFile.read("/proc/cpuinfo").split(separator: "\n").first { $0.hasPrefix("model name") }
    let model = cpu?.split(separator: ":", maxSplits: 1).last.map { $0.drop { $0 == " " } } ?? "unknown processor"
    let load = ProcFile.read("/proc/loadavg").split(separator: " ").first ?? "?"
    let memory = sysconf(Int32(_SC_PHYS_PAGES)) / 1024 * sysconf(Int32(_SC_PAGESIZE)) / 1024
    let kernel = ProcFile.read("/proc/sys/kernel/osrelease").filter { !$0.isNewline }
    return Machine(
      cores: sysconf(Int32(_SC_NPROCESSORS_ONLN)), model: String(model), kernel: kernel, load: String(load), memoryMB: memory)
  }

  /// Debug builds are slower by an order of magnitude.
  var build: String {
    #if DEBUG
      "debug"
    #else
      "release"
    #endif
  }

  var text: String { "machine \(cores) cores, \(model), \(memoryMB) MB, Linux \(kernel), load \(load), \(build) build" }

  var json: JSON {
    [
      "kind": "machine", "cores": .int(Int64(cores)), "model": .string(model), "kernel": .string(kernel), "load": .string(load),
      "memory_mb": .int(Int64(memoryMB)), "build": .string(build),
    ]
  }
}

/// Files of `/proc`, which have no size that could be asked for.
enum ProcFile {
  /// The text, "" when it can not be read.
  static func read(_ path: String) -> String {
    do throws(FileProblem) { return String(decoding: try FileText.read(path, limit: 4 << 20), as: UTF8.self) } catch { return "" }
  }
}
