import FlowHTTP

/// The service of the models, inside this program: answers at once with what it got.
final class InlineService: Sendable {
  private let server: HTTPServer

  /// - Parameter onCall: called with the number in the body before the answer goes out.
  init(onCall: @escaping @Sendable (Int) -> Void) throws(BenchFailure) {
    server = try BenchFailure.explain("service") { () throws(HTTPServerError) in
      try HTTPServer(HTTPServer.Options(address: HTTPAddress(host: "127.0.0.1", port: 0))) { request, reply in
        if let number = Ticket.number(in: request.body) { onCall(number) }
        reply.send(HTTPResponse(200, headers: ["Content-Type": "application/json"], body: request.body))
      }
    }
  }

  var address: String { server.address.description }

  func stop() { server.stop(graceMs: 100) }
}

/// An instance's payload carries its number, so that who sees it knows when it was sent.
enum Ticket {
  static func payload(_ number: Int) -> [UInt8] { Array("{\"n\":\(number)}".utf8) }

  /// The first number in the bytes.
  static func number(in bytes: [UInt8]) -> Int? {
    let digits = bytes.drop { !isDigit($0) }.prefix { isDigit($0) }.prefix(15)
    guard !digits.isEmpty else { return nil }
    return digits.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
}
