import CFlowCurl
import FlowCore

/// A libcurl easy handle, used again and again for one request after the other. Lives on the client's thread.
final class Transfer {
  private let easy: UnsafeMutableRawPointer
  private var headerList: UnsafeMutablePointer<curl_slist>?
  private(set) var job: HTTPJob?
  /// libcurl reads the body from here until the transfer ends.
  private var body: UnsafeMutableBufferPointer<UInt8> = .init(start: nil, count: 0)
  private var answer = Answer()

  private struct Answer {
    var headers = HTTPHeaders()
    var headerBytes = 0
    var body: [UInt8] = []
    var isTooLarge = false
    /// How often the request was about to be sent.
    var sends = 0
  }

  init?() {
    guard let easy = flow_curl_easy_init() else { return nil }
    self.easy = easy
    let context = Unmanaged.passUnretained(self).toOpaque()
    flow_curl_set_pointer(easy, CURLOPT_PRIVATE, context)
    flow_curl_set_pointer(easy, CURLOPT_PREREQDATA, context)
    flow_curl_set_request_callback(easy) { context, _, _, _, _ in
      Transfer.from(context)?.mayBeSent() ?? false ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT
    }
    flow_curl_set_pointer(easy, CURLOPT_WRITEDATA, context)
    flow_curl_set_pointer(easy, CURLOPT_HEADERDATA, context)
    flow_curl_set_callback(easy, CURLOPT_WRITEFUNCTION) { Transfer.from($3)?.takeBody($0, $1 * $2) ?? 0 }
    flow_curl_set_callback(easy, CURLOPT_HEADERFUNCTION) { Transfer.from($3)?.takeHeader($0, $1 * $2) ?? 0 }
    flow_curl_set_long(easy, CURLOPT_NOSIGNAL, 1)
    flow_curl_set_long(easy, CURLOPT_FOLLOWLOCATION, 0)
    flow_curl_set_long(easy, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1)
    flow_curl_set_string(easy, CURLOPT_PROTOCOLS_STR, "http,https")
    // Services are called directly; a proxy in the environment is meant for the way to the internet.
    flow_curl_set_string(easy, CURLOPT_PROXY, "")
  }

  deinit {
    flow_curl_easy_cleanup(easy)
    release()
  }

  private static func from(_ context: UnsafeMutableRawPointer?) -> Transfer? {
    context.map { Unmanaged<Transfer>.fromOpaque($0).takeUnretainedValue() }
  }

  /// Starts a job on the multi handle.
  ///
  /// - Returns: nil, or why it can not be sent.
  func start(_ job: HTTPJob, on multi: UnsafeMutableRawPointer) -> HTTPClientError? {
    self.job = job
    answer = Answer()
    if let error = prepare(job.request) { return error }
    let code = flow_curl_multi_add(multi, easy)
    guard code == CURLM_OK else { return HTTPClientError(.other, String(cString: flow_curl_multi_strerror(code))) }
    return nil
  }

  private func prepare(_ request: HTTPClientRequest) -> HTTPClientError? {
    guard !request.method.isEmpty, request.method.utf8.allSatisfy(HTTPHeaders.isTokenByte) else {
      return HTTPClientError(.badURL, "'\(request.method)' is not a method")
    }
    guard !request.url.utf8.contains(where: { $0 <= 0x20 || $0 == 0x7F }) else {
      return HTTPClientError(.badURL, "'\(request.url)' is not a URL")
    }
    if let error = setHeaders(request) { return error }
    setBody(request)
    flow_curl_set_string(easy, CURLOPT_URL, request.url)
    flow_curl_set_long(easy, CURLOPT_CONNECTTIMEOUT_MS, max(1, min(request.connectTimeoutMs, request.timeoutMs)))
    flow_curl_set_long(easy, CURLOPT_TIMEOUT_MS, max(1, request.timeoutMs))
    return nil
  }

  private func setHeaders(_ request: HTTPClientRequest) -> HTTPClientError? {
    // An empty value takes away what libcurl would send by itself: waiting for '100 Continue', and a form's content type.
    var list = flow_curl_slist_append(nil, "Expect:")
    if request.headers["Content-Type"] == nil { list = flow_curl_slist_append(list, "Content-Type:") }
    for field in request.headers.fields {
      guard HTTPHeaders.isValid(name: field.name, value: field.value) else {
        flow_curl_slist_free(list)
        return HTTPClientError(.badURL, "header '\(field.name)' can not be sent")
      }
      // libcurl's way to send a header without a value is a semicolon.
      list = flow_curl_slist_append(list, field.value.isEmpty ? "\(field.name);" : "\(field.name): \(field.value)")
    }
    flow_curl_slist_free(headerList)
    headerList = list
    flow_curl_set_list(easy, CURLOPT_HTTPHEADER, list)
    return nil
  }

  private func setBody(_ request: HTTPClientRequest) {
    body.deallocate()
    body = .init(start: nil, count: 0)
    flow_curl_set_long(easy, CURLOPT_NOBODY, request.method == "HEAD" ? 1 : 0)
    let needsBody = request.method == "POST" || request.method == "PUT" || request.method == "PATCH"
    if request.body != nil || needsBody {
      let bytes = request.body ?? []
      body = .allocate(capacity: max(1, bytes.count))
      _ = body.initialize(from: bytes)
      flow_curl_set_long(easy, CURLOPT_POST, 1)
      flow_curl_set_offset(easy, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(bytes.count))
      flow_curl_set_pointer(easy, CURLOPT_POSTFIELDS, body.baseAddress)
    } else if request.method != "HEAD" {
      flow_curl_set_long(easy, CURLOPT_HTTPGET, 1)
    }
    flow_curl_set_string(easy, CURLOPT_CUSTOMREQUEST, request.method)
  }

  private func mayBeSent() -> Bool {
    answer.sends += 1
    return answer.sends == 1 || job?.request.isSentOnce != true
  }

  private func takeBody(_ data: UnsafeMutablePointer<CChar>?, _ count: Int) -> Int {
    guard let job, answer.body.count + count <= job.request.maxResponseBytes else {
      answer.isTooLarge = true
      return -1
    }
    answer.body.append(contentsOf: UnsafeRawBufferPointer(start: data, count: count))
    return count
  }

  private func takeHeader(_ data: UnsafeMutablePointer<CChar>?, _ count: Int) -> Int {
    answer.headerBytes += count
    guard answer.headerBytes <= Limits.httpAnswerHeaderBytes else {
      answer.isTooLarge = true
      return -1
    }
    let line = UnsafeRawBufferPointer(start: data, count: count)
    if line.starts(with: "HTTP/".utf8) {
      // A new status line: what came before belonged to an interim answer (100, 103).
      answer.headers = HTTPHeaders()
    } else if let colon = line.firstIndex(of: UInt8(ascii: ":")) {
      answer.headers.add(trimmed(line[..<colon]), trimmed(line[(colon + 1)...]))
    }
    return count
  }

  private func trimmed(_ text: Slice<UnsafeRawBufferPointer>) -> String {
    func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
    guard let first = text.firstIndex(where: { !isSpace($0) }), let last = text.lastIndex(where: { !isSpace($0) }) else { return "" }
    return String(decoding: text[first...last], as: UTF8.self)
  }

  /// Takes the result and makes the handle free for the next job.
  func finish(_ code: CURLcode, on multi: UnsafeMutableRawPointer) -> (HTTPJob, Result<HTTPClientResponse, HTTPClientError>)? {
    flow_curl_multi_remove(multi, easy)
    guard let job else { return nil }
    self.job = nil
    defer { answer = Answer() }
    if answer.isTooLarge {
      return (job, .failure(HTTPClientError(.tooLarge, tooLarge(job.request))))
    }
    if code == CURLE_ABORTED_BY_CALLBACK {
      return (job, .failure(HTTPClientError(.dropped, "\(CurlError.authority(job.request.url)) closed the connection without an answer")))
    }
    guard code == CURLE_OK else {
      var before: curl_off_t = 0
      flow_curl_get_offset(easy, CURLINFO_PRETRANSFER_TIME_T, &before)
      return (job, .failure(CurlError.classify(code, connected: before > 0, request: job.request)))
    }
    var status = 0
    flow_curl_get_long(easy, CURLINFO_RESPONSE_CODE, &status)
    return (job, .success(HTTPClientResponse(status: status, headers: answer.headers, body: answer.body)))
  }

  private func tooLarge(_ request: HTTPClientRequest) -> String {
    "the answer of \(CurlError.authority(request.url)) is larger than the limit of \(request.maxResponseBytes) bytes"
  }

  /// Gives back what a finished request held, so that an idle handle holds no payload.
  func release() {
    flow_curl_slist_free(headerList)
    headerList = nil
    body.deallocate()
    body = .init(start: nil, count: 0)
  }
}
