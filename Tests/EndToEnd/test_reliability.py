"""Rows A86 and A103 to A106: services that exist already, kills, many instances, the older dialect, the walk-through."""
import json
import os
import pathlib
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from harness import models
from harness.daemons import Healthd, flowctl, running
from harness.paths import EXAMPLES, corpus, program
from harness.services import hang
from harness.waiting import until
from harness.v1 import V1
from harness.wire import CALL_S, DEPLOYMENT, INSTANCE, Wire
from test_gateways import TEST2, post_and_complete

DATA = "tests/integration/data"
KILLS = 8
# The row says 100,000; that many take a minute, so CI makes fewer and `A104_INSTANCES=100000 make e2e FILTER=a104` all of them.
MANY = int(os.environ.get("A104_INSTANCES", "20000"))
IN_FLIGHT = 256
MIB = 1 << 20


def test_a86_two_processes_share_a_preexisting_service(wire, services, deployed):
    profits, does_not = deployed(f"{DATA}/test5_a.bpmn"), deployed(f"{DATA}/test5_b.bpmn")

    with ThreadPoolExecutor(10) as pool:
        instances = list(pool.map(wire.started, [profits, does_not] * 20))
        results = list(pool.map(wire.result, instances))

    assert results[0::2] == [{"cashflow": "Positive!", "sauce": "Applied.", "underpants": "Collected."}] * 20
    assert results[1::2] == [{"sauce": "Applied.", "underpants": "Collected."}] * 20
    assert len(services["my-secret-sauce"].calls) == 40


def test_a86_a_preexisting_service_twice_in_one_process(flowd, wire, deployed):
    xml = models.unique(models.text(f"{DATA}/test6_repeated.bpmn"))
    deployment = wire.applied(xml)
    wire.wait_state(deployment, "RUNNING")

    for value in (-1, 0, 41):
        assert post_and_complete(flowd, wire, xml, deployment, {"val": value})[1] == {"sauce": "Applied.", "val": value + 2}


def test_a86_different_paths_of_one_service(wire, deployed):
    deployment = deployed(f"{models.FULL}/repeated-task/repeated.bpmn")

    assert wire.result(wire.started(deployment)) == {"Biscuits": "Hot and Fluffy", "cashflow": "Positive!", "sauce": "Applied."}


def test_a86_nothing_is_started_for_a_preexisting_service(wire, services, up, tmp_path):
    marker = tmp_path / "started"
    model = models.Model(models.fresh("Preexisting")).start().task("Work", "first", preexisting=True, command=["touch", str(marker)]).end()
    deployment = up(model.path("Start", "Work", "End").xml())

    wire.completed(wire.started(deployment))

    assert len(services["first"].calls) == 1
    assert not marker.exists()


@pytest.mark.each_store
def test_a103_kill_9_loses_and_doubles_nothing(tmp_path):
    loop = pathlib.Path(__file__).with_name("kill_loop.py")

    done = subprocess.run(
        [sys.executable, loop, "--kills", str(KILLS), "--folder", tmp_path], capture_output=True, text=True, timeout=180, check=False
    )

    assert done.returncode == 0, done.stdout + done.stderr


def start_many(wire, deployment, count):
    """Starts so many instances with a bounded number of calls in flight; their ids."""
    slots = threading.Semaphore(IN_FLIGHT)
    # As much as makes them more than one message of the original's `ps`.
    request = wire.messages.RunRequest(workflow_id=deployment, metadata=wire.pairs({"order": "x" * 100}))
    calls = []
    for _ in range(count):
        slots.acquire()
        call = wire.stub.RunWorkflow.future(request, timeout=CALL_S)
        call.add_done_callback(lambda _: slots.release())
        calls.append(call)
    return [json.loads(call.result().data)["id"] for call in calls]


def test_a104_many_instances_are_listed_with_bounded_memory(own):
    with running(own()) as flowd, Wire(flowd) as wire:
        deployment = wire.applied(models.nothing("Many"))
        wire.wait_state(deployment, "RUNNING")
        instances = start_many(wire, deployment, MANY)
        wire.completed(instances[-1])
        before = flowd.resident_bytes()

        done = flowctl("ps", "-o", flowd=flowd, timeout=120)

        assert done.returncode == 0, done.stderr
        listed = json.loads(done.stdout)
        assert listed.keys() == set(instances)
        assert {record["state"] for record in listed.values()} == {"COMPLETED"}
        # The original's call has no pages: it tells as many as a client takes that has gRPC's own limit, and says that there are more.
        newest = wire.ps(INSTANCE)
        assert 5_000 < len(newest.data) < MANY
        assert list(newest.data) == list(listed)[: len(newest.data)]
        assert newest.status == 0 and f"the newest {len(newest.data)}" in newest.message
        assert flowd.resident_bytes() - before < 64 * MIB


def test_a104_a_binary_result_does_not_break_ps(flowd, wire, services, up):
    deployment = up(models.one_task("Binary", "first"))
    release = threading.Event()
    services["first"].always = hang(release)
    instance = wire.started(deployment)
    headers = {"X-Rexflow-Iid": instance, "Content-Type": "application/octet-stream"}

    requests.post(f"{flowd.url}/", data=b"\xff\x00\xfe", headers=headers, timeout=10)

    record = wire.completed(instance)
    release.set()
    assert record["content_type"] == "application/octet-stream"
    assert wire.ps(INSTANCE).ok()[instance]["state"] == "COMPLETED"
    assert flowctl("ps", instance, flowd=flowd).returncode == 0


def test_a104_large_results_do_not_break_lists(own, services, tmp_path):
    """Results of more than one message together: each list still comes, and the dashboard still knows flowd."""
    flowd = own()
    with running(flowd, Healthd(tmp_path / "healthd", flowd)) as (_, healthd), Wire(flowd) as wire, V1(flowd) as v1:
        deployment = wire.applied(models.one_task("Large", "echo"))
        wire.wait_state(deployment, "RUNNING")
        made = [wire.started(deployment, json.dumps("x" * (2 * MIB))) for _ in range(5)]
        for instance in made:
            assert wire.ended(instance)["state"] == "COMPLETED"

        table = flowctl("ps", "-o", "table", flowd=flowd)
        assert table.returncode == 0, table.stderr
        assert [line.split()[0] for line in table.stdout.splitlines()[1:]] == made[::-1]
        listed = flowctl("ps", "-o", flowd=flowd)
        assert listed.returncode == 0, listed.stderr
        assert json.loads(listed.stdout).keys() == set(made)
        assert 1 <= len(v1.ListInstances(page_size=100).instances) <= 5
        page = requests.get(f"{healthd.url}/", headers={"Accept": "text/html"}, timeout=10).text
        assert "can not be reached" not in page
        assert made[-1] in page


def test_a105_globals_on_the_start_event(flowd, wire, ctl, deployed):
    xml = models.text(f"{TEST2}")
    deployment = deployed(TEST2)
    assert deployment.startswith("test2-")

    assert post_and_complete(flowd, wire, xml, deployment, {"val": 1}) == ("end-didnot-profit", {"val": 2})
    assert post_and_complete(flowd, wire, xml, deployment, {"val": 137})[0] == "end-did-profit"

    assert "start event" in warnings(ctl, TEST2).lower()


def test_a105_kafka_topic_on_events(ctl):
    # Accepted: the model compiles, and has its id. That the event does not run yet is for apply to say.
    assert "kafka_topic" in warnings(ctl, f"{DATA}/test3_events.bpmn")
    done = ctl("validate", "-o", corpus(f"{DATA}/test3_events.bpmn"))
    assert (done.returncode, json.loads(done.stdout)["status"]) == (0, 0)


def warnings(ctl, relative):
    """All warnings that validate has about a model, as one text."""
    line = json.loads(ctl("validate", "-o", "json", corpus(relative)).stdout)
    return "\n".join(finding["message"] for finding in line["findings"] if finding["severity"] == "warning")


def test_a106_the_walk_through(own, tmp_path):
    flowd = own()
    with running(flowd, Healthd(tmp_path / "healthd", flowd)) as (_, healthd):

        def ctl(*arguments):
            done = flowctl(*arguments, flowd=flowd, healthd=healthd)
            assert done.returncode == 0, done.stderr
            return done

        assert 'Got response: 0, "Ok", {}' in ctl("ps").stderr
        deployment = json.loads(ctl("apply", "-o", EXAMPLES / "calc/calcprocess.bpmn").stdout)["wf_id"]

        def state():
            return json.loads(ctl("ps", "-o", "-k", "DEPLOYMENT", deployment).stdout)[deployment]["state"]

        until(lambda: state() == "RUNNING", "RUNNING", 30, every=0.2)
        instance = json.loads(ctl("run", "-o", deployment, "42").stdout)["id"]
        until(lambda: json.loads(ctl("ps", "-o", instance).stdout)[instance].get("result") == "[3528.0]", "the result", 15, every=0.1)
        ctl("stop", "-k", "DEPLOYMENT", deployment)
        until(lambda: state() == "STOPPED", "STOPPED", 30, every=0.2)


@pytest.mark.each_store
def test_run_wait_goes_on_over_kill_9(own, services):
    flowd = own().start()
    # It comes back on the same port, as a service manager would bring it.
    flowd.grpc_address = flowd.grpc
    release = threading.Event()
    with Wire(flowd) as wire:
        deployment = wire.applied(models.one_task("Waited", "first"))
        wire.wait_state(deployment, "RUNNING")
    services["first"].always = hang(release)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(flowctl, "run", "--wait", deployment, "1", flowd=flowd)
        until(lambda: services["first"].calls, "the task is called")

        flowd.kill()
        services["first"].always = None
        release.set()
        flowd.start()

        done = waiting.result(30)
    assert (done.returncode, done.stdout.strip()) == (0, '{"first":"done"}'), done.stderr
    assert "flowd went away" in done.stderr
    flowd.stop()


def test_a_retry_of_many(wire, services, deployed):
    """The original's test 4: a step that fails now and then, retried until everything is through."""
    deployment = deployed(f"{DATA}/test4_retry.bpmn")
    counter = iter(range(10**9))
    lock = threading.Lock()

    def every_second(handler, call):
        with lock:
            number = next(counter)
        if number % 2:
            handler.answer_as_usual(call)
        else:
            handler.reply(500, b"{}", "application/json")

    services["unreliablesauce-test"].always = every_second
    instances = [wire.started(deployment) for _ in range(40)]
    for _ in range(18):
        records = {instance: wire.ended(instance) for instance in instances}
        stopped = [instance for instance, record in records.items() if record["state"] == "STOPPED"]
        if not stopped:
            break
        wire.start(INSTANCE, *stopped)

    assert {record["state"] for record in wire.ps(INSTANCE, instances).ok().values()} == {"COMPLETED"}


@pytest.mark.each_store
def test_flowd_stops_cleanly_and_comes_back(own):
    flowd = own()
    with running(flowd), Wire(flowd) as wire:
        deployment = wire.applied(models.one_task("Back"))
        wire.wait_state(deployment, "RUNNING")
        instance = wire.started(deployment, "1")
        before = wire.completed(instance)
    assert flowd.process.returncode == 0

    with running(flowd), Wire(flowd) as wire:
        assert wire.record(instance) == before
        assert wire.ps(DEPLOYMENT).ok().keys() == {deployment}
        wire.wait_state(deployment, "RUNNING")
        wire.completed(wire.started(deployment, "2"))


def test_a_watch_goes_on_over_a_restart_of_flowd(own):
    with running(own()) as flowd:
        flowd.grpc_address = flowd.grpc
        host, port = flowd.grpc.rsplit(":", 1)
        watch = subprocess.Popen(
            [program("flowctl"), "--flowd-host", host, "--flowd-port", port, "ps", "--watch", "-d", "-o", "name"],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        with Wire(flowd) as wire:
            before = wire.applied(models.nothing("Before"))
        assert watch.stdout.readline().strip() == before
        flowd.kill()
        flowd.start()
        with Wire(flowd) as wire:
            after = wire.applied(models.nothing("After"))

        # What was told before is not told again.
        assert watch.stdout.readline().strip() == after, watch.communicate(timeout=10)[1]
        watch.terminate()
        assert "flowd went away" in watch.communicate(timeout=10)[1]
