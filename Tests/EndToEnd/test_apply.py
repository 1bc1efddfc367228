"""Rows A6 to A13, A15 and A88: deployments, their ids, and what is refused."""
import json
import re
import subprocess

import pytest

from harness import models
from harness.daemons import running
from harness.paths import corpus
from harness.wire import DEPLOYMENT, Wire

pytestmark = pytest.mark.each_store

# Each with the id that the original gave it (rexflow.md, section 12), observed there.
VECTORS = {
    "examples/calc/calcprocess.bpmn": "calcprocess-d8e04dfd",
    "examples/underpants/underpants.bpmn": "underpants-6f9668a9",
    "examples/k8s/k8s-underpants.bpmn": "underpants-9634ed92",
    "examples/istio/istio-underpants.bpmn": "underpants-ea006594",
    f"{models.FULL}/async-service-task/async.bpmn": "async-force-98b88f35",
    f"{models.FULL}/async-service-task/async_bavs.bpmn": "async-bavs-607e6af2",
    f"{models.FULL}/async-service-task/notifier.bpmn": "underpants-01a1f91e",
    f"{models.FULL}/closure/closure_example.bpmn": "closure-example-7f1aad1c",
    f"{models.FULL}/closure/closure_array.bpmn": "closure-array-29398ca0",
    f"{models.FULL}/error_gateway/closure_bad_input.bpmn": "underpants-4ea46d0c",
    f"{models.FULL}/error_gateway/closure_bad_output.bpmn": "underpants-c3d6fba4",
    f"{models.FULL}/error_gateway/error_gateway.bpmn": "error-demo-4a229bc9",
    f"{models.FULL}/error_gateway/unreliable.bpmn": "error-demo-73c4527b",
    f"{models.FULL}/error_gateway/upstream_unavailable/upstream_unavailable.bpmn": "unavailable-a89768c2",
    f"{models.FULL}/exclusive-gateway/conditional_feel.bpmn": "conditional-b4e83f41",
    f"{models.FULL}/exclusive-gateway/conditional_python.bpmn": "conditional-e55771e6",
    f"{models.FULL}/heterogeneous-workflows/heterogeneous-underpants.bpmn": "h-pants-e303608f",
    f"{models.FULL}/heterogeneous-workflows/heterogeneous-underpants-2.bpmn": "h2-pants-9555d7f2",
    f"{models.FULL}/multiple-start-events/istio-underpants.bpmn": "closure-b6f73d44",
    f"{models.FULL}/passthrough.bpmn": "process-1mfsu4j-8fe5cc98",
    f"{models.FULL}/path_templating/path_templating.bpmn": "process-1tbxrdw-287383a9",
    f"{models.FULL}/reliable/reliable.bpmn": "underpants-3fa4b794",
    f"{models.FULL}/reliable/conditional.bpmn": "conditional-79ae9866",
    f"{models.FULL}/repeated-task/repeated.bpmn": "repeated-4d93f507",
    f"{models.FULL}/retries/retry-demo.bpmn": "retry-demo-568f6aad",
    f"{models.FULL}/shadow/traffic_shadow.bpmn": "shadow-1ab2dd6d",
    f"{models.FULL}/start-stop-events/a.bpmn": "a-acc42a41",
    f"{models.FULL}/start-stop-events/b.bpmn": "underpants-5a7e1c79",
    f"{models.FULL}/throw-catch-events/throw.bpmn": "throw-demo-0a5d4efe",
    f"{models.FULL}/throw-catch-events/catch.bpmn": "catch-demo-dd20c530",
    f"{models.FULL}/timed_events/simple_tice.bpmn": "tice-6b3ab9ef",
    f"{models.FULL}/timed_events/simple_tice_dual.bpmn": "tice-23e4f936",
    f"{models.FULL}/timed_events/simple_tice_r31m.bpmn": "tice-r3t1m-7359408c",
    f"{models.FULL}/timed_events/conditional_feel_timed.bpmn": "conditional-72fe9bf1",
    f"{models.FULL}/timed_events/conditional_feel_timed_multi.bpmn": "underpants-bc32ac12",
    f"{models.FULL}/timed_events/conditional_feel_timed_start.bpmn": "conditional-b40d248c",
    f"{models.FULL}/timed_events/istio-underpants-timed.bpmn": "underpants-e3ee0caf",
    f"{models.FULL}/timed_events/timed_start_cycle.bpmn": "timedstart-442e31b8",
    f"{models.FULL}/timed_events/timed_start_date.bpmn": "timedstart-94ba59d9",
    f"{models.FULL}/timed_events/timed_start_delay.bpmn": "timedstart-25ed7a15",
    f"{models.FULL}/timed_events/timed_start_delay_conditional_feel_timed.bpmn": "timedcond-a41e491d",
    f"{models.FULL}/timed_events/timed_subst_test.bpmn": "timed-subst-9da9135c",
}


def test_a06_apply(ctl):
    done = ctl("apply", corpus(models.ISTIO_UNDERPANTS), "-o")

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"status": 0, "message": "Ok.", "wf_id": "underpants-ea006594"}
    assert "Got response: 0, \"Ok\"" in done.stderr


def test_a07_deployment_ids_are_the_originals(ctl):
    done = ctl("validate", "-o", "json", *(corpus(name) for name in VECTORS))

    lines = [json.loads(line) for line in done.stdout.splitlines()]
    found = {name: line.get("wf_id") for name, line in zip(VECTORS, lines, strict=True)}
    assert found == VECTORS


@pytest.mark.parametrize("name", VECTORS)
def test_a07_flowctl_and_the_wire_say_the_same(wire, ctl, name):
    # What does not run yet is for apply to refuse; the original compiled each of these.
    done = ctl("validate", corpus(name), "-o")

    line = json.loads(done.stdout)
    expected = {"status": 0, "message": "Ok.", "wf_id": VECTORS[name]}
    assert {key: line[key] for key in expected} == expected
    assert done.returncode == 0, done.stderr
    assert wire.validate(models.text(name)).ok() == expected


def test_a08_layout_does_not_change_the_id_but_a_name_does(wire):
    xml = models.text(models.ISTIO_UNDERPANTS)
    moved = re.sub(r'<dc:Bounds x="\d+"', '<dc:Bounds x="7"', xml)
    assert moved != xml
    renamed = models.replaced(xml, ('name="Collect underpants"', 'name="Collect socks"'))

    ids = [wire.validate(text).ok()["wf_id"] for text in (xml, moved, renamed)]

    assert ids[0] == ids[1] == "underpants-ea006594"
    assert ids[2] != ids[0] and ids[2].startswith("underpants-")


def test_a09_a_second_apply_is_refused_on_the_wire_and_unchanged_in_flowctl(wire, ctl, tmp_path):
    xml = models.one_task("Twice")
    deployment = wire.applied(xml)

    again = wire.apply(xml)
    assert again.status == -1
    assert "already exists" in again.message

    file = tmp_path / "twice.bpmn"
    file.write_text(xml)
    # The design's one deviation: a repeated apply by flowctl is no failure.
    done = ctl("apply", file)
    assert done.returncode == 0, done.stderr
    assert "unchanged" in done.stdout + done.stderr
    assert deployment in done.stdout + done.stderr


def test_a10_apply_several_files(ctl, wire, tmp_path):
    bad, good = tmp_path / "bad.bpmn", tmp_path / "good.bpmn"
    bad.write_text("<bpmn:definitions>")
    good.write_text(models.one_task("GoodOne"))
    expected = wire.validate(good.read_text()).ok()["wf_id"]

    done = ctl("apply", bad, good)

    assert done.returncode == 255
    assert str(bad) in done.stderr
    assert wire.ps(DEPLOYMENT, [expected]).ok()[expected]["state"] in ("STARTING", "RUNNING")


def test_a11_apply_stopped_then_start(ctl, wire, tmp_path):
    file = tmp_path / "stopped.bpmn"
    file.write_text(models.one_task("Stopped"))

    done = ctl("apply", "--stopped", "-o", file)
    deployment = json.loads(done.stdout)["wf_id"]
    assert wire.state(deployment) == "STOPPED"

    assert ctl("start", "-d", deployment).returncode == 0
    wire.wait_state(deployment, "RUNNING")


def duplicate_names():
    model = models.Model(models.fresh("Dup")).start().task("One", "echo", name="Same name").task("Two", "echo", name="same.name")
    return model.end().path("Start", "One", "Two", "End").xml()


def no_start_event():
    return models.Model(models.fresh("NoStart")).task("One", "echo").end().path("One", "End").xml()


def gateway_without_default():
    model = models.Model(models.fresh("NoDefault"), xgw_expression_type="python").start().element("exclusiveGateway", "Choice")
    model.end("Left").end("Right").path("Start", "Choice")
    return model.flow("Choice", "Left", "req_json['a'] == 1").flow("Choice", "Right", "req_json['a'] == 2").xml()


REJECTED = {
    "two defaults (old_conditional)": lambda: models.text(f"{models.FULL}/exclusive-gateway/old_conditional.bpmn"),
    "dangling catch event (istio-underpants-timed)": lambda: models.text("examples/istio/istio-underpants-timed.bpmn"),
    "duplicate derived names": duplicate_names,
    "no start event": no_start_event,
    "exclusive gateway without default": gateway_without_default,
}


@pytest.mark.parametrize("case", REJECTED)
def test_a12_rejected_with_reason_and_nothing_stored(wire, case):
    before = wire.ps(DEPLOYMENT).ok()

    result = wire.apply(REJECTED[case]())

    refused = result.message if result.status == -1 else result.data["message"] if result.data["status"] == -1 else None
    assert refused, result
    assert refused not in ("Ok", "Ok.")
    assert wire.ps(DEPLOYMENT).ok().keys() == before.keys()


def test_a13_validate_of_a_bad_file_exits_non_zero(ctl, tmp_path):
    bad = tmp_path / "bad.bpmn"
    bad.write_text(no_start_event())

    done = ctl("validate", "-o", bad)

    assert done.returncode == 1
    line = json.loads(done.stdout)
    assert line["status"] == -1
    assert line["message"]
    assert any(finding["severity"] == "error" and finding["message"] for finding in line["findings"])


def test_a13_validate_of_a_good_file_exits_zero(ctl):
    done = ctl("validate", "-o", corpus(models.ISTIO_UNDERPANTS))

    assert done.returncode == 0, done.stderr
    line = json.loads(done.stdout)
    assert {key: line[key] for key in ("status", "wf_id", "ok", "processes", "flow_nodes", "sequence_flows")} == {
        "status": 0,
        "wf_id": "underpants-ea006594",
        "ok": True,
        "processes": 1,
        "flow_nodes": 5,
        "sequence_flows": 4,
    }


def test_a15_ps_of_a_deployment(ctl, up):
    plain = up(models.one_task("Plain"))
    annotated = up(models.one_task("Opaque", user_opaque_metadata={"owner": "hong", "tier": "gold"}))

    assert json.loads(ctl("ps", "-d", plain, "-o").stdout) == {plain: {"state": "RUNNING"}}
    assert json.loads(ctl("ps", "-d", annotated, "-o").stdout) == {
        annotated: {"state": "RUNNING", "user_opaque_metadata": {"owner": "hong", "tier": "gold"}}
    }


# What of the sanitiser's vectors an XML id can hold; None is refused.
PROCESS_IDS = {
    "emailed_1": "emailed-1",
    "a--b__c": "a-b-c",
    "Dot.dot.dot...": "dot-dot-dot",
    "Événement": "vnement",
    "数据": None,
    "x" * 70: "x" * 54 + "-c71bd109",
}

NAMES = {"Dot dot dot...": "dot-dot-dot", "Profit!": "profit", "emailed_1": "emailed-1", "Événement": "vnement"}


def test_a88_sanitiser_of_process_ids(wire):
    for identifier, expected in PROCESS_IDS.items():
        model = models.Model(identifier).start().end().path("Start", "End").xml()
        result = wire.validate(model)
        if expected is None:
            assert result.status == -1 or result.data["status"] == -1, result
        else:
            assert re.fullmatch(re.escape(expected) + "-[0-9a-f]{8}", result.ok()["wf_id"]), (identifier, result)


def test_a88_sanitiser_of_end_event_names(wire, up):
    for name, expected in NAMES.items():
        deployment = up(models.nothing("Names", end_name=name))
        assert wire.completed(wire.started(deployment))["end_event"] == expected


BROKEN = {
    "not XML": "hello",
    "truncated": "<bpmn:definitions",
    "entities": '<!DOCTYPE d [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]>' + models.HEADER + "&b;</bpmn:definitions>",
    "external entity": '<!DOCTYPE d [<!ENTITY a SYSTEM "file:///etc/hostname">]>' + models.HEADER + "&a;</bpmn:definitions>",
    "deep": models.HEADER + "<bpmn:process>" * 10_000,
    "empty": "",
    "another root": '<bpmn:process xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" id="P" />',
    "YAML error in an annotation": models.Model("BadYaml").start().end().path("Start", "End").xml().replace(
        "</bpmn:process>", "<bpmn:textAnnotation id='N'><bpmn:text>rexflow_global_properties: [a</bpmn:text></bpmn:textAnnotation></bpmn:process>"
    ),
    "missing reference": models.Model("Missing").start().end().path("Start", "Nowhere").xml(),
    "duplicate ids": models.Model("Duplicate").start().start().end().path("Start", "End").xml(),
}


@pytest.mark.parametrize("case", BROKEN)
def test_broken_input_is_refused_with_a_reason(wire, ctl, tmp_path, case):
    result = wire.apply(BROKEN[case])
    reason = result.message if result.status == -1 else result.data["message"]
    assert result.status == -1 or result.data["status"] == -1
    assert len(reason) > 10

    file = tmp_path / "broken.bpmn"
    file.write_text(BROKEN[case])
    assert ctl("validate", file).returncode == 1


@pytest.mark.sqlite_only("a data directory has one owner; on etcd the second stands by")
def test_two_daemons_do_not_share_a_store(own):
    with running(own()) as first:
        second = own()
        second.data = first.data
        assert second_exit(second) not in (0, None)
        assert str(first.process.pid) in second.log(), second.log_tail()

        with Wire(first) as wire:
            assert wire.ps(DEPLOYMENT).ok() == {}


def second_exit(daemon):
    """Starts a daemon that must refuse to start; its exit status."""
    with open(daemon.log_path, "ab") as log:
        process = subprocess.Popen([str(part) for part in daemon.command()], stdout=log, stderr=log, env=daemon.environment)
        try:
            return process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            return None
