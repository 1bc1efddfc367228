"""Rows A51 to A56: exclusive and parallel gateways, and the implicit fork."""
import json
import re
import threading

import pytest
import requests

from harness import models
from harness.daemons import running
from harness.services import answer, hang
from harness.waiting import until
from harness.wire import INSTANCE, Wire
from test_run import process_id_of, start_url

pytestmark = pytest.mark.each_store

TEST2 = "tests/integration/data/test2_conditional.bpmn"


def post_and_complete(flowd, wire, xml, deployment, body):
    """(end event, result) of an instance started over HTTP with a body of its own."""
    url = start_url(flowd, process_id_of(xml), deployment)
    instance = requests.post(url, json=body, timeout=10).json()["id"]
    record = wire.completed(instance)
    return record["end_event"], json.loads(record["result"])


def test_a51_exclusive_gateway_in_python(flowd, wire, up):
    # The model has its globals in the older place, row A105; here they stand where they belong. (Its blanks are no-break spaces.)
    old = models.replaced(models.text(TEST2), ("python: req_json", "req_json"))
    new, count = re.subn(r"rexflow:(\s+id: test2)", r"rexflow_global_properties:\1", old)
    assert count == 1
    xml = models.unique(new)
    deployment = up(xml)

    assert post_and_complete(flowd, wire, xml, deployment, {"val": 1}) == ("end-didnot-profit", {"val": 2})
    assert post_and_complete(flowd, wire, xml, deployment, {"val": 137}) == (
        "end-did-profit",
        {"val": 138, "cashflow": "Positive!"},
    )


def test_a52_exclusive_gateway_in_feel(wire, services, deployed):
    deployment = deployed(f"{models.FULL}/exclusive-gateway/conditional_feel.bpmn")

    assert wire.completed(wire.started(deployment))["end_event"] == "finish-collect"

    services["collect"].plans.append(answer({"underpants": "Not collected ):"}))
    assert wire.completed(wire.started(deployment))["end_event"] == "did-not-collect"


@pytest.mark.parametrize("variable", ["FLOWD_DMN_SERVER", "DMN_SERVER_HOST", "REXFLOW_DMN_SERVER_HOST"])
@pytest.mark.parametrize("result, end_event", [("True", "finish-collect"), ("False", "did-not-collect")])
def test_a52_an_external_dmn_server(own, services, variable, result, end_event):
    services["first"].always = answer([{"result": result}])
    with running(own(environment={variable: f"http://{services['first'].address}"})) as flowd, Wire(flowd) as wire:
        deployment = wire.applied(models.text(f"{models.FULL}/exclusive-gateway/conditional_feel.bpmn"))
        wire.wait_state(deployment, "RUNNING")

        assert wire.completed(wire.started(deployment))["end_event"] == end_event

    assert services["first"].calls[0].path == "/dmn/dt"
    assert services["first"].bodies[0] == [{'underpants = "Collected."': "True", "": "False"}, {"underpants": "Collected."}]


@pytest.mark.parametrize("plan", [answer({"no": "list"}), answer([]), answer({}, status=500)])
def test_a52_a_dmn_server_that_does_not_answer_fails_the_instance(own, services, plan):
    services["first"].always = plan
    with running(own(environment={"FLOWD_DMN_SERVER": f"http://{services['first'].address}"})) as flowd, Wire(flowd) as wire:
        deployment = wire.applied(models.text(f"{models.FULL}/exclusive-gateway/conditional_feel.bpmn"))
        wire.wait_state(deployment, "RUNNING")

        record = wire.ended(wire.started(deployment))

    assert (record["state"], record["error_code"]) == ("ERROR", "FAILED_TASK")


def test_a52_the_dmn_servers_address_is_checked_at_start(own):
    with pytest.raises(Exception, match="is not http://HOST:PORT"):
        own(environment={"FLOWD_DMN_SERVER": "nowhere"}).start()


def choice(language, condition):
    model = models.Model(models.fresh("Choice"), xgw_expression_type=language).start().task("Work", "first")
    model.element("exclusiveGateway", "Gate").end("Yes", "yes").end("No", "no")
    return model.path("Start", "Work", "Gate", "No").flow("Gate", "Yes", condition).xml()


@pytest.mark.parametrize("language, condition", [("python", "req_json['nowhere'] == 1"), ("python", "1 / 0 == 1")])
def test_a53_an_error_of_the_condition_ends_the_instance(wire, up, language, condition):
    deployment = up(choice(language, condition))

    record = wire.ended(wire.started(deployment))

    assert record["state"] == "ERROR"
    assert record["error_code"]
    assert record["failed_task_id"] == "Gate"


ESCAPES = [
    "__import__('os').system('true')",
    "().__class__.__bases__[0].__subclasses__()",
    "open('/etc/hostname').read() != ''",
    "eval('1') == 1",
    "[x for x in range(10**9)] == []",
    "9**9**9 > 1",
]


@pytest.mark.parametrize("condition", ESCAPES)
def test_a54_the_python_dialect_runs_nothing(wire, services, condition):
    result = wire.apply(choice("python", condition))
    if result.status == -1 or result.data["status"] == -1:
        return

    # What is not refused at apply must fail when it is evaluated, and soon.
    deployment = result.data["wf_id"]
    wire.wait_state(deployment, "RUNNING")
    record = wire.ended(wire.started(deployment), seconds=5)
    assert record["state"] == "ERROR", record


def test_a55_parallel(wire, deployed):
    deployment = deployed(f"{models.FULL}/parallel-gateway/parallel.bpmn")

    instance = wire.started(deployment)

    result = wire.result(instance)
    assert result["task0"] == "done"
    # The payload travels with the token: one branch's body goes on, never a mixture.
    assert ("task1" in result) != ("task2" in result)


def test_a55_a_join_survives_kill_9(own, services):
    release = threading.Event()
    services["task2"].always = hang(release)
    flowd = own().start()
    with Wire(flowd) as wire:
        deployment = wire.applied(models.text(f"{models.FULL}/parallel-gateway/parallel.bpmn"))
        wire.wait_state(deployment, "RUNNING")
        instance = wire.started(deployment)
        until(lambda: services["task1"].calls_of(instance) and services["task2"].calls_of(instance), "both branches are called")

    flowd.kill()
    services["task2"].always = None
    release.set()
    flowd.start()

    with Wire(flowd) as wire:
        assert wire.result(instance)["task0"] == "done"
    assert flowd.stop() == 0


def fork():
    model = models.Model(models.fresh("Fork")).start().task("Work", "first").end("Left").end("Right")
    return model.path("Start", "Work", "Left").path("Work", "Right").xml()


def test_a56_an_implicit_fork_completes_once(wire, up):
    deployment = up(fork())

    instances = [wire.started(deployment) for _ in range(20)]

    for instance in instances:
        assert wire.completed(instance)["end_event"] in ("left", "right")
    assert {record["state"] for record in wire.ps(INSTANCE, instances).ok().values()} == {"COMPLETED"}


def test_an_embedded_subprocess(wire, up):
    inside = (
        '<bpmn:startEvent id="InnerStart" /><bpmn:serviceTask id="Inner" /><bpmn:endEvent id="InnerEnd" />'
        '<bpmn:sequenceFlow id="I1" sourceRef="InnerStart" targetRef="Inner" />'
        '<bpmn:sequenceFlow id="I2" sourceRef="Inner" targetRef="InnerEnd" />'
    )
    model = models.Model(models.fresh("Sub")).start().element("subProcess", "Box", inside=inside).task("After", "second").end()
    model.note("Inner", {"rexflow": {"service": {"host": "first", "port": 5000}, "health": {"period": 1}}})
    deployment = up(model.path("Start", "Box", "After", "End").xml())

    assert wire.result(wire.started(deployment, "1")) == {"first": "done", "second": "done"}


def test_a_loop_through_a_gateway_ends(flowd, wire, up):
    model = models.Model(models.fresh("Loop"), xgw_expression_type="python").start().element("exclusiveGateway", "Merge")
    model.task("Add", "increment-test").element("exclusiveGateway", "Again").end("Done")
    xml = model.path("Start", "Merge", "Add", "Again", "Done").flow("Again", "Merge", "req_json['val'] < 10").xml()
    deployment = up(xml)

    assert post_and_complete(flowd, wire, xml, deployment, {"val": 0}) == ("done", {"val": 10})
