import FlowCommandLine
import FlowCore
import Glibc

/// `{"pid":…,"http":"127.0.0.1:5050","grpc":"127.0.0.1:5051"}`: where healthd is reached, for scripts that gave it port 0.
enum EndpointsFile {
  /// Whole or not at all: a reader never sees half of it.
  static func write(to path: String, http: String, grpc: String) throws(FileProblem) {
    let content: JSON = ["pid": .int(Int64(getpid())), "http": .string(http), "grpc": .string(grpc)]
    let temporary = "\(path).\(getpid())"
    try FileText.write(Array((content.text + "\n").utf8), to: temporary)
    guard rename(temporary, path) == 0 else {
      let problem = FileProblem(path, errno: errno)
      unlink(temporary)
      throw problem
    }
  }
}
