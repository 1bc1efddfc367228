import FlowCore
import FlowEtcd
import FlowRPC
import FlowStorage
import Foundation
import Testing

@Suite("TLS and tokens of etcd")
struct EtcdAccessTests {
  private static let good = Result { try TestCertificates.made.get().server("server") }
  private static let late = Result { try TestCertificates.made.get().server("late") }

  /// Who shows up, and which flag the error names.
  enum Mistake: CaseIterable, Sendable {
    case noTLS, wrongAuthority, noCertificate, lateCertificate, foreignCertificate, lateServer

    var isOfServer: Bool { self == .wrongAuthority || self == .lateServer }

    func tls(_ papers: TestCertificates) throws -> ClientTLS? {
      switch self {
      case .noTLS: nil
      case .wrongAuthority: try papers.tls(trusting: "stranger", showing: "client")
      case .noCertificate: try papers.tls(trusting: "authority", showing: nil)
      case .lateCertificate: try papers.tls(trusting: "authority", showing: "late")
      case .foreignCertificate: try papers.tls(trusting: "authority", showing: "foreign")
      case .lateServer: try papers.tls(trusting: "authority", showing: "client")
      }
    }
  }

  private func open(_ etcd: TestEtcd, _ tls: ClientTLS?, timeoutMs: Int64) throws -> EtcdStore {
    var configuration = etcd.configuration(attemptMs: 1_000)
    configuration.tls = tls
    return try EtcdStore(configuration, TestEtcd.options { $0.timeoutMs = timeoutMs })
  }

  @Test("a store works over TLS on both sides")
  func mutual() throws {
    let papers = try TestCertificates.made.get()

    let store = try open(try Self.good.get(), try papers.tls(trusting: "authority", showing: "client"), timeoutMs: 20_000)

    _ = try store.claim(PartitionID(1), epoch: Epoch(1))
    #expect(try store.append([1], to: PartitionID(1), after: .start, epoch: Epoch(1)) == Position(1))
  }

  @Test("what is wrong with TLS is refused in its time, with the flag to look at", arguments: Mistake.allCases)
  func mistakes(_ mistake: Mistake) throws {
    let papers = try TestCertificates.made.get()
    let etcd = try mistake == .lateServer ? Self.late.get() : Self.good.get()

    let error = #expect(throws: StoreError.self) { _ = try open(etcd, try mistake.tls(papers), timeoutMs: 1_500) }

    guard case .unavailable(let why) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(why.contains(etcd.endpoints[0]) && why.contains("--etcd-ca"), "\(why)")
    #expect(mistake.isOfServer == why.contains("certificate is not trusted"), "\(why)")
    #expect(mistake.isOfServer || why.contains("--etcd-cert"), "\(why)")
  }

  @Test("tokens that run out under way are renewed, and no append notices")
  func tokenRunsOut() throws {
    let papers = try TestCertificates.made.get()
    let keys = "pub-key=\(papers.path("token.pem")),priv-key=\(papers.path("token.key"))"
    let etcd = try TestEtcd(flags: ["--auth-token", "jwt,\(keys),sign-method=RS256,ttl=1s"])
    let channel = try RPCChannel(etcd.endpoints[0])
    _ = try channel.call(Etcdserverpb.AuthMethods.userAdd, Etcdserverpb.AuthUserAddRequest(name: "root", password: "secret"))
    _ = try channel.call(Etcdserverpb.AuthMethods.userGrantRole, Etcdserverpb.AuthUserGrantRoleRequest(user: "root", role: "root"))
    _ = try channel.call(Etcdserverpb.AuthMethods.authEnable, Etcdserverpb.AuthEnableRequest())
    var configuration = etcd.configuration()
    configuration.user = EtcdConfiguration.User(name: "root", password: "secret")
    let store = try EtcdStore(configuration, TestEtcd.options())
    _ = try store.claim(PartitionID(1), epoch: Epoch(1))

    var last = Position.start
    let end = ContinuousClock.now + .seconds(4)
    while ContinuousClock.now < end { last = try store.append([1], to: PartitionID(1), after: last, epoch: Epoch(1)) }

    #expect(try store.standing(PartitionID(1)).last == last && last > .start)
  }
}
