import CSystemd
import FlowAPI
import FlowCommandLine
import FlowCore
import FlowHTTP
import FlowRPC
import FlowServer
import Glibc

/// The program: settings become a node and its servers, until a signal ends it.
enum Flowd {
  static func run(_ arguments: [String]) -> Int32 {
    signal(SIGPIPE, SIG_IGN)
    switch ProgramStart.daemon(command, version: version, arguments: arguments, check: check) {
    case .leave(let stdout, let stderr, let exitCode):
      ProgramStart.print(stdout: stdout, stderr: stderr)
      return exitCode
    case .run(let settings):
      let signals = StopSignals()
      do throws(StartFailure) {
        let daemon = try Daemon(settings)
        sd_notify(0, "READY=1")
        signals.wait()
        sd_notify(0, "STOPPING=1")
        daemon.stop()
        return 0
      } catch {
        ProgramStart.print(stdout: "", stderr: error.line)
        return error.exitCode
      }
    }
  }

  /// What a start would say of these settings.
  private static func check(_ settings: Settings) -> ProgramStart.Refusal? {
    do throws(StartFailure) {
      _ = try StartPlan(settings)
      return nil
    } catch {
      return ProgramStart.Refusal(stderr: error.line, exitCode: error.exitCode)
    }
  }
}

/// Why flowd can not start: what, why, and what to try.
struct StartFailure: Error, CustomStringConvertible {
  let description: String
  var exitCode: Int32 = 1

  /// For stderr.
  var line: String { "flowd: \(description)\n" }

  init(_ what: String, exitCode: Int32 = 1) {
    description = what
    self.exitCode = exitCode
  }
}

/// SIGTERM and SIGINT, taken by the main thread alone: blocked before any other thread begins.
struct StopSignals {
  private var set = sigset_t()

  init() {
    sigemptyset(&set)
    sigaddset(&set, SIGTERM)
    sigaddset(&set, SIGINT)
    pthread_sigmask(SIG_BLOCK, &set, nil)
  }

  /// Whether one of them came; for what waits before `wait` does.
  static var isPending: Bool {
    var waiting = sigset_t()
    sigpending(&waiting)
    return sigismember(&waiting, SIGTERM) == 1 || sigismember(&waiting, SIGINT) == 1
  }

  func wait() {
    var taken = set
    var number: Int32 = 0
    sigwait(&taken, &number)
  }
}
