import FlowCore
import FlowEtcd
import Testing

@Suite("the address of etcd")
struct EtcdConfigurationTests {
  @Test("several members, and a user with a password")
  func good() throws {
    let plain = try EtcdConfiguration(url: "etcd://127.0.0.1:2379,etcd-2.example:2379/")
    let named = try EtcdConfiguration(url: "etcd://root:p@ss:word@a:1")

    #expect(plain.endpoints == ["127.0.0.1:2379", "etcd-2.example:2379"])
    #expect(plain.user == nil)
    #expect(named.endpoints == ["a:1"])
    #expect(named.user?.name == "root" && named.user?.password == "p@ss:word")
  }

  @Test(
    "what is not an address is refused, and no password is repeated",
    arguments: [
      "etcd://", "http://a:1", "etcd://a", "etcd://a:0", "etcd://a:99999", "etcd://a:1,b", "etcd://:1", "etcd://secret@a:1",
      "etcd://u:secret@a b:1",
    ])
  func bad(_ url: String) {
    let error = #expect(throws: Status.self) { _ = try EtcdConfiguration(url: url) }

    #expect(error?.code == .invalidArgument)
    #expect(error?.message.contains("secret") == false)
    #expect(error?.hint != nil)
  }
}
