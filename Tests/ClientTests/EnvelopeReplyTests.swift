import FlowClient
import Testing

@Suite("replies of the original's service")
struct EnvelopeReplyTests {
  private func failures(_ data: String) -> [String] {
    EnvelopeReply(status: 0, message: "Ok", data: data).itemFailures.map { "\($0.id) \($0.code) \($0.message)" }
  }

  @Test("failures are found wherever the original hides them")
  func failuresAreFound() {
    #expect(failures(#"{"status":-1,"message":"Failed to compile x"}"#) == [" -1 Failed to compile x"])
    #expect(failures(#"{"a":{"result":0,"message":"ok"},"b":{"result":-2,"message":"RUNNING"}}"#) == ["b -2 RUNNING"])
    #expect(failures(#"{"d":{"status":-1,"message":"Error: x"}}"#) == ["d -1 Error: x"])
    #expect(failures(#"{"instance_id":"Error"}"#) == [" -1 the start event answered with an error"])
    #expect(failures(#"{"result":"Workflow 'x' not found"}"#) == [" -1 Workflow 'x' not found"])
  }

  @Test("good answers, and texts that are no JSON, hold no failure")
  func goodAnswers() {
    let good = [
      "{}", "", "nonsense", "[]", #"{"status":0,"message":"Ok","id":"flow-1"}"#, #"{"d":{"state":"RUNNING"}}"#,
      #"{"result":"No workflows exist"}"#,
      #"{"d":[["t","UP"]]}"#, #"[{"d":[["t","DOWN"]]}]"#,
    ]
    for data in good { #expect(failures(data).isEmpty, "\(data)") }
  }

  @Test("the log line has the original's words")
  func logLine() {
    #expect(EnvelopeReply(status: 0, message: "Ok", data: "{}").logLine == "Got response: 0, \"Ok\", {}")
    #expect(EnvelopeReply(status: -1, message: "ValueError(x)", data: "").logLine == "Error from server: -1, \"ValueError(x)\"")
  }

  @Test("what was raised is told to people without the exception around it")
  func raised() {
    func raised(_ message: String) -> String { EnvelopeReply(status: -1, message: message, data: "").raised }
    #expect(raised("KeyError(no deployment 'x')") == "no deployment 'x'")
    for text in ["a.bpmn: line 1 (P)", "(x)", "", "KeyError(", "x)"] { #expect(raised(text) == text) }
  }

  @Test("names are the ids that the data is about")
  func names() {
    func names(_ data: String) -> [String] { EnvelopeReply(status: 0, message: "", data: data).names }
    #expect(names(#"{"status":0,"wf_id":"calc-1"}"#) == ["calc-1"])
    #expect(names(#"{"status":0,"id":"flow-1"}"#) == ["flow-1"])
    #expect(names(#"{"b":{"state":"RUNNING"},"a":{}}"#) == ["b", "a"])
    #expect(names(#"[{"d":[]},{"e":[]}]"#) == ["d", "e"])
    #expect(names("x") == [])
  }
}
