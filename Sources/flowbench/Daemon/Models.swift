import FlowEngine
import FlowServer

/// The models that are measured: start, one task, end.
enum Models {
  /// The workload `w1`; its task is done by an HTTP service at the host `bench`.
  static let oneTask = task("BenchOneTask")
  /// The same under another id; what answers it does so never.
  static let waiting = task("BenchWaiting")

  private static func task(_ id: String) -> String {
    """
    <?xml version="1.0" encoding="UTF-8"?>
    <bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" id="Defs" targetNamespace="urn:flow:bench">
      <bpmn:process id="\(id)" isExecutable="true">
        <bpmn:startEvent id="Start"><bpmn:outgoing>ToTask</bpmn:outgoing></bpmn:startEvent>
        <bpmn:sequenceFlow id="ToTask" sourceRef="Start" targetRef="Task" />
        <bpmn:serviceTask id="Task" name="Task"><bpmn:incoming>ToTask</bpmn:incoming><bpmn:outgoing>ToEnd</bpmn:outgoing></bpmn:serviceTask>
        <bpmn:sequenceFlow id="ToEnd" sourceRef="Task" targetRef="End" />
        <bpmn:endEvent id="End"><bpmn:incoming>ToEnd</bpmn:incoming></bpmn:endEvent>
        <bpmn:textAnnotation id="Note"><bpmn:text>rexflow:
      service:
        host: bench
        port: 80
      preexisting: true</bpmn:text></bpmn:textAnnotation>
        <bpmn:association id="NoteOfTask" sourceRef="Task" targetRef="Note" />
      </bpmn:process>
    </bpmn:definitions>
    """
  }

  static func executable(_ model: String) throws(BenchFailure) -> ExecutableProcess {
    let prepared = PreparedModel(Array(model.utf8))
    guard let executable = prepared.executable else { throw BenchFailure("the model does not compile: \(prepared.errorText)") }
    return executable
  }
}
