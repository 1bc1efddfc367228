import Glibc

/// A program that this one started.
final class ChildProcess {
  let pid: pid_t
  private var exitStatus: Int32?

  /// Starts a program, looked for on the PATH when its name has no slash, with its output thrown away, or, for a daemon, its errors shown.
  init(_ words: [String], showsErrors: Bool) throws(BenchFailure) {
    var files = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&files)
    defer { posix_spawn_file_actions_destroy(&files) }
    posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0)
    if !showsErrors { posix_spawn_file_actions_addopen(&files, STDERR_FILENO, "/dev/null", O_WRONLY, 0) }
    var arguments = words.map { strdup($0) } + [nil]
    // Settings of the caller's own flowd must not change what is measured.
    var environment = ChildProcess.environment.map { strdup($0) } + [nil]
    defer { for text in arguments + environment { free(text) } }
    var pid: pid_t = 0
    let code = posix_spawnp(&pid, words[0], &files, nil, &arguments, &environment)
    guard code == 0 else { throw BenchFailure("can not start \(words[0]): \(String(cString: strerror(code)))") }
    self.pid = pid
  }

  private static var environment: [String] {
    ["PATH", "LD_LIBRARY_PATH"].compactMap { (name: String) -> String? in getenv(name).map { name + "=" + String(cString: $0) } }
  }

  deinit { end(SIGKILL) }

  /// Nil while it runs.
  func status() -> Int32? {
    if exitStatus != nil { return exitStatus }
    var raw: Int32 = 0
    if waitpid(pid, &raw, WNOHANG) == pid { exitStatus = raw }
    return exitStatus
  }

  /// Waits for its end.
  @discardableResult
  func wait() -> Int32 {
    if let exitStatus { return exitStatus }
    var raw: Int32 = 0
    while waitpid(pid, &raw, 0) == -1, errno == EINTR {}
    exitStatus = raw
    return raw
  }

  func end(_ signal: Int32) {
    guard status() == nil else { return }
    kill(pid, signal)
    wait()
  }
}
