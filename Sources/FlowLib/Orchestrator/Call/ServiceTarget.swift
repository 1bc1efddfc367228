import FlowCore
import FlowHTTP

/// Where and how an element is called.
package struct ServiceTarget: Sendable, Equatable {
  package var scheme: String
  package var host: String
  package var port: UInt16
  package var method: String
  /// `{key}` in it is replaced from the members of the JSON body, then of the context; a leading `/` is added when it has none.
  package var path: String
  /// All attempts, the first included; at least 1.
  package var attemptsMax: Int
  package var connectTimeoutMs: Int
  /// One whole attempt, connecting included.
  package var callTimeoutMs: Int

  package init(
    scheme: String = "http", host: String, port: UInt16, method: String = "POST", path: String = "/", attemptsMax: Int = 1,
    connectTimeoutMs: Int = 3_000, callTimeoutMs: Int = 30_000
  ) {
    self.scheme = scheme
    self.host = host
    self.port = port
    self.method = method
    self.path = path
    self.attemptsMax = attemptsMax
    self.connectTimeoutMs = connectTimeoutMs
    self.callTimeoutMs = callTimeoutMs
  }
}

/// One hop: the body goes to the target, its answer is the result.
package struct ServiceRequest: Sendable {
  package var target: ServiceTarget
  package var instance: String
  package var deployment: String
  /// The id of the element that is called.
  package var element: String
  /// The same for every delivery of the same job.
  package var idempotencyKey: String
  package var contentType: String
  /// Headers that travel with the token (token pools, trace context); the house's own win over them.
  package var extraHeaders: HTTPHeaders
  package var body: [UInt8]
  /// What the body was made of, for `{key}` in the path that the body does not have; nil when the body is all.
  package var context: [UInt8]?

  package init(
    target: ServiceTarget, instance: String, deployment: String, element: String, idempotencyKey: String,
    contentType: String = "application/json", extraHeaders: HTTPHeaders = [:], body: [UInt8], context: [UInt8]? = nil
  ) {
    self.target = target
    self.instance = instance
    self.deployment = deployment
    self.element = element
    self.idempotencyKey = idempotencyKey
    self.contentType = contentType
    self.extraHeaders = extraHeaders
    self.body = body
    self.context = context
  }

  var headers: HTTPHeaders {
    var headers = extraHeaders
    headers["Host"] = nil
    headers["Content-Length"] = nil
    headers["Transfer-Encoding"] = nil
    headers["Content-Type"] = contentType
    headers["X-Rexflow-Iid"] = instance
    headers["X-Rexflow-Did"] = deployment
    headers["X-Rexflow-Tid"] = element
    headers["Idempotency-Key"] = idempotencyKey
    return headers
  }
}

/// How a hop ended.
package enum ServiceOutcome: Sendable, Equatable {
  /// The answer as it came; it need not be JSON.
  case success(body: [UInt8], contentType: String)
  case failure(ServiceFailure)
}

/// Why a hop failed, in the original's terms.
package struct ServiceFailure: Sendable, Equatable, Error {
  package enum Code: String, Sendable {
    case task = "FAILED_TASK"
    case connection = "FAILED_CONNECTION"
    case inputParsing = "FAILED_CONTEXT_INPUT_PARSING"
  }

  package let code: Code
  package let message: String
  package let attempts: Int
  /// The error object that is stored with the instance.
  ///
  /// - Source: reference, section 8, form 'From FlowPost'.
  package let payload: JSON

  init(_ code: Code, _ message: String, request: ServiceRequest, answer: HTTPClientResponse? = nil, attempts: Int) {
    self.code = code
    self.message = message
    self.attempts = attempts
    payload = [
      "error_code": .string(code.rawValue), "error_msg": .string(message), "failed_task_id": .string(request.element),
      "input_headers": ServiceFailure.object(request.headers), "output_headers": ServiceFailure.object(answer?.headers ?? [:]),
      "input_data": ServiceFailure.data(request.body), "output_data": answer.map { ServiceFailure.data($0.body) } ?? .null,
      "from_envoy": false,
    ]
  }

  /// A name that comes twice keeps all its values, as one list in the manner of HTTP.
  private static func object(_ headers: HTTPHeaders) -> JSON {
    var object = JSON.Object()
    for field in headers.fields {
      let before = object[field.name]?.string.map { $0 + ", " } ?? ""
      object[field.name] = .string(before + field.value)
    }
    return .object(object)
  }

  /// The JSON value of the bytes, else their base64 text.
  private static func data(_ bytes: [UInt8]) -> JSON {
    if bytes.isEmpty { return .null }
    do {
      return try JSON(parsing: bytes)
    } catch {
      return .string(base64(bytes))
    }
  }
}
