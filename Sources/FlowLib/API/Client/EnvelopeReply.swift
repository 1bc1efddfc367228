import FlowCore
import FlowRPC

/// What `FlowDaemon` answered: an envelope, and JSON text in it.
package struct EnvelopeReply: Sendable, Equatable {
  /// An id whose part of the request failed, although the request as a whole did not.
  package struct ItemFailure: Sendable, Equatable {
    /// "" when the data names none.
    package var id: String
    /// −1, or −2 for a wrong state.
    package var code: Int64
    package var message: String

    package init(id: String, code: Int64, message: String) {
      self.id = id
      self.code = code
      self.message = message
    }
  }

  package var status: Int64
  package var message: String
  package var data: String

  package init(status: Int64, message: String, data: String) {
    self.status = status
    self.message = message
    self.data = data
  }

  package init(_ result: FlowProto.FlowdResult) { self.init(status: result.status, message: result.message, data: result.data) }

  /// The request failed as a whole.
  package var failed: Bool { status < 0 }

  /// nil when the data is no JSON.
  package var json: JSON? {
    do {
      return try JSON(parsing: data)
    } catch {
      return nil
    }
  }

  /// `Got response: 0, "Ok", {}` or `Error from server: -1, "…"`: the original's words.
  package var logLine: String {
    failed ? "Error from server: \(status), \"\(message)\"" : "Got response: \(status), \"\(message)\", \(data)"
  }

  /// The text of a failed request, without `<exception>(…)` around it.
  package var raised: String {
    guard let open = message.firstIndex(of: "("), message.hasSuffix(")"), open != message.startIndex,
      message[..<open].allSatisfy({ $0.isLetter || $0.isNumber })
    else { return message }
    return String(message[message.index(after: open)...].dropLast())
  }

  /// What failed inside the data; the original left that for the reader to find.
  ///
  /// The shapes are `{"status":-1,"message":…}`, `{"<id>":{"status"|"result":-1,"message":…}}`, `{"instance_id":"Error"}`
  /// and `{"result":"Workflow '<id>' not found"}`. Not for ps, whose objects hold what services said.
  package var itemFailures: [ItemFailure] {
    guard let object = json?.object else { return [] }
    if let failure = EnvelopeReply.failure("", object) { return [failure] }
    if object["instance_id"]?.string == "Error" {
      return [ItemFailure(id: "", code: -1, message: "the start event answered with an error")]
    }
    if let text = object["result"]?.string, text.hasSuffix("not found") { return [ItemFailure(id: "", code: -1, message: text)] }
    return object.members.compactMap { member in member.value.object.flatMap { EnvelopeReply.failure(member.name, $0) } }
  }

  private static func failure(_ id: String, _ object: JSON.Object) -> ItemFailure? {
    guard let code = (object["status"] ?? object["result"])?.int, code < 0 else { return nil }
    return ItemFailure(id: id, code: code, message: object["message"]?.string ?? "failed")
  }

  /// Ids that the data is about, for `-o name`: `wf_id`, `id`, or the names of its members.
  package var names: [String] {
    guard let object = json?.object else { return json?.array.map { $0.compactMap(\.object).flatMap(\.names) } ?? [] }
    // A file with several processes.
    if let ids = object["wf_ids"]?.array { return ids.compactMap(\.string) }
    for key in ["wf_id", "id"] { if let id = object[key]?.string { return [id] } }
    return object.members.filter { $0.value.object != nil || $0.value.array != nil }.map(\.name)
  }
}
