import FlowSQLite
import FlowStorage
import Glibc

/// A folder for what is written while measuring; all of it goes at the end.
final class Workspace {
  let path: String
  private var count = 0

  /// - Parameter parent: where it is made; "" means beside the program, which lies on a disk where `/tmp` may be memory.
  init(_ parent: String) throws(BenchFailure) {
    let parent = parent.isEmpty ? Workspace.programFolder : parent
    let path = "\(parent)/flowbench-data-\(getpid())"
    try BenchFailure.explain("workspace") { () throws(StoreError) in try makeDirectory(path) }
    self.path = path
  }

  /// A fresh folder inside.
  func folder(_ name: String) throws(BenchFailure) -> String {
    count += 1
    let folder = "\(path)/\(count)-\(name)"
    try BenchFailure.explain("workspace") { () throws(StoreError) in try makeDirectory(folder) }
    return folder
  }

  func remove() { Workspace.remove(path) }

  /// Removes a folder with all in it. Links are removed, not followed.
  static func remove(_ path: String) {
    for name in names(in: path) {
      let inner = path + "/" + name
      if unlink(inner) != 0 { remove(inner) }
    }
    rmdir(path)
  }

  /// What a folder holds, sorted; empty when it can not be read.
  static func names(in path: String) -> [String] {
    guard let folder = opendir(path) else { return [] }
    defer { closedir(folder) }
    var names: [String] = []
    while let entry = readdir(folder) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted()
  }

  /// The folder of this program, where flowd and flowctl lie too.
  static var programFolder: String {
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = buffer.withUnsafeMutableBytes { raw -> Int in
      guard let start = raw.baseAddress else { return 0 }
      return readlink("/proc/self/exe", start.assumingMemoryBound(to: CChar.self), raw.count)
    }
    guard count > 0, let slash = buffer[..<count].lastIndex(of: UInt8(ascii: "/")) else { return "." }
    return String(decoding: buffer[..<slash], as: UTF8.self)
  }
}
