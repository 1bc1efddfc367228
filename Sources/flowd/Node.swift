import FlowAPI
import FlowClient
import FlowCore
import FlowHTTP
import FlowRPC
import FlowServer

/// What answers while this flowd has the store: the server and its surfaces.
struct Node {
  let server: Server
  let services: [RPCService]
  let http: HTTPHandler

  /// Recovers what the store holds and goes on where it stopped.
  init(_ wired: Wiring, _ plan: StartPlan, _ info: FlowHTTPInfo, _ http: HTTPAddress) throws(StartFailure) {
    let server: Server
    do throws(ServerError) { server = try Server(wired.configuration, store: wired.store, viewPath: wired.viewPath) } catch {
      wired.store.close()
      throw StartFailure("\(error)")
    }
    do throws(ServerError) { try server.start() } catch {
      server.abandon()
      throw StartFailure("\(error)")
    }
    self.server = server
    let probes = WorkflowProbes(server: server, healthdTLS: plan.healthdTLS, log: plan.log)
    let flow = FlowService(server, temporaryFolder: wired.configuration.dataDirectory, backup: wired.backup)
    let daemonService = FlowDaemonService(server) { ids throws(Status) in try probes.probe(ids) }
    services = [daemonService.service, flow.service]
    let api = FlowHTTPAPI(server: server, info: info, publicAddress: plan.addresses.http)
    api.listens(on: http)
    self.http = api.router.handler
  }
}
