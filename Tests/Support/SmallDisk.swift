import Foundation

/// A small file system in memory; nil when this user may not mount one.
package final class SmallDisk {
  /// Whether this user may mount one; where it may not, tests that need one are skipped, and it is said.
  package static let mounts: Bool = {
    guard let disk = try? SmallDisk(megabytes: 1) else {
      print("SKIPPED LOUDLY: a disk that runs full needs to mount a tmpfs (root); nothing about full disks was tested")
      return false
    }
    withExtendedLifetime(disk) {}
    return true
  }()

  package let path = NSTemporaryDirectory() + "flow-disk-" + UUID().uuidString

  package init?(megabytes: Int) throws {
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    guard mount("none", path, "tmpfs", 0, "size=\(megabytes)m") == 0 else {
      try FileManager.default.removeItem(atPath: path)
      return nil
    }
  }

  deinit {
    umount(path)
    try? FileManager.default.removeItem(atPath: path)
  }

  package func occupy(leaving bytes: Int) throws {
    var status = statvfs()
    statvfs(path, &status)
    let count = Int(status.f_bavail) * Int(status.f_frsize) - bytes
    try Data(count: max(0, count)).write(to: URL(fileURLWithPath: path + "/other"))
  }

  package func release() throws { try FileManager.default.removeItem(atPath: path + "/other") }
}
