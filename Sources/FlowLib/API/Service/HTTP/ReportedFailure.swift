import FlowCore
import FlowEngine

/// A failure that somebody outside reports, in the form in which `ps` shows it.
///
/// A report with `"from_envoy":false`, and JSON that is no object, is kept as it came; another object is a proxy's dump and gets
/// readable; what is no JSON is kept as bytes.
/// - Source: reference, section 8.
func reportedFailure(_ body: [UInt8], in process: ExecutableProcess?) -> ServiceFailure {
  guard let document = json(body) else {
    return failure([:], in: process, Payload(bytes: body, contentType: "application/octet-stream"))
  }
  let verbatim = Payload(bytes: body, contentType: "application/json")
  guard case .object(let object) = document, object["from_envoy"] != .bool(false) else {
    return failure(document.object ?? [:], in: process, verbatim)
  }
  let cleaned = cleanedReport(object, in: process, decodesData: true)
  if let report = fitting(cleaned, from: body) { return failure(cleaned, in: process, report) }
  let encoded = cleanedReport(object, in: process, decodesData: false)
  return failure(encoded, in: process, fitting(encoded, from: body) ?? verbatim)
}

private func failure(_ report: JSON.Object, in process: ExecutableProcess?, _ payload: Payload) -> ServiceFailure {
  let reported = report["failed_task_id"]?.string
  return ServiceFailure(
    code: cut(report["error_code"]?.string ?? "FAILED_TASK"),
    message: cut(report["error_msg"]?.string ?? "the failure was reported without a reason"),
    elementID: reported.map { element($0, of: process)?.id ?? cut($0) }, report: payload)
}

private func cut(_ text: String) -> String {
  text.utf8.count <= Limits.failureText ? text : String(String.UnicodeScalarView(text.unicodeScalars.prefix(Limits.failureText)))
}

/// Escaping may make a text six times as long, and what was decoded is one level deeper: nil when it can not be kept so. A small report
/// must not become a large event.
private func fitting(_ object: JSON.Object, from body: [UInt8]) -> Payload? {
  let payload = Payload(json: .object(object))
  return payload.bytes.count <= max(body.count, Limits.eventBytesPerCommand) && payload.json != nil ? payload : nil
}

private func cleanedReport(_ dump: JSON.Object, in process: ExecutableProcess?, decodesData: Bool) -> JSON.Object {
  let input = headers(dump["input_headers_encoded"])
  let output = headers(dump["output_headers_encoded"])
  var report = JSON.Object()
  report["error_code"] = dump["error_code"]
  report["error_msg"] = dump["error_msg"]
  if let task = input?["x-rexflow-tid"]?.string {
    let found = element(task, of: process)
    report["failed_task_id"] = .string(task)
    report["failed_task_name"] = found.map { .string($0.name ?? $0.derivedName) }
  }
  report["input_headers"] = input.map { .object($0) }
  report["input_data"] = data(dump["input_data_encoded"], input, decodes: decodesData)
  report["output_headers"] = output.map { .object($0) }
  report["output_data"] = data(dump["output_data_encoded"], output, decodes: decodesData)
  return report
}

/// The original names an element by its id or by the name derived from it.
private func element(_ name: String, of process: ExecutableProcess?) -> ExecutableElement? {
  process?.elements.first { $0.id == name } ?? process?.elements.first { $0.derivedName == name }
}

/// Lines `key:value` behind base64; pseudo headers begin with a colon, which is dropped. Names in lower case.
private func headers(_ encoded: JSON?) -> JSON.Object? {
  guard let bytes = encoded?.string.flatMap({ decodeBase64($0) }) else { return nil }
  var values: [(name: String, value: String)] = []
  var places: [String: Int] = [:]
  for line in bytes.split(whereSeparator: { $0 == 0x0A || $0 == 0x0D }) {
    let field = line.first == UInt8(ascii: ":") ? line.dropFirst() : line
    guard let colon = field.firstIndex(of: UInt8(ascii: ":")) else { continue }
    let name = String(decoding: trimmed(field[..<colon]), as: UTF8.self).lowercased()
    let value = String(decoding: trimmed(field[(colon + 1)...]), as: UTF8.self)
    if let place = places[name] {
      values[place].value += ", " + value
    } else {
      places[name] = values.count
      values.append((name, value))
    }
  }
  var object = JSON.Object()
  for field in values { object.append(field.name, .string(field.value)) }
  return object
}

private func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
  let front = bytes.drop { $0 == 0x20 || $0 == 0x09 }
  return front.lastIndex { $0 != 0x20 && $0 != 0x09 }.map { front[...$0] } ?? []
}

/// Text when it is ASCII, JSON when the content type is exactly that; all else stays as it came.
private func data(_ encoded: JSON?, _ headers: JSON.Object?, decodes: Bool) -> JSON? {
  guard decodes, let text = encoded?.string, let bytes = decodeBase64(text), bytes.allSatisfy({ $0 < 0x80 }) else { return encoded }
  if headers?["content-type"] == "application/json", let document = json(bytes) { return document }
  return .string(String(decoding: bytes, as: UTF8.self))
}

private func json(_ bytes: [UInt8]) -> JSON? {
  do throws(JSONError) { return try JSON(parsing: bytes) } catch { return nil }
}
