import FlowCore
import Glibc

/// A file that can not be read or written: which, and why.
package struct FileProblem: Error, Equatable, CustomStringConvertible {
  package var path: String
  package var reason: String

  package init(_ path: String, reason: String) {
    self.path = path
    self.reason = reason
  }

  /// With the reason of `errno`.
  package init(_ path: String, errno code: Int32) {
    self.init(path, reason: strerror(code).map { String(cString: $0) } ?? "error \(code)")
  }

  package var description: String { "\(path): \(reason)" }
}

/// Whole files, bounded.
package enum FileText {
  /// - Parameter path: `-` is standard input.
  /// - Throws: also when the file is larger than `limit`, before more of it is held in memory.
  package static func read(_ path: String, limit: Int) throws(FileProblem) -> [UInt8] {
    if path == "-" { return try read(descriptor: STDIN_FILENO, path, limit) }
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw FileProblem(path, errno: errno) }
    defer { close(descriptor) }
    return try read(descriptor: descriptor, path, limit)
  }

  private static func read(descriptor: Int32, _ path: String, _ limit: Int) throws(FileProblem) -> [UInt8] {
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 64 << 10)
    while true {
      let count = Glibc.read(descriptor, &chunk, chunk.count)
      if count == 0 { return bytes }
      if count < 0 {
        if errno == EINTR { continue }
        throw FileProblem(path, errno: errno)
      }
      guard bytes.count + count <= limit else { throw FileProblem(path, reason: "larger than the limit of \(limit) bytes") }
      bytes.append(contentsOf: chunk[..<count])
    }
  }
}

package enum Output {
  /// Writes all of a text, whatever pieces the system takes it in. False when the other end is gone.
  @discardableResult
  package static func write(_ text: String, to descriptor: Int32) -> Bool { write(Array(text.utf8), to: descriptor) }

  @discardableResult
  package static func write(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
    bytes.withUnsafeBytes { buffer in
      var rest = buffer[...]
      while !rest.isEmpty {
        let count = Glibc.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
        if count > 0 { rest = rest.dropFirst(count) } else if errno != EINTR { return false }
      }
      return true
    }
  }
}

extension FileText {
  /// Makes or replaces a file.
  package static func write(_ bytes: [UInt8], to path: String) throws(FileProblem) {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw FileProblem(path, errno: errno) }
    let written = Output.write(bytes, to: descriptor)
    let code = errno
    guard close(descriptor) == 0, written else { throw FileProblem(path, errno: written ? errno : code) }
  }
}
