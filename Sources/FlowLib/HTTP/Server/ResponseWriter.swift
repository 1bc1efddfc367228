import CMicroHTTPD
import FlowCore

extension MHD_Result {
  // The C enum is closed and its names do not come into Swift: 1 is MHD_YES, 0 is MHD_NO.
  static var yes: MHD_Result { MHD_Result(rawValue: 1) ?? no }
  static var no: MHD_Result {
    guard let value = MHD_Result(rawValue: 0) else { preconditionFailure("MHD_NO is 0") }
    return value
  }
}

/// Turns an answer into libmicrohttpd's response.
enum ResponseWriter {
  static func queue(_ answer: Answer, on connection: OpaquePointer, log: Log) -> MHD_Result {
    switch answer {
    case .response(let response):
      return send(make(response.body), response.status, response.headers, on: connection, log: log)
    case .stream(let stream, let status, let headers):
      guard let raw = stream.makeResponse() else {
        stream.finish()
        return .no
      }
      return send(raw, status, headers, on: connection, log: log)
    }
  }

  private static func make(_ body: [UInt8]) -> OpaquePointer? {
    body.withUnsafeBytes { flow_mhd_response($0.count, $0.baseAddress) }
  }

  private static func send(
    _ response: OpaquePointer?, _ status: Int, _ headers: HTTPHeaders, on connection: OpaquePointer, log: Log
  ) -> MHD_Result {
    guard let response else { return .no }
    defer { MHD_destroy_response(response) }
    for field in headers.fields {
      // MHD sets the length itself, and a name or value with a line break must never reach the wire.
      guard HTTPHeaders.isValid(name: field.name, value: field.value),
        MHD_add_response_header(response, field.name, field.value) == .yes
      else {
        log.warning("http header left out", ["http.header": field.name])
        continue
      }
    }
    let code = (200...599).contains(status) ? status : 500
    return MHD_queue_response(connection, UInt32(code), response)
  }
}
