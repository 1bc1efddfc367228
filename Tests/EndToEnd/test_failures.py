"""Rows A42 to A50: what fails, how it is told, and what can be tried again."""
import base64
import json
import threading

import pytest
import requests

from harness import models
from harness.daemons import running
from harness.services import answer, drop, fail, hang, trickle
from harness.waiting import until
from harness.wire import INSTANCE, Wire
from test_run import process_id_of, start_url

pytestmark = pytest.mark.each_store


@pytest.fixture
def held(wire, services, up):
    """An instance whose task is being called and does not come back before the test lets it."""
    deployment = up(models.one_task("Held", "first"))
    release = threading.Event()
    services["first"].always = hang(release)
    instance = wire.started(deployment)
    until(lambda: services["first"].calls_of(instance), "the task is called")
    yield deployment, instance
    release.set()


def report(flowd, body, deployment=None, instance=None, content_type="application/json"):
    headers = {"Content-Type": content_type}
    headers |= {"X-Rexflow-Did": deployment} if deployment else {}
    headers |= {"X-Rexflow-Iid": instance} if instance else {}
    return requests.post(f"{flowd.url}/instancefail", data=body, headers=headers, timeout=10)


def test_a42_instancefail_with_json(flowd, wire, held):
    deployment, instance = held
    error = {"from_envoy": False, "error_code": "FAILED_TASK", "error_msg": "told", "failed_task_id": "Work", "input_data": {"a": 1}}

    assert report(flowd, json.dumps(error), deployment, instance).status_code == 200

    record = wire.ended(instance)
    assert record["state"] == "ERROR"
    assert "result" not in record
    for key in ("error_code", "error_msg", "failed_task_id", "input_data"):
        assert record[key] == error[key]


def test_a42_a_report_does_not_choose_what_ps_shows_of_the_instance(flowd, wire, held):
    deployment, instance = held
    error = {"from_envoy": False, "error_code": "FAILED_TASK", "state": "COMPLETED", "parent": "x", "metadata": {"a": "b"}, "end_event": "y"}

    assert report(flowd, json.dumps(error), deployment, instance).status_code == 200

    record = until(lambda: wire.record(instance) if wire.record(instance)["state"] != "RUNNING" else None, "it ends")
    assert (record["state"], record["parent"], record["metadata"]) == ("ERROR", deployment, {})
    assert record["error_code"] == "FAILED_TASK"


def test_a42_instancefail_without_headers(flowd, wire, held):
    deployment, instance = held

    assert report(flowd, "{}", None, instance).status_code == 400
    assert report(flowd, "{}", deployment, None).status_code == 400
    assert wire.record(instance)["state"] == "RUNNING"


def test_a42_a_report_under_another_deployment_is_refused(flowd, wire, held, deployed):
    _, instance = held

    for foreign in (deployed(models.SIMPLE), "nobody"):
        refused = report(flowd, '{"from_envoy":false}', foreign, instance)
        assert refused.status_code == 400 and "X-Rexflow-Did" in refused.json()["message"]
    assert wire.record(instance)["state"] == "RUNNING"


def test_a42_instancefail_with_other_bytes(flowd, wire, held):
    deployment, instance = held

    assert report(flowd, b"not json", deployment, instance).status_code == 200

    record = wire.ended(instance)
    assert (record["state"], record["content_type"], record["result"]) == ("ERROR", "application/octet-stream", "not json")


def test_a42_an_ended_instance_is_left_alone(flowd, wire, deployed):
    deployment = deployed(models.SIMPLE)
    instance = wire.started(deployment)
    wire.completed(instance)

    assert report(flowd, "{}", deployment, instance).status_code == 200
    assert wire.record(instance)["state"] == "COMPLETED"


def encoded(text):
    return base64.b64encode(text.encode()).decode()


def test_a43_the_sidecars_payload_is_decoded(flowd, wire, held):
    deployment, instance = held
    error = {
        "error_code": "FAILED_TASK",
        "error_msg": "from the sidecar",
        "input_headers_encoded": encoded("x-rexflow-tid:Work\ncontent-type:application/json\n:path:/\n"),
        "input_data_encoded": encoded('{"a":1}'),
        "output_headers_encoded": encoded(":status:500\ncontent-type:text/plain\n"),
        "output_data_encoded": encoded("boom"),
    }

    assert report(flowd, json.dumps(error), deployment, instance).status_code == 200

    record = wire.ended(instance)
    assert record["state"] == "ERROR"
    assert record["error_code"] == "FAILED_TASK"
    assert record["failed_task_id"] == "Work"
    assert "failed_task_name" in record
    assert record["input_headers"]["content-type"] == "application/json"
    assert record["input_headers"]["path"] == "/"
    assert record["input_data"] == {"a": 1}
    assert record["output_headers"]["status"] == "500"
    # Only JSON is decoded all the way; another text stays as it is when it is ASCII, or base64.
    assert record["output_data"] in ("boom", encoded("boom"))


def test_a44_a_recoverable_failure_stops_the_instance(wire, services, up):
    deployment = up(models.one_task("Recover", "first", recoverable=True))
    services["first"].plans.append(fail(500))

    record = wire.ended(wire.started(deployment, "7"))

    assert record["state"] == "STOPPED"
    assert record["error_code"] == "FAILED_TASK"
    assert record["failed_task_id"] == "Work"
    assert record["input_data"] == [7]
    assert record["parent"] == deployment


def test_a44_a_failure_of_others_is_an_error(wire, services, up):
    deployment = up(models.one_task("Fatal", "first"))
    services["first"].plans.append(fail(500))

    record = wire.ended(wire.started(deployment, "7"))

    assert (record["state"], record["error_code"], record["failed_task_id"]) == ("ERROR", "FAILED_TASK", "Work")
    assert record["input_data"] == [7]
    assert record["output_data"] == {"message": "planned 500"}


def test_a45_retry(wire, ctl, services, up):
    deployment = up(models.one_task("Retry", "first", recoverable=True))
    services["first"].plans.extend([fail(500), fail(500)])
    instance = wire.started(deployment, "7")
    assert wire.ended(instance)["state"] == "STOPPED"

    # Fails again, and can be tried again.
    wire.start(INSTANCE, instance)
    until(lambda: len(services["first"].calls_of(instance)) == 2, "the second try")
    until(lambda: wire.record(instance)["state"] == "STOPPED", "stopped again")
    assert wire.record(instance)["input_data"] == [7]

    assert ctl("start", "-i", instance).returncode == 0
    wire.completed(instance)
    assert [json.loads(call.body) for call in services["first"].calls_of(instance)] == [[7], [7], [7]]


def test_a46_retry_of_others_does_not_spoil_the_request(wire, services, up):
    deployment = up(models.one_task("RetryMany", "first", recoverable=True))
    done = wire.started(deployment)
    wire.completed(done)
    services["first"].plans.append(fail(500))
    stopped = wire.started(deployment)
    assert wire.ended(stopped)["state"] == "STOPPED"

    answers = wire.start(INSTANCE, done, "nobody", stopped).ok()

    assert answers[done]["status"] == -1
    assert answers["nobody"]["status"] == -1
    assert answers[stopped] == {"status": 0, "message": "Retry Succeeded."}
    wire.completed(stopped)


def test_a47_attempts(wire, services, up):
    deployment = up(models.one_task("Attempts", "first", call={"retry": {"total_attempts": 3}}))
    services["first"].plans.extend([drop, drop])
    instance = wire.started(deployment)
    wire.completed(instance)
    assert len(services["first"].calls_of(instance)) == 3

    services["first"].plans.extend([drop] * 4)
    instance = wire.started(deployment)
    record = wire.ended(instance)
    assert (record["state"], record["error_code"]) == ("ERROR", "FAILED_CONNECTION")
    assert len(services["first"].calls_of(instance)) == 3
    # Every attempt of one job carries the same key.
    assert len({call.headers["Idempotency-Key"] for call in services["first"].calls_of(instance)}) == 1


def test_a47_attempts_of_the_process(wire, services, up):
    deployment = up(models.one_task("GlobalAttempts", "first", retry={"total_attempts": 2}))
    services["first"].plans.append(drop)

    instance = wire.started(deployment)

    wire.completed(instance)
    assert len(services["first"].calls_of(instance)) == 2


@pytest.mark.parametrize("status, code", [(502, "FAILED_CONNECTION"), (503, "FAILED_CONNECTION"), (500, "FAILED_TASK"), (404, "FAILED_TASK")])
def test_a48_codes_of_http_answers(wire, services, up, status, code):
    deployment = up(models.one_task("Codes", "first", call={"retry": {"total_attempts": 2}}))
    services["first"].always = fail(status)

    instance = wire.started(deployment)

    record = wire.ended(instance)
    assert (record["state"], record["error_code"]) == ("ERROR", code)
    if status >= 500:
        assert len(services["first"].calls_of(instance)) == 2


def test_a49_nobody_listens(wire, services, deployed):
    # The preexisting task is not probed, so the deployment is RUNNING all the same.
    deployment = deployed(f"{models.FULL}/error_gateway/upstream_unavailable/upstream_unavailable.bpmn")
    services["secret-sauce"].stop()

    record = wire.ended(wire.started(deployment))

    assert (record["state"], record["error_code"], record["failed_task_id"]) == ("ERROR", "FAILED_CONNECTION", "Task_1nyu98k")


def test_a50_error_boundary(wire, services, deployed):
    deployment = deployed(f"{models.FULL}/error_gateway/error_gateway.bpmn")

    assert wire.completed(wire.started(deployment))["end_event"] == "success"

    services["unreliable-sauce"].always = fail(500)
    assert wire.completed(wire.started(deployment))["end_event"] == "error"


def test_a_hanging_service_fails_the_call(own, services):
    services["first"].always = hang(threading.Event())
    with running(own(environment={"FLOWD_SERVICE_TIMEOUT": "1"})) as flowd, Wire(flowd) as wire:
        deployment = wire.applied(models.one_task("Hang", "first"))
        wire.wait_state(deployment, "RUNNING")

        record = wire.ended(wire.started(deployment))

    assert (record["state"], record["error_code"]) == ("ERROR", "FAILED_CONNECTION")
    assert record["error_msg"].endswith("timed out after 1 s")


def test_a_trickling_service_is_waited_for(wire, services, up):
    deployment = up(models.one_task("Trickle", "first"))
    services["first"].plans.append(trickle({"slow": True}, 1.0))

    assert wire.result(wire.started(deployment)) == {"slow": True}


def test_an_answer_that_is_not_json_is_kept(wire, services, up):
    deployment = up(models.one_task("Text", "first"))
    services["first"].plans.append(answer(b"plain words", content_type="text/plain"))

    record = wire.completed(wire.started(deployment))

    assert (record["result"], record["content_type"].split(";")[0]) == ("plain words", "text/plain")


def test_path_templating(flowd, wire, services, up):
    xml = models.one_task("Path", "first", call={"path": "/coworker/{coworker}/favorite-food"})
    deployment = up(xml)
    url = start_url(flowd, process_id_of(xml), deployment)

    gary = requests.post(url, json={"coworker": "Gary"}, timeout=10).json()["id"]
    wire.completed(gary)
    assert [call.path for call in services["first"].calls_of(gary)] == ["/coworker/Gary/favorite-food"]

    nobody = requests.post(url, json={"other": 1}, timeout=10).json()["id"]
    assert wire.ended(nobody)["error_code"] == "FAILED_CONTEXT_INPUT_PARSING"
    assert not services["first"].calls_of(nobody)
