import FlowCommandLine
import FlowCore
import Testing

@Suite("lists of addresses") struct AddressesTests {
  @Test(
    "each part has its own port or the common one",
    arguments: [
      ("localhost", ["localhost:7"]), ("a:1", ["a:1"]), ("a:1,b,c:3", ["a:1", "b:7", "c:3"]), (" a:1 , b ", ["a:1", "b:7"]),
      ("::1", ["[::1]:7"]), ("[::1]", ["[::1]:7"]), ("[::1]:9,fe80::1%eth0", ["[::1]:9", "[fe80::1%eth0]:7"]),
      ("10.0.0.1,10.0.0.1:7,b", ["10.0.0.1:7", "b:7"]), ("flow_1.test", ["flow_1.test:7"]),
    ])
  func read(text: String, expected: [String]) {
    #expect(SettingValue.addresses(text, port: 7) == expected)
    #expect(SettingValue.problem(text, .addresses) == nil)
  }

  @Test(
    "what is no address is named",
    arguments: [
      ("", "an empty address in ''"), ("a:1,,b", "an empty address in 'a:1,,b'; several addresses are parted by commas"),
      ("a:x", "'a:x' is not HOST or HOST:PORT"), ("a:0", "'a:0' is not HOST or HOST:PORT"),
      ("a:65536", "'a:65536' is not HOST or HOST:PORT"),
      (":9001", "':9001' is not HOST or HOST:PORT"), ("http://a:1", "'http://a:1' is not HOST or HOST:PORT"),
      ("[::1", "'[::1' is not HOST or HOST:PORT"), ("[a]:1", "'[a]:1' is not HOST or HOST:PORT"),
      ("a:1:2", "'a:1:2' is not HOST or HOST:PORT"), ("a b", "'a b' is not HOST or HOST:PORT"),
      ("a;b,c", "'a;b' is not HOST or HOST:PORT; several addresses are parted by commas"),
    ])
  func refused(text: String, problem: String) {
    #expect(SettingValue.addresses(text, port: 7) == nil)
    #expect(SettingValue.problem(text, .addresses) == problem)
  }

  @Test("there is a bound")
  func bound() {
    let many = (0...Limits.daemonAddresses).map { "h\($0)" }.joined(separator: ",")

    #expect(SettingValue.addresses(many, port: 7) == nil)
    #expect(SettingValue.problem(many, .addresses) == "more than \(Limits.daemonAddresses) addresses")
  }
}
