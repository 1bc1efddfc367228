"""The gRPC wire as other clients see it: reflection, health, deadlines, cancellation, and each call of flow.v1."""
import contextlib
import functools
import json
import pathlib
import queue
import re
import sqlite3
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest
from google.protobuf import descriptor_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from harness import models
from harness.daemons import flowctl, running
from harness.paths import EXAMPLES
from harness.services import hang
from harness.v1 import V1, code
from harness.waiting import until
from harness.wire import Wire

pytestmark = pytest.mark.each_store

SERVICES = {
    "FlowDaemon",
    "flow.v1.Flow",
    "grpc.health.v1.Health",
    "grpc.reflection.v1.ServerReflection",
    "grpc.reflection.v1alpha.ServerReflection",
}


@pytest.fixture(scope="module")
def v1(flowd, wire):
    with V1(flowd) as v1:
        yield v1


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """A flowd with no healthd beside it and no mapped host: services are started by their commands."""
    from harness.daemons import Flowd

    with running(Flowd(tmp_path_factory.mktemp("alone"))) as flowd:
        yield flowd


class Reading:
    """A stream read on a thread of its own, so that a test can wait for what it wants."""

    def __init__(self, stream):
        self.stream = stream
        self.items = queue.Queue()
        self.seen = []
        self.error = None
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        try:
            for item in self.stream:
                self.items.put(item)
        except grpc.RpcError as error:
            self.error = error
        self.items.put(None)

    def next(self, wanted, seconds=10):
        """The next item that is wanted; those before it are kept in `seen`."""
        while True:
            try:
                item = self.items.get(timeout=seconds)
            except queue.Empty:
                raise AssertionError(f"nothing wanted within {seconds} s; seen: {self.seen!r}") from None
            assert item is not None, f"the stream ended: {self.error!r}"
            self.seen.append(item)
            if wanted(item):
                return item


@contextlib.contextmanager
def reading(stream):
    try:
        yield Reading(stream)
    finally:
        stream.cancel()


def reflected(channel, **request):
    stub = reflection_pb2_grpc.ServerReflectionStub(channel)
    return next(iter(stub.ServerReflectionInfo(iter([reflection_pb2.ServerReflectionRequest(**request)]), timeout=10)))


# What gRPC promises.


def test_reflection_lists_the_services(v1):
    answer = reflected(v1.channel, list_services="")

    assert SERVICES <= {service.name for service in answer.list_services_response.service}


@pytest.mark.parametrize("symbol", ["flow.v1.Flow", "flow.v1.Deployment", "FlowDaemon", "grpc.health.v1.Health"])
def test_reflection_gives_descriptors(v1, symbol):
    answer = reflected(v1.channel, file_containing_symbol=symbol)

    files = [descriptor_pb2.FileDescriptorProto.FromString(data) for data in answer.file_descriptor_response.file_descriptor_proto]
    name = symbol.rsplit(".", 1)[-1]
    assert any(thing.name == name for file in files for thing in [*file.service, *file.message_type])


def test_reflection_of_an_unknown_symbol_is_an_error_answer(v1):
    assert reflected(v1.channel, file_containing_symbol="flow.v1.Nobody").error_response.error_code == grpc.StatusCode.NOT_FOUND.value[0]


@pytest.mark.parametrize("service", ["", "flow.v1.Flow", "FlowDaemon"])
def test_health_is_serving(v1, service):
    stub = health_pb2_grpc.HealthStub(v1.channel)

    assert stub.Check(health_pb2.HealthCheckRequest(service=service), timeout=5).status == health_pb2.HealthCheckResponse.SERVING


def test_health_of_an_unknown_service_is_not_found(v1):
    stub = health_pb2_grpc.HealthStub(v1.channel)

    assert code(stub.Check, health_pb2.HealthCheckRequest(service="nobody"), timeout=5)[0] == "NOT_FOUND"


def test_an_unknown_method_and_service_are_unimplemented(v1):
    for path in ("/flow.v1.Flow/Nothing", "/flow.v9.Flow/Apply", "/", "/FlowDaemon/"):
        call = v1.channel.unary_unary(path, request_serializer=bytes, response_deserializer=bytes)
        assert code(call, b"", timeout=5)[0] == "UNIMPLEMENTED", path


@pytest.mark.parametrize("data", [b"\xff\xff\xff\xff", b"\x0a\xff\xff\xff\xff\x0f", b"\x0b" * 5000, bytes(range(256))])
def test_bytes_that_are_no_protobuf_are_refused(v1, data):
    call = v1.channel.unary_unary("/flow.v1.Flow/CreateInstance", request_serializer=bytes, response_deserializer=bytes)

    assert code(call, data, timeout=5)[0] in ("INVALID_ARGUMENT", "INTERNAL")


def test_a_deadline_is_kept(v1):
    assert code(v1.WatchDeployments, timeout=0.3)[0] == "DEADLINE_EXCEEDED"
    assert code(v1.GetInstance, id="flow-none", not_before=1 << 40, timeout=0.3)[0] in ("DEADLINE_EXCEEDED", "NOT_FOUND")
    assert v1.ListDeployments(timeout=5) is not None


def ask_for_what_never_comes(v1, calls=64):
    """So many calls at once that want a position far beyond the journal, each with a short deadline."""
    with ThreadPoolExecutor(calls) as pool:
        answers = list(pool.map(lambda _: code(v1.ListInstances, not_before=1 << 40, timeout=0.5)[0], range(calls)))
    assert set(answers) <= {"DEADLINE_EXCEEDED", "UNAVAILABLE", "INVALID_ARGUMENT", "OUT_OF_RANGE", "FAILED_PRECONDITION"}


def test_a_position_beyond_the_journal_keeps_nobody_else_waiting(own):
    flowd = own().start()
    with V1(flowd) as v1:
        ask_for_what_never_comes(v1)

        assert v1.ListInstances(timeout=2) is not None


def test_calls_whose_deadline_is_over_do_not_hold_up_the_stop(own):
    flowd = own().start()
    with V1(flowd) as v1:
        ask_for_what_never_comes(v1)

    flowd.process.terminate()
    assert flowd.process.wait(5) == 0


def test_a_canceled_watch_is_forgotten(flowd, v1):
    for _ in range(200):
        stream = v1.WatchInstances(newest=1, timeout=20)
        next(iter(stream))
        stream.cancel()
        assert stream.code() == grpc.StatusCode.CANCELLED

    before = flowd.resident_bytes()
    for _ in range(200):
        v1.WatchInstances(timeout=20).cancel()
    assert flowd.resident_bytes() - before < 16 << 20
    assert v1.ListDeployments(timeout=5) is not None


# flow.v1, call by call.


def test_deployments_are_listed(v1, up):
    deployment = up(models.one_task("Listed"))

    found = v1.ListDeployments(names=[deployment.upper()]).deployments

    assert [shown.id for shown in found] == [deployment]
    shown = found[0]
    assert v1.messages.DeploymentState.Name(shown.state) == "DEPLOYMENT_RUNNING"
    assert (shown.version, shown.process_id) == (1, deployment_process(deployment, shown))
    assert [probe.element_id for probe in shown.probes] == ["Work"]
    assert shown.applied_ms > 0 and shown.since_ms >= shown.applied_ms
    assert list(v1.ListDeployments(names=["no-such-deployment"]).deployments) == []


def deployment_process(deployment, shown):
    assert deployment.startswith(re.sub("[^a-z0-9]+", "-", shown.process_id.lower()))
    return shown.process_id


def test_a_watch_of_deployments_tells_what_is_and_then_each_change(v1, wire):
    before = wire.applied(models.nothing("Before"))
    with reading(v1.WatchDeployments(timeout=30)) as watch:
        watch.next(lambda event: event.snapshot_done)
        assert before in {event.deployment.id for event in watch.seen}

        after = wire.applied(models.nothing("After"))

        event = watch.next(lambda event: event.deployment.id == after and event.deployment.state == v1.messages.DEPLOYMENT_RUNNING)
        assert event.position > 0
        wire.stop(0, after).ok()
        watch.next(lambda event: event.deployment.id == after and event.deployment.state == v1.messages.DEPLOYMENT_STOPPED)
        wire.delete(0, after).ok()
        watch.next(lambda event: event.deployment.id == after and event.deleted)


def test_instances_come_in_pages(v1, up):
    deployment = up(models.nothing("Pages"))
    made = [v1.CreateInstance(deployment=deployment).instance_id for _ in range(25)]
    position = v1.CreateInstance(deployment=deployment, request_id="last").position
    made.append(v1.CreateInstance(deployment=deployment, request_id="last").instance_id)

    pages, token = [], ""
    while True:
        page = v1.ListInstances(deployment_id=deployment, page_size=10, page_token=token, not_before=position)
        pages.append([instance.id for instance in page.instances])
        token = page.next_page_token
        if not token:
            break

    assert [len(page) for page in pages if page] == [10, 10, 6]
    assert sum(pages, []) == made[::-1]


def test_a_page_token_of_nobody_is_refused(v1):
    assert code(v1.ListInstances, page_token="drop table")[0] == "INVALID_ARGUMENT"
    for token in ("-1", "9223372036854775807", "-9223372036854775808"):
        assert len(v1.ListInstances(page_token=token, page_size=4_000_000_000).instances) <= 1000
    assert code(v1.ListInstances, page_token="9223372036854775808")[0] == "INVALID_ARGUMENT"


def test_a_request_id_twice_makes_one_instance(v1, up):
    deployment = up(models.nothing("Twice"))

    with ThreadPoolExecutor(16) as pool:
        made = list(pool.map(lambda _: v1.CreateInstance(deployment=deployment, request_id="one").instance_id, range(16)))

    assert len(set(made)) == 1
    assert len(v1.ListInstances(deployment_id=deployment).instances) == 1


def test_an_instance_with_its_history(v1, up, services):
    deployment = up(models.one_task("Story", "first"))
    release = threading.Event()
    services["first"].always = hang(release)
    created = v1.CreateInstance(deployment=deployment, payload=b'{"a":1}', metadata={"who": "me"})
    until(lambda: services["first"].calls, "the service is called")

    live = v1.GetInstance(id=created.instance_id, not_before=created.position).instance
    assert v1.state_name(live) == "INSTANCE_RUNNING"
    assert [(active.element_id, active.waits_for) for active in live.active] == [("Work", "service call")]
    release.set()
    ended = v1.ended(created.instance_id)

    assert json.loads(ended.result) == {"a": 1, "first": "done"}
    assert dict(ended.metadata)["who"] == "me"
    history = v1.GetInstance(id=created.instance_id, history=True).history
    assert [entry.position for entry in history] == sorted(entry.position for entry in history)
    assert {"Start", "Work", "End"} <= {entry.element_id for entry in history}
    assert all(entry.time_ms > 0 for entry in history)


def test_a_watch_of_instances_tells_what_is_and_then_each_change(v1, up):
    deployment = up(models.nothing("Watched"))
    old = v1.CreateInstance(deployment=deployment)
    v1.ended(old.instance_id)
    with reading(v1.WatchInstances(deployment_id=deployment, newest=5, not_before=old.position, timeout=30)) as watch:
        watch.next(lambda event: event.snapshot_done)
        assert [event.instance.id for event in watch.seen if event.instance.id] == [old.instance_id]

        new = v1.CreateInstance(deployment=deployment).instance_id

        event = watch.next(lambda event: event.instance.id == new and event.instance.state == v1.messages.INSTANCE_COMPLETED)
        assert event.position > old.position


def test_a_watch_that_begins_with_many_instances(v1, up):
    deployment = up(models.nothing("Plenty"))
    with ThreadPoolExecutor(16) as pool:
        create = functools.partial(v1.CreateInstance, deployment=deployment, payload=json.dumps("x" * 4_000).encode())
        positions = list(pool.map(lambda _: create().position, range(900)))

    stream = v1.WatchInstances(deployment_id=deployment, newest=900, not_before=max(positions), timeout=30)
    next(iter(stream))
    # A reader that pauses for as long as two lists take.
    for _ in range(2):
        assert len(v1.ListInstances(deployment_id=deployment, page_size=900).instances) == 900
    with reading(stream) as watch:
        watch.next(lambda event: event.snapshot_done)
        assert len({event.instance.id for event in watch.seen if event.instance.id}) >= 899


def deployments(v1, **request):
    """All pages of ListDeployments, of which there must be more than one."""
    pages = [v1.ListDeployments(**request)]
    while pages[-1].next_page_token:
        pages.append(v1.ListDeployments(page_token=pages[-1].next_page_token, **request))
    assert len(pages) > 1
    return [item for page in pages for item in page.deployments]


def test_a_watch_that_begins_with_many_deployments(own):
    name = f'name="{"x" * 8_000}" '
    with running(own()) as flowd, Wire(flowd) as wire, V1(flowd) as v1:
        with ThreadPoolExecutor(8) as pool:
            named = functools.partial(models.replaced, models.nothing("Shelf"))
            made = list(pool.map(lambda number: wire.applied(named(("Shelf", f"Shelf{number}x"), ("isExec", name + "isExec")), True), range(600)))

        stream = v1.WatchDeployments(timeout=20)
        next(iter(stream))
        # A reader that pauses for as long as two lists take.
        for _ in range(2):
            assert [item.id for item in deployments(v1)] == [item.id for item in deployments(v1, page_size=70)]
            assert len(deployments(v1)) == 600
        with reading(stream) as watch:
            watch.next(lambda event: event.snapshot_done)
            assert len({event.deployment.id for event in watch.seen if event.deployment.id}) >= len(made) - 1


def test_more_ids_than_any_page_are_a_mistake_of_the_caller(v1):
    ids = [f"flow-{number:032x}" for number in range(20_000)]

    assert code(v1.ListInstances, ids=ids)[0] in ("INVALID_ARGUMENT", "RESOURCE_EXHAUSTED")
    assert code(v1.WatchInstances, ids=ids, timeout=5)[0] in ("INVALID_ARGUMENT", "RESOURCE_EXHAUSTED")


def test_reports_of_a_healthd_are_taken(own):
    """A healthd of the test's own: what it reports moves the deployment."""
    model = models.Model(models.fresh("Reported")).start().task("Work", "nobody", health={"period": 1}).end().path("Start", "Work", "End")
    with running(own(resolve={"nobody": "127.0.0.1:9"})) as flowd, V1(flowd) as v1, Wire(flowd) as wire:
        deployment = wire.applied(model.xml())
        report = v1.messages.ReportProbesRequest.Report
        health = v1.messages.ElementHealth

        def said(up):
            now = int(time.time() * 1000)
            element = health(element_id="Work", up=up, since_ms=now, checked_ms=now, reason="" if up else "the test says so")
            return v1.ReportProbes(
                reports=[report(deployment_id=deployment, elements=[element]), report(deployment_id="gone-00000000", elements=[element])],
                health_address="127.0.0.1:1",
            )

        assert list(said(True).unknown_deployment_ids) == ["gone-00000000"]
        # Again and again, as healthd does: flowd's own first probe may still be under way.
        until(lambda: said(True) and wire.state(deployment) == "RUNNING", "the report moves the deployment", every=0.2)
        said(False)
        (shown,) = v1.ListDeployments(names=[deployment]).deployments[0].health
        assert (shown.element_id, shown.up, shown.reason) == ("Work", False, "the test says so")


def test_reports_about_elements_that_never_were_are_not_kept(own):
    with running(own()) as flowd, V1(flowd) as v1, Wire(flowd) as wire:
        deployment = wire.applied(models.one_task("Ghosts"))
        wire.wait_state(deployment, "RUNNING")
        strange = [v1.messages.ElementHealth(element_id=f"Ghost{number}", up=True, since_ms=-1, checked_ms=1 << 62) for number in range(1000)]
        report = v1.messages.ReportProbesRequest.Report(deployment_id=deployment, elements=strange)

        v1.ReportProbes(reports=[report], health_address="not an address")

        assert [shown.element_id for shown in v1.ListDeployments(names=[deployment]).deployments[0].health] == ["Work"]


def test_logs_tail_and_follow(alone):
    file = EXAMPLES / "calc/calcprocess.bpmn"
    applied = flowctl("apply", "--wait", "-o", "json", file, flowd=alone)
    assert applied.returncode == 0, applied.stderr
    deployment = json.loads(applied.stdout)["wf_id"]
    with V1(alone) as v1:

        def run():
            v1.ended(v1.CreateInstance(deployment=deployment, payload=b"[3]").instance_id)

        run()
        lines = until(lambda: list(v1.Logs(deployment=deployment)), "a line of the log")
        assert any("POST" in line.text for line in lines) and {line.service for line in lines} == {"calc"}
        run()
        until(lambda: len(list(v1.Logs(deployment=deployment))) > len(lines), "another line")
        assert len(list(v1.Logs(deployment=deployment, service="Calculate", tail=1))) == 1
        with reading(v1.Logs(deployment=deployment, tail=1, follow=True, timeout=30)) as log:
            log.next(lambda line: "POST" in line.text)
            run()
            log.next(lambda line: "POST" in line.text)
        assert code(v1.Logs, deployment=deployment, service="nobody")[0] == "NOT_FOUND"
        assert code(v1.Logs, deployment="nobody")[0] == "NOT_FOUND"


TALKER = """
import http.server, os, sys
for number in range(1500):
    print("line", number, "x" * 400)
sys.stdout.flush()
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.send_header("Content-Length", "0"); self.end_headers()
    def log_message(self, *_): pass
http.server.HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
"""


def said(number):
    return f"line {number} {'x' * 400}"


@pytest.fixture(scope="module")
def talker(alone, tmp_path_factory):
    """A deployment whose service wrote 1,500 lines."""
    script = tmp_path_factory.mktemp("talker") / "talker.py"
    script.write_text(TALKER)
    model = models.Model(models.fresh("Talker")).start().task("Work", "talker", command=["python3", str(script)]).end()
    with Wire(alone) as wire:
        deployment = wire.applied(model.path("Start", "Work", "End").xml())
        wire.wait_state(deployment, "RUNNING")
    return deployment


def test_a_long_log_comes_whole(alone, talker):
    with V1(alone) as v1:
        until(lambda: list(v1.Logs(deployment=talker, tail=1))[0].text == said(1499), "all is written")

        assert [line.text for line in v1.Logs(deployment=talker, tail=1400)] == [said(number) for number in range(100, 1500)]


def test_a_long_log_can_be_followed(alone, talker):
    with V1(alone) as v1:
        until(lambda: list(v1.Logs(deployment=talker, tail=1))[0].text == said(1499), "all is written")
        with reading(v1.Logs(deployment=talker, tail=1400, follow=True, timeout=20)) as log:
            log.next(lambda line: line.text == said(1499))
            assert [line.text for line in log.seen] == [said(number) for number in range(100, 1500)]


@pytest.mark.sqlite_only("etcd makes its own backups")
def test_a_backup_is_a_store(flowd, v1, wire, up, tmp_path):
    wire.completed(wire.started(up(models.nothing("Saved"))))

    chunks = list(v1.Backup())

    assert chunks[-1].position > 0 and not any(chunk.state_hash for chunk in chunks[:-1])
    file = tmp_path / "backup"
    file.write_bytes(b"".join(chunk.data for chunk in chunks))
    with contextlib.closing(sqlite3.connect(file)) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert leftovers(flowd) == []


def leftovers(flowd):
    """Copies that were made for a backup and not removed."""
    return [str(path) for path in flowd.data.rglob("backup-*")]


@pytest.mark.sqlite_only("etcd makes its own backups")
def test_backups_at_once_do_not_disturb_each_other(flowd, v1, tmp_path):
    with ThreadPoolExecutor(4) as pool:
        copies = list(pool.map(lambda _: b"".join(chunk.data for chunk in v1.Backup()), range(4)))

    for number, copy in enumerate(copies):
        file = tmp_path / f"backup-{number}"
        file.write_bytes(copy)
        with contextlib.closing(sqlite3.connect(file)) as database:
            assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert leftovers(flowd) == []


def test_a_callers_request_id_does_not_choose_where_a_backup_is_written(flowd, v1, tmp_path):
    target = tmp_path / "elsewhere"
    climb = "../" * 30

    with contextlib.suppress(grpc.RpcError):
        list(v1.Backup(headers=[("x-request-id", f"x/{climb}{str(target).lstrip('/')}")]))

    assert list(tmp_path.glob("elsewhere*")) == []
    assert leftovers(flowd) == []


@pytest.mark.sqlite_only("etcd makes its own backups")
def test_a_canceled_backup_leaves_nothing(flowd, v1):
    for _ in range(5):
        stream = v1.Backup()
        next(iter(stream))
        stream.cancel()

    until(lambda: leftovers(flowd) == [], "the copies are removed")
    assert v1.ListDeployments(timeout=5) is not None
    assert pathlib.Path(flowd.data).exists()
