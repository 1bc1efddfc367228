import FlowCore
import FlowEngine
import FlowHTTP
import FlowRuntime
import Testing

@testable import FlowAPI

@Suite("refusals as HTTP problems")
struct HTTPProblemStatusTests {
  @Test(
    "each refusal has its status and code",
    arguments: [
      (Refusal.rejected(Rejection(.notFound, "m")), 404, "NOT_FOUND"), (.rejected(Rejection(.alreadyExists, "m")), 409, "ALREADY_EXISTS"),
      (.rejected(Rejection(.wrongState, "m")), 409, "FAILED_PRECONDITION"), (.rejected(Rejection(.invalid, "m")), 400, "INVALID_ARGUMENT"),
      (.rejected(Rejection(.exhausted, "m")), 413, "RESOURCE_EXHAUSTED"), (.overloaded("m"), 503, "RESOURCE_EXHAUSTED"),
      (.unavailable("m"), 503, "UNAVAILABLE"),
    ] as [(Refusal, Int, String)])
  func mapping(refusal: Refusal, status: Int, code: String) throws {
    let problem = HTTPProblem(refusal)

    #expect(problem.status == status)
    #expect(problem.title == HTTPProblem.reason(status))
    #expect(problem.detail == "m")
    #expect(problem.members["code"] == .string(code))
    // Only what may go later says when.
    #expect((problem.headers["Retry-After"] != nil) == (status == 503))
  }

  @Test("no error of ours becomes a success, and a hint is told", arguments: StatusCode.allCases.filter { $0 != .ok })
  func statuses(code: StatusCode) throws {
    let problem = HTTPProblem(Status(code, "m", hint: "h"))

    #expect((400..<600).contains(problem.status))
    #expect(try JSON(parsing: problem.response.body)["hint"] == "h")
  }
}
