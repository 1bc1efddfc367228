import FlowCore
import FlowRPC
import Foundation
import Testing

/// Certificates made with the `openssl` command line, once for the suite.
private struct Certificates: Sendable {
  let authority, server, serverKey, client, clientKey, expired, expiredKey, stranger: String

  static let made: Result<Certificates, any Error> = Result { try Certificates() }

  init() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("flow-tls-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let script = """
      set -e
      ca() { openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout $1.key -out $1.pem -days 3 -subj /CN=$1; }
      leaf() {
        openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout $1.key -out $1.csr -subj /CN=$1
        printf 'subjectAltName=DNS:localhost,IP:127.0.0.1' > san
        : > index; echo 01 > serial
        openssl ca -batch -config ca.conf -cert authority.pem -keyfile authority.key -in $1.csr -out $1.pem -notext -extfile san \\
          -startdate $2 -enddate $3
      }
      printf '[ca]\\ndefault_ca=d\\n[d]\\ndatabase=index\\nserial=serial\\nnew_certs_dir=.\\ndefault_md=sha256\\npolicy=p\\n[p]\\ncommonName=supplied\\n' > ca.conf
      ca authority; ca stranger
      leaf server 20200101000000Z 20490101000000Z
      leaf client 20200101000000Z 20490101000000Z
      leaf expired 20200101000000Z 20210101000000Z
      """
    let shell = Process()
    shell.executableURL = URL(fileURLWithPath: "/bin/sh")
    shell.arguments = ["-c", script]
    shell.currentDirectoryURL = folder
    shell.standardOutput = FileHandle.nullDevice
    shell.standardError = FileHandle.nullDevice
    try shell.run()
    shell.waitUntilExit()
    func read(_ name: String) throws -> String { try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8) }
    authority = try read("authority.pem")
    stranger = try read("stranger.pem")
    (server, serverKey) = (try read("server.pem"), try read("server.key"))
    (client, clientKey) = (try read("client.pem"), try read("client.key"))
    (expired, expiredKey) = (try read("expired.pem"), try read("expired.key"))
  }
}

@Suite("TLS")
struct TLSTests {
  private let certificates: Certificates

  init() throws { certificates = try Certificates.made.get() }

  /// The status of one call between a server and a client with these settings; OK when it was answered.
  private func call(_ server: ServerTLS, _ client: ClientTLS?) throws -> Status {
    let service = RPCService(name: "test.Test", file: nil, handlers: [UnaryTests.echo])
    let listening = try RPCServer(services: [service], listeners: [.init("127.0.0.1:0", tls: server)])
    try listening.start()
    let channel = try RPCChannel("127.0.0.1:\(listening.boundPorts[0])", tls: client)
    defer {
      channel.close()
      listening.shutdown(graceMs: 1_000)
    }
    let status = Awaited<Status>()
    channel.start(path: "/test.Test/Echo", [1], options: CallOptions(timeoutMs: 20_000)) { result in
      switch result {
      case .success: status.set(Status(.ok, ""))
      case .failure(let failure): status.set(failure)
      }
    }
    return try status.get()
  }

  private var server: ServerTLS { ServerTLS(certificateChain: certificates.server, privateKey: certificates.serverKey) }
  private var mutual: ServerTLS {
    ServerTLS(
      certificateChain: certificates.server, privateKey: certificates.serverKey, clientAuthorities: certificates.authority)
  }

  @Test("a client that trusts the authority is served")
  func trusted() throws {
    #expect(try call(server, ClientTLS(authorities: certificates.authority)).code == .ok)
  }

  @Test("a client that trusts another authority refuses the server, and says so")
  func wrongAuthority() throws {
    let status = try call(server, ClientTLS(authorities: certificates.stranger))

    #expect(status.code == .unavailable)
    #expect(status.message.contains("its certificate is not trusted"), "\(status)")
  }

  @Test("an expired certificate is refused")
  func expired() throws {
    let old = ServerTLS(certificateChain: certificates.expired, privateKey: certificates.expiredKey)

    let status = try call(old, ClientTLS(authorities: certificates.authority))

    #expect(status.code == .unavailable)
    #expect(status.message.contains("its certificate is not trusted"), "\(status)")
  }

  @Test("a certificate for another name is refused, and its own name can be asked for")
  func serverName() throws {
    let other = ClientTLS(authorities: certificates.authority, serverName: "other.example")
    let named = ClientTLS(authorities: certificates.authority, serverName: "localhost")

    #expect(try call(server, other).code == .unavailable)
    #expect(try call(server, named).code == .ok)
  }

  @Test("mTLS serves a client with a certificate and refuses one without")
  func mutualTLS() throws {
    let known = ClientTLS(
      authorities: certificates.authority, certificateChain: certificates.client, privateKey: certificates.clientKey)
    let expired = ClientTLS(
      authorities: certificates.authority, certificateChain: certificates.expired, privateKey: certificates.expiredKey)

    #expect(try call(mutual, known).code == .ok)
    #expect(try call(mutual, ClientTLS(authorities: certificates.authority)).code == .unavailable)
    #expect(try call(mutual, expired).code == .unavailable)
  }

  @Test("plain text to a TLS server is UNAVAILABLE")
  func plainText() throws {
    #expect(try call(server, nil).code == .unavailable)
  }

  @Test("texts that are no certificate are refused when the server is made")
  func nonsense() throws {
    do {
      _ = try RPCServer(services: [], listeners: [.init("127.0.0.1:0", tls: ServerTLS(certificateChain: "x", privateKey: "y"))])
      Issue.record("nonsense was taken")
    } catch {
      #expect(error.code == .credentials)
    }
  }
}
