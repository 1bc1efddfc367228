import FlowCore
import FlowStorage
import Glibc

/// The error of the last system call, as the store's.
func systemError(_ what: String, _ code: Int32 = errno) -> StoreError {
  let text = "\(what): \(String(cString: strerror(code)))"
  switch code {
  case ENOSPC, EDQUOT: return .full(text)
  case EIO: return .io(text)
  default: return .unavailable(text)
  }
}

/// Makes a directory and those above it; one that is there is fine.
package func makeDirectory(_ path: String) throws(StoreError) {
  if mkdir(path, 0o700) == 0 || errno == EEXIST { return }
  guard errno == ENOENT, let slash = path.lastIndex(of: "/"), slash > path.startIndex else { throw systemError("make \(path)") }
  try makeDirectory(String(path[..<slash]))
  guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw systemError("make \(path)") }
}

/// Makes new names in a directory durable.
func syncDirectory(_ path: String) throws(StoreError) {
  let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
  guard descriptor >= 0 else { throw systemError("open \(path)") }
  defer { close(descriptor) }
  guard fsync(descriptor) == 0 else { throw .io("sync \(path): \(String(cString: strerror(errno)))") }
}

/// The bytes of a file, nil when there is none.
func readFile(_ path: String, limit: Int = .max) throws(StoreError) -> [UInt8]? {
  let descriptor = open(path, O_RDONLY | O_CLOEXEC)
  guard descriptor >= 0 else {
    if errno == ENOENT || errno == ENOTDIR { return nil }
    throw systemError("open \(path)")
  }
  defer { close(descriptor) }
  let size = min(limit, fileSize(descriptor))
  var bytes = [UInt8](repeating: 0, count: size)
  var done = 0
  while done < size {
    let count = bytes.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress.map { $0 + done }, size - done, off_t(done)) }
    if count < 0 && errno == EINTR { continue }
    guard count >= 0 else { throw systemError("read \(path)") }
    if count == 0 { break }
    done += count
  }
  return Array(bytes[..<done])
}

/// Writes and syncs a file under its name in one step: after a crash the old or the new bytes are there, never a part.
func writeFile(_ path: String, _ bytes: [UInt8]) throws(StoreError) {
  let temporary = path + ".new"
  let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
  guard descriptor >= 0 else { throw systemError("make \(temporary)") }
  defer { close(descriptor) }
  var done = 0
  while done < bytes.count {
    let count = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress.map { $0 + done }, bytes.count - done) }
    if count < 0 && errno == EINTR { continue }
    guard count >= 0 else {
      let error = systemError("write \(temporary)")
      unlink(temporary)
      throw error
    }
    done += count
  }
  guard fsync(descriptor) == 0 else { throw .io("sync \(temporary): \(String(cString: strerror(errno)))") }
  guard rename(temporary, path) == 0 else { throw systemError("rename \(temporary)") }
}

func fileSize(_ descriptor: Int32) -> Int {
  var status = stat()
  return fstat(descriptor, &status) == 0 ? Int(status.st_size) : 0
}

/// Bytes of a file, nil when there is none.
package func fileSize(at path: String) -> Int? {
  var status = stat()
  return stat(path, &status) == 0 ? Int(status.st_size) : nil
}

/// Names in a directory in order, without those that begin with a dot.
func fileNames(in path: String) throws(StoreError) -> [String] {
  guard let directory = opendir(path) else { throw systemError("list \(path)") }
  defer { closedir(directory) }
  var names: [String] = []
  while let entry = readdir(directory) {
    let name = withUnsafePointer(to: &entry.pointee.d_name) { tuple in
      tuple.withMemoryRebound(to: CChar.self, capacity: MemoryLayout.size(ofValue: tuple.pointee)) { String(cString: $0) }
    }
    if !name.hasPrefix(".") { names.append(name) }
  }
  return names.sorted()
}

/// Removes a file; none is fine.
package func removeFile(_ path: String) throws(StoreError) {
  guard unlink(path) == 0 || errno == ENOENT else { throw systemError("remove \(path)") }
}

/// The directory that a name is in.
func parent(of path: String) -> String {
  guard let slash = path.lastIndex(of: "/") else { return "." }
  return slash == path.startIndex ? "/" : String(path[..<slash])
}
