import FlowCore
import FlowRPC
import Testing

@testable import FlowDashboard

@Suite("The original's JSON") struct HealthJSONTests {
  private let first = FlowV1.DeploymentHealth(
    deploymentID: "b-2", elements: [FlowV1.ElementHealth(elementID: "z", up: false), FlowV1.ElementHealth(elementID: "a", up: true)])
  private let second = FlowV1.DeploymentHealth(deploymentID: "a-1", elements: [FlowV1.ElementHealth(elementID: "t", up: true)])

  @Test("one probed deployment is an object with a list of pairs")
  func one() {
    #expect(HealthJSON.probed(first).text == #"{"b-2":[["a","UP"],["z","DOWN"]]}"#)
  }

  @Test("all are a list with an object each, and words when there is none")
  func all() {
    #expect(HealthJSON.probed(all: [first, second]).text == #"[{"a-1":[["t","UP"]]},{"b-2":[["a","UP"],["z","DOWN"]]}]"#)
    #expect(HealthJSON.probed(all: []).text == #"{"result":"No workflows exist"}"#)
  }

  @Test("the overview has words, not object texts")
  func overview() {
    #expect(HealthJSON.overview([first, second]).text == #"{"a-1":{"t":"UP"},"b-2":{"a":"UP","z":"DOWN"}}"#)
    #expect(HealthJSON.overview([]).text == "{}")
  }

  @Test("an unknown name is said as the original says it")
  func unknown() {
    #expect(HealthJSON.unknown("no\"body").text == #"{"result":"Workflow 'no\"body' not found"}"#)
  }
}
