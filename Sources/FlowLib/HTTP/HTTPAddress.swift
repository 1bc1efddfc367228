import Glibc

/// Where a server listens: a host and a port, written `127.0.0.1:9002`, `[::1]:0` or `localhost:5050`.
package struct HTTPAddress: Sendable, Equatable, Hashable, CustomStringConvertible {
  package var host: String
  /// 0 picks a free one.
  package var port: UInt16

  package init(host: String, port: UInt16) {
    self.host = host
    self.port = port
  }

  /// - Returns: nil unless the text is `host:port`, an IPv6 host in brackets.
  package init?(_ text: String) {
    guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else { return nil }
    var host = String(text[..<colon])
    if host.hasPrefix("["), host.hasSuffix("]") {
      host = String(host.dropFirst().dropLast())
    } else if host.contains(":") {
      return nil
    }
    guard !host.isEmpty, host.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F }) else { return nil }
    self.init(host: host, port: port)
  }

  package var description: String { (host.contains(":") ? "[\(host)]" : host) + ":\(port)" }

  /// True when it stands for every address of the machine: one can listen there, and nobody can go there.
  package var isWildcard: Bool {
    var (four, six) = (in_addr(), in6_addr())
    if inet_pton(AF_INET, host, &four) == 1 { return four.s_addr == 0 }
    guard inet_pton(AF_INET6, host, &six) == 1 else { return host == "*" || host == "0" }
    // `::`, and `::ffff:0.0.0.0`, which is IPv4's.
    return withUnsafeBytes(of: six) { bytes in bytes.allSatisfy { $0 == 0 } || (bytes.suffix(4).allSatisfy { $0 == 0 } && bytes[10] == 0xFF)
    }
  }

  /// True when only this machine can reach it.
  package var isLoopback: Bool {
    if host == "localhost" || host == "::1" { return true }
    var address = in_addr()
    return inet_pton(AF_INET, host, &address) == 1 && UInt32(bigEndian: address.s_addr) >> 24 == 127
  }
}
