import FlowCore
import FlowHTTP
import FlowServer
package struct FlowHTTPAPI {
  package var router = Router()
  package init(server: Server, publicAddress: HTTPAddress) {
    router.on("GET", "/readyz") { _, reply in _ = reply.send(.text("ok\n", status: server.readOnlyReason == nil ? 200 : 503)) }
  }
  package func listens(on address: HTTPAddress) {}
}
