import CSystemd
import FlowCommandLine
import FlowCore
import FlowHTTP
import FlowRPC
import Glibc

/// The program around the daemon: words, signals, the service manager, exit codes.
enum Program {
  static func run(_ arguments: [String]) -> Int32 {
    // A client that goes away must not end us.
    signal(SIGPIPE, SIG_IGN)
    switch ProgramStart.daemon(Options.program, version: Options.version, arguments: arguments, check: check) {
    case .leave(let stdout, let stderr, let exitCode):
      ProgramStart.print(stdout: stdout, stderr: stderr)
      return exitCode
    case .run(let settings):
      do throws(UsageError) {
        return serve(try Options(settings))
      } catch {
        ProgramStart.print(stdout: "", stderr: error.description)
        return UsageError.exitCode
      }
    }
  }

  /// What a start would say of these settings.
  private static func check(_ settings: Settings) -> ProgramStart.Refusal? {
    do throws(UsageError) {
      _ = try Options(settings)
      return nil
    } catch {
      return ProgramStart.Refusal(stderr: error.description, exitCode: UsageError.exitCode)
    }
  }

  private static func serve(_ options: Options) -> Int32 {
    let log = LogText.log(program: "healthd", threshold: options.logLevel, form: options.logForm)
    // Blocked before the first thread starts, so that they all reach `sigwait` below.
    var signals = sigset_t()
    sigemptyset(&signals)
    for number in [SIGTERM, SIGINT] { sigaddset(&signals, number) }
    pthread_sigmask(SIG_BLOCK, &signals, nil)
    let daemon: Daemon
    do {
      daemon = try Daemon(options, log: log)
      if let path = options.endpointsFile {
        try EndpointsFile.write(to: path, http: daemon.httpAddress, grpc: daemon.grpcAddress)
      }
    } catch {
      log.error("can not start", ["error": "\(error)"])
      return 1
    }
    sd_notify(0, "READY=1")
    log.info("ready", ["http": "http://\(daemon.httpAddress)/", "grpc": daemon.grpcAddress])
    var received: Int32 = 0
    sigwait(&signals, &received)
    sd_notify(0, "STOPPING=1")
    log.info("stopping", ["signal": received == SIGINT ? "SIGINT" : "SIGTERM"])
    daemon.stop()
    log.info("stopped")
    return 0
  }
}
