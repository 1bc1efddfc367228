"""Hostile input: after each of it flowd still answers /readyz and a good run still works."""
import json
import os
import pathlib
import random
import shutil
import socket
import sqlite3
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from harness import models
from harness.daemons import Flowd, flowctl, running
from harness.paths import program
from harness.services import answer, drop, fail, hang, trickle
from harness.v1 import V1, code
from harness.wire import DEPLOYMENT, INSTANCE, Wire

MODEL_NS = "http://www.omg.org/spec/BPMN/20100524/MODEL"
UNKNOWN = ["nobody", "", " ", "flow-0", "flow-" + "f" * 32, "x" * 100_000, "a\x00b", "../../etc/passwd", "%s%n", "'; drop table x;--", "ÄÖ😀"]
BIG = 4_000_000


@pytest.fixture(scope="module")
def target(tmp_path_factory, services):
    """The flowd that is shot at, with services that may take one second."""
    folder = tmp_path_factory.mktemp("target")
    with running(Flowd(folder, services.resolve(), environment={"FLOWD_SERVICE_TIMEOUT": "1"})) as flowd:
        yield flowd


@pytest.fixture(scope="module")
def shots(target):
    with Wire(target) as wire:
        yield wire


@pytest.fixture(scope="module")
def v1(target):
    with V1(target) as v1:
        yield v1


@pytest.fixture(scope="module")
def good(shots):
    """A deployment that has to keep working."""
    deployment = shots.applied(models.one_task("Good", "echo"))
    shots.wait_state(deployment, "RUNNING")
    return deployment


@pytest.fixture(autouse=True)
def still_alive(request, target, shots, good):
    """After each hostile input flowd still answers, and a good run still works."""
    process = target.process.pid
    yield
    assert target.process.poll() is None, target.log_tail()
    assert target.process.pid == process
    assert requests.get(f"{target.url}/readyz", timeout=5).status_code == 200
    assert shots.result(shots.started(good, "7"), 10) in ([7], 7, ["7"])


def deploy(wire, xml):
    deployment = wire.applied(xml)
    wire.wait_state(deployment, "RUNNING")
    return deployment


# Documents.


def bomb():
    levels = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    return f'<?xml version="1.0"?><!DOCTYPE d [<!ENTITY l0 "ha">{levels}]><definitions xmlns="{MODEL_NS}">&l9;</definitions>'


def definitions(inside):
    return f'<definitions xmlns="{MODEL_NS}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" id="D" targetNamespace="u">{inside}</definitions>'


def process(inside):
    return definitions(f'<process id="p" isExecutable="true">{inside}</process>')


DOCUMENTS = {
    "bomb": bomb(),
    "quadratic bomb": f'<!DOCTYPE d [<!ENTITY a "{"a" * 50_000}">]>' + definitions("&a;" * 50_000),
    "dtd": f'<!DOCTYPE definitions SYSTEM "http://127.0.0.1:9/x.dtd"><definitions xmlns="{MODEL_NS}"/>',
    "external entity": f'<!DOCTYPE d [<!ENTITY e SYSTEM "file:///etc/passwd">]>{definitions("&e;")}',
    "parameter entity": f'<!DOCTYPE d [<!ENTITY % p SYSTEM "file:///etc/passwd"> %p;]>{definitions("")}',
    "deep": definitions("<a>" * 10_000 + "</a>" * 10_000),
    "deep processes": definitions('<process id="p">' + '<subProcess id="s">' * 10_000 + "</subProcess>" * 10_000 + "</process>"),
    "unclosed": definitions("<a>" * 10_000)[:-14],
    "random": random.Random(7).randbytes(100_000),
    "random after a head": definitions("").encode()[:-14] + random.Random(8).randbytes(100_000),
    "zeros": b"\0" * 10_000,
    "empty": b"",
    "blank": b"   \n",
    "text": "hello",
    "json": '{"definitions": []}',
    "no process": definitions(""),
    "utf-16 that ends": definitions("").encode("utf-16")[:-3],
    "wrong encoding name": b'<?xml version="1.0" encoding="klingon"?>' + definitions("").encode(),
    "bad utf-8": definitions("<process id='\xff'/>").encode("latin-1"),
    "many attributes": definitions("<a " + " ".join(f'a{n}=""' for n in range(60_000)) + "/>"),
    "many namespaces": definitions("<a " + " ".join(f'xmlns:a{n}="u{n}"' for n in range(60_000)) + "/>"),
    "long name": definitions(f"<{'a' * 1_000_000}/>"),
    "missing source": process('<startEvent id="s"/><endEvent id="e"/><sequenceFlow id="f" sourceRef="nobody" targetRef="e"/>'),
    "missing target": process('<startEvent id="s"/><endEvent id="e"/><sequenceFlow id="f" sourceRef="s" targetRef="nobody"/>'),
    "flow without ends": process('<startEvent id="s"/><endEvent id="e"/><sequenceFlow id="f"/>'),
    "same id twice": process(
        '<startEvent id="s"/><endEvent id="s"/><endEvent id="e"/><sequenceFlow id="f" sourceRef="s" targetRef="e"/>'
    ),
    "same process twice": definitions('<process id="p" isExecutable="true"/><process id="p" isExecutable="true"/>'),
    "no ids": process("<startEvent/><endEvent/><sequenceFlow/>"),
}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_bad_document_is_refused(target, v1, name, tmp_path):
    data = DOCUMENTS[name]
    data = data.encode() if isinstance(data, str) else data
    file = tmp_path / "bad.bpmn"
    file.write_bytes(data)
    began = time.monotonic()

    checked = flowctl("validate", "-o", "json", file)
    applied = flowctl("apply", file, flowd=target)
    status, text = code(v1.Apply, bpmn_xml=data)

    assert time.monotonic() - began < 5
    assert checked.returncode in (0, 1, 9), checked.stderr
    line = json.loads(checked.stdout)
    assert any(finding["severity"] == "error" for finding in line["findings"]), line
    assert "root:" not in checked.stdout + checked.stderr + applied.stderr + text
    assert applied.returncode in (1, 9, 255) and "bad.bpmn" in applied.stderr, applied
    assert status == "INVALID_ARGUMENT" and text, (status, text)
    assert len(text) < 4_000 and len(applied.stderr) < 100_000


def test_a_file_of_100_mb_is_refused_at_once(target, tmp_path):
    file = tmp_path / "big.bpmn"
    with open(file, "wb") as made:
        made.write(definitions("").encode()[:-14])
        made.truncate(100 << 20)
    for verb, daemon in (("validate", None), ("apply", target)):
        began = time.monotonic()

        done = flowctl(verb, file, flowd=daemon)

        assert done.returncode in (1, 9, 255), done
        assert "big.bpmn" in done.stdout + done.stderr and "4 MiB" in (done.stdout + done.stderr).replace("4194304 bytes", "4 MiB")
        assert time.monotonic() - began < 2


@pytest.mark.parametrize("path", ["/dev/zero", "/dev/null", "/", "/nowhere/x.bpmn"])
def test_a_path_that_is_no_file(target, path):
    for verb in ("validate", "apply"):
        done = flowctl(verb, path, flowd=target, timeout=10)
        assert done.returncode in (1, 2, 3, 9, 255), done
        assert path in done.stdout + done.stderr


def noted(text):
    """A model whose task has this annotation, and the line of the file where its text begins."""
    xml = (
        f'<definitions xmlns="{MODEL_NS}" id="D" targetNamespace="u">\n<process id="p" isExecutable="true">\n'
        '<startEvent id="s"/>\n<serviceTask id="t"/>\n<endEvent id="e"/>\n'
        '<sequenceFlow id="f" sourceRef="s" targetRef="t"/>\n<sequenceFlow id="g" sourceRef="t" targetRef="e"/>\n'
        f'<textAnnotation id="n"><text>{text}</text></textAnnotation>\n<association id="a" sourceRef="t" targetRef="n"/>\n'
        "</process>\n</definitions>\n"
    )
    return xml, xml[: xml.index("<text>")].count("\n") + 1


@pytest.mark.parametrize(
    "text, offset",
    [
        ("rexflow:\n  service:\n    host: [calc\n    port: 1\n", None),
        ("rexflow:\n  service:\n\thost: calc\n", 2),
        ("rexflow:\n  service:\n    host: calc\n    port: many\n", None),
        ("rexflow:\n  a: &amp;x [1]\n  b: *y\n", 2),
        ("rexflow: {a: '", None),
    ],
)
def test_an_error_in_an_annotation_names_the_line_of_the_file(target, text, offset, tmp_path):
    xml, first = noted(text)
    file = tmp_path / "noted.bpmn"
    file.write_text(xml)

    line = json.loads(flowctl("validate", "-o", "json", file).stdout)
    said = flowctl("validate", file)

    lines = {finding["line"] for finding in line["findings"] if finding["severity"] == "error"}
    last = first + text.count("\n")
    assert any(first <= found <= last for found in lines), line["findings"]
    if offset is not None:
        assert first + offset in lines, line["findings"]
    assert any(f"noted.bpmn:{found}" in said.stdout + said.stderr for found in lines if found >= first), said


@pytest.mark.parametrize(
    "text",
    [
        "rexflow: " + "[" * 5_000 + "]" * 5_000,
        "rexflow:\n" + "".join(f"  l{n}: &amp;l{n} [{', '.join([f'*l{n - 1}'] * 10) if n else 'ha'}]\n" for n in range(9)),
        "rexflow: " + "x" * 70_000,
        "rexflow: &amp;a [*a]",
        "rexflow: !!python/object/apply:os.system ['touch /tmp/flow-was-here']",
    ],
    ids=["deep", "billion laughs", "long", "itself", "tag"],
)
def test_hostile_yaml_is_refused(v1, text):
    began = time.monotonic()

    assert code(v1.Apply, bpmn_xml=noted(text)[0].encode())[0] == "INVALID_ARGUMENT"

    assert time.monotonic() - began < 2
    assert not os.path.exists("/tmp/flow-was-here")


# Names of nobody.


def refused(result, name):
    """True when the answer is no, as a whole or for this id; the original calls it `status` or `result`."""
    if result.status != 0:
        return bool(result.message)
    said = result.data[name]
    return said.get("status", said.get("result")) < 0 and bool(said["message"])


@pytest.mark.parametrize("verb", ["delete", "probe", "run", "start", "stop", "ps", "logs", "health"])
def test_an_unknown_id_is_refused_by_every_verb(target, verb):
    for kind in (["-d"], ["-i"], []):
        if kind and verb in ("probe", "run", "logs", "health"):
            continue
        done = flowctl(verb, *kind, "nobody", flowd=target, environment={"HEALTHD_PORT": "9"})
        assert done.returncode not in (0, 2) or (verb, done.returncode) == ("ps", 0), (verb, kind, done)
        assert done.returncode > 0 or verb == "ps", done
        assert done.stderr.strip(), (verb, kind, done)


@pytest.mark.parametrize("unknown", UNKNOWN, ids=lambda unknown: repr(unknown[:12]))
def test_an_unknown_id_is_refused_by_every_rpc(shots, v1, unknown):
    for kind in (DEPLOYMENT, INSTANCE):
        assert shots.ps(kind, [unknown]).status in (0, -1)
        for call in (shots.start, shots.stop, shots.delete):
            result = call(kind, unknown)
            assert refused(result, unknown), (call, result)
    assert refused(shots.run(unknown), unknown)
    assert shots.probe(unknown) is not None
    for call, status in (
        (lambda: v1.CreateInstance(deployment=unknown), {"NOT_FOUND", "INVALID_ARGUMENT", "FAILED_PRECONDITION"}),
        (lambda: v1.GetInstance(id=unknown), {"NOT_FOUND", "INVALID_ARGUMENT"}),
        (lambda: v1.Logs(deployment=unknown), {"NOT_FOUND", "INVALID_ARGUMENT", "FAILED_PRECONDITION"}),
    ):
        assert code(call)[0] in status
    assert list(v1.ListInstances(ids=[unknown]).instances) == [] or unknown == ""
    assert list(v1.ListInstances(deployment_id=unknown or "nobody").instances) == []


@pytest.mark.parametrize(
    "path", ["/v1/instances/nobody", "/v1/deployments/nobody", "/v1/instances/..%2f..", "/v1/deployments/%00", "/nothing", "//nothing", "/%zz"]
)
def test_an_unknown_resource_is_not_found(target, path):
    answered = requests.get(f"{target.url}{path}", timeout=5)

    assert answered.status_code in (400, 404), answered.text
    assert answered.headers["Content-Type"].split(";")[0] in ("application/problem+json", "application/json", "text/plain")


@pytest.mark.parametrize("text", ["[", "nobody: {}", "- 1", "update: " + "[" * 5000, "\x00", "id: nobody\nactions: [{start: 1}]"])
def test_a_bad_update_is_refused(target, shots, text, tmp_path):
    result = shots.update(text)
    assert result.status != 0 or "nobody" in result.text or result.data == {}, result
    file = tmp_path / "update.yaml"
    file.write_text(text)
    assert flowctl("update", file, flowd=target).returncode != 0


@pytest.mark.parametrize("text", ["---\n", "# a comment\n", "%YAML 1.1\n---\n...\n", "\ufeff--- # nothing\n  # here\n\n---"])
def test_an_update_without_an_action_says_so(target, text, tmp_path):
    file = tmp_path / "update.yaml"
    file.write_text(text)

    done = flowctl("update", file, flowd=target)

    assert (done.returncode, done.stdout) == (9, "")
    assert f"error: {file} holds no action" in done.stderr and "try:" in done.stderr


@pytest.mark.parametrize("text", ["--- {action: x}", "---x", "...#x", "- # x"])
def test_an_update_with_anything_goes_to_flowd(target, text, tmp_path):
    file = tmp_path / "update.yaml"
    file.write_text(text)

    done = flowctl("update", file, flowd=target)

    assert done.returncode == 255 and "not supported" in done.stderr


def test_a_wrong_state_is_refused_with_words(target, shots, services):
    deployment = shots.applied(models.one_task("Wrong", "first"), stopped=True)
    assert refused(shots.run(deployment), deployment)
    assert refused(shots.stop(DEPLOYMENT, deployment), deployment)
    shots.start(DEPLOYMENT, deployment).ok()
    shots.wait_state(deployment, "RUNNING")
    assert refused(shots.start(DEPLOYMENT, deployment), deployment)
    instance = shots.started(deployment)
    shots.completed(instance)
    for call in (shots.start, shots.stop):
        assert refused(call(INSTANCE, instance), instance), call
    assert refused(shots.delete(DEPLOYMENT, deployment), deployment)
    done = flowctl("run", deployment, "--start-event", "nobody", flowd=target)
    assert done.returncode not in (0, -6, -11) and done.stderr.strip()


# Size.


def test_a_message_of_5_mb_is_refused(v1, good, target):
    assert code(v1.CreateInstance, deployment=good, payload=b"[" + b"1," * (5 << 19) + b"1]")[0] == "RESOURCE_EXHAUSTED"
    assert code(v1.Apply, bpmn_xml=b" " * (5 << 20))[0] == "RESOURCE_EXHAUSTED"
    deployment = good
    answered = requests.post(f"{target.url}/v1/deployments/{deployment}/instances", data=b"1" * (5 << 20), timeout=10)
    assert answered.status_code in (404, 413), answered.text


@pytest.mark.parametrize("size", [BIG, 4 << 20])
def test_a_large_payload_gets_through(v1, shots, services, size):
    deployment = deploy(shots, models.one_task("Large", "echo"))
    payload = json.dumps({"text": "x" * (size - len(json.dumps({"text": ""})))}).encode()
    assert len(payload) == size

    instance = v1.ended(v1.CreateInstance(deployment=deployment, payload=payload).instance_id)

    assert v1.state_name(instance) == "INSTANCE_COMPLETED", instance.error_message
    assert json.loads(instance.result) == json.loads(payload)
    assert [len(call.body) for call in services["echo"].calls] == [size]


def test_a_payload_above_the_limit_names_it(v1, good):
    status, text = code(v1.CreateInstance, deployment=good, payload=b'"' + b"x" * (4 << 20) + b'"')

    assert status == "RESOURCE_EXHAUSTED"
    assert "4 MiB" in text or str(4 << 20) in text, text


@pytest.mark.parametrize(
    "payload", [b"{", b"[" * 100_000, b"\xff\xfe", b'{"a":1}}', b"1e999999999", b'"\\ud800"', b'{"a":1,"a":2}', b"nul"], ids=repr
)
def test_a_payload_that_is_no_json_ends_clearly(v1, shots, payload):
    deployment = deploy(shots, models.one_task("NoJson", "echo"))
    try:
        created = v1.CreateInstance(deployment=deployment, payload=payload[:100_000])
    except Exception as error:  # refused at once is good too
        assert error.code().name in ("INVALID_ARGUMENT", "RESOURCE_EXHAUSTED"), error
        return
    instance = v1.ended(created.instance_id)
    assert v1.state_name(instance) in ("INSTANCE_STOPPED", "INSTANCE_ERROR", "INSTANCE_COMPLETED")


def test_metadata_beyond_any_use_is_refused_or_kept(v1, good):
    many = {f"key{number}": "x" * 100 for number in range(20_000)}
    try:
        created = v1.CreateInstance(deployment=good, metadata=many)
    except Exception as error:
        assert error.code().name in ("INVALID_ARGUMENT", "RESOURCE_EXHAUSTED"), error
    else:
        v1.ended(created.instance_id)


# Services.


def endless(handler, call):
    """A plan: an answer that never ends."""
    handler.send_response(200)
    handler.send_header("Content-Type", "application/json")
    handler.end_headers()
    deadline = time.monotonic() + 20
    try:
        while time.monotonic() < deadline:
            handler.wfile.write(b"[" * 65536)
    except OSError:
        pass
    handler.close_connection = True


def too_long(handler, call):
    """A plan: one byte short of what was said."""
    handler.start_reply(200, 100, "application/json")
    handler.wfile.write(b"{}")
    handler.hang_up()


def no_http(handler, call):
    handler.wfile.write(b"\x00\xff not http at all\r\n\r\n")
    handler.hang_up()


def redirect(handler, call):
    handler.send_response(302)
    handler.send_header("Location", "http://127.0.0.1:9/")
    handler.send_header("Content-Length", "0")
    handler.end_headers()


def long_headers(handler, call):
    handler.send_response(200)
    for number in range(2_000):
        handler.send_header(f"X-{number}", "x" * 200)
    handler.send_header("Content-Length", "2")
    handler.end_headers()
    handler.wfile.write(b"{}")


REPLIES = {
    "html": answer(b"<html>", content_type="text/html"),
    "not json": answer(b"{nope"),
    "deep json": answer(b"[" * 100_000),
    "nothing": answer(b""),
    "bytes": answer(bytes(range(256))),
    "drop": drop,
    "short": too_long,
    "no http": no_http,
    "500": fail(500),
    "404": fail(404),
    "redirect": redirect,
    "headers": long_headers,
    "5 MB": answer(b'"' + b"x" * (5 << 20) + b'"'),
    "endless": endless,
}


@pytest.mark.parametrize("name", REPLIES)
def test_a_service_that_misbehaves_ends_the_instance_clearly(shots, services, name):
    deployment = deploy(shots, models.one_task("Misbehaves", "first"))
    services["first"].always = REPLIES[name]
    began = time.monotonic()

    record = shots.ended(shots.started(deployment, "1"), 10)

    assert time.monotonic() - began < 8
    if record["state"] != "COMPLETED":
        assert record["state"] in ("ERROR", "STOPPED")
        assert any("error" in key or "fail" in key for key in record), record
    else:
        assert name in ("html", "not json", "deep json", "nothing", "bytes", "redirect"), record


@pytest.mark.parametrize("name", ["hang", "trickle"])
def test_a_service_that_takes_too_long_is_given_up(shots, services, name):
    deployment = deploy(shots, models.one_task("Slow", "first"))
    release = threading.Event()
    services["first"].always = hang(release) if name == "hang" else trickle({"text": "x" * 50}, 6)
    began = time.monotonic()

    record = shots.ended(shots.started(deployment, "1"), 10)

    release.set()
    assert record["state"] in ("ERROR", "STOPPED"), record
    assert 0.9 < time.monotonic() - began < 5
    assert "time" in json.dumps(record).lower(), record


def test_a_service_that_refuses_is_named(shots, services):
    deployment = deploy(shots, models.one_task("Refused", "first"))
    services["first"].stop()

    record = shots.ended(shots.started(deployment, "1"), 15)

    services["first"].start()
    assert record["state"] in ("ERROR", "STOPPED"), record
    assert "refused" in json.dumps(record).lower() or "connect" in json.dumps(record).lower(), record


# Models that do not come to an end.


def forever():
    """start → merge → choose → merge …: never waits for anybody."""
    model = models.Model(models.fresh("Forever")).start().end().element("exclusiveGateway", "Merge")
    model.element("exclusiveGateway", "Choose", default="Out").path("Start", "Merge", "Choose").flow("Choose", "Merge", "true")
    return model.element("sequenceFlow", "Out", sourceRef="Choose", targetRef="End").xml()


def doubling():
    """start → merge → fork, which sends two tokens back to the merge."""
    model = models.Model(models.fresh("Doubling")).start().end().element("exclusiveGateway", "Merge").element("parallelGateway", "Fork")
    return model.path("Start", "Merge", "Fork").flow("Fork", "Merge").flow("Fork", "Merge").flow("Fork", "End").xml()


@pytest.mark.parametrize("endless", [forever, doubling])
def test_an_instance_without_end_does_not_keep_others_from_starting(own, endless):
    flowd = own().start()
    with Wire(flowd) as wire:
        busy, nice = deploy(wire, endless()), deploy(wire, models.nothing("Nice"))
        instance = wire.started(busy)

        for _ in range(5):
            wire.started(nice)
        assert requests.get(f"{flowd.url}/readyz", timeout=5).status_code == 200
        # It may have come to its own end, at the limit of tokens.
        assert wire.stop(INSTANCE, instance).status == 0
    flowd.kill()


@pytest.mark.parametrize("endless", [forever, doubling])
def test_an_instance_without_end_does_not_keep_readers_waiting(own, endless):
    flowd = own().start()
    with Wire(flowd) as wire:
        busy, nice = deploy(wire, endless()), deploy(wire, models.nothing("Nice"))
        wire.started(busy)

        for _ in range(5):
            wire.completed(wire.started(nice), 2)
            wire.ps(INSTANCE).ok()
    flowd.kill()


# Many at once, and clients that misbehave.


def test_200_starts_at_once_with_60_kb_each(target, v1, shots):
    deployment = deploy(shots, models.one_task("Crowd", "echo"))
    bodies = [{"number": number, "text": "x" * 60_000} for number in range(200)]
    with ThreadPoolExecutor(200) as pool:
        made = list(pool.map(lambda body: v1.CreateInstance(deployment=deployment, payload=json.dumps(body).encode()).instance_id, bodies))
        ended = list(pool.map(v1.ended, made))

    assert len(set(made)) == 200
    assert [json.loads(instance.result) for instance in ended] == bodies


def test_200_starts_at_once_over_http(target, shots):
    deployment = deploy(shots, models.one_task("Posted", "echo"))
    text = json.dumps({"text": "x" * 60_000})
    url = f"{target.url}/start/{deployment}/Start"
    headers = {"Content-Type": "application/json"}
    with ThreadPoolExecutor(200) as pool:
        answers = list(pool.map(lambda _: requests.post(url, data=text, headers=headers, timeout=30), range(200)))
    assert {answered.status_code for answered in answers} == {200}, {answered.text[:200] for answered in answers}
    assert len({answered.json()["id"] for answered in answers}) == 200


@pytest.mark.parametrize(
    "data",
    [b"\x00" * 1000, b"GET / HTTP/9.9\r\n\r\n", b"GET /readyz HTTP/1.1\r\n", b"POST /v1/deployments HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n",
     b"GET /" + b"a" * 200_000 + b" HTTP/1.1\r\n\r\n", b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 50_000 + b"\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\xff" * 9000,
     b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n", random.Random(3).randbytes(20_000)],
    ids=range(9),
)  # fmt: skip
def test_bytes_that_are_no_request(target, data):
    for address in (target.endpoints["http"], target.grpc):
        host, port = address.rsplit(":", 1)
        with socket.create_connection((host, int(port)), 5) as connection:
            connection.settimeout(0.5)
            try:
                connection.sendall(data)
                connection.recv(1000)
            except OSError:
                pass


def test_many_idle_connections_do_not_keep_others_out(target):
    host, port = target.endpoints["http"].rsplit(":", 1)
    idle = [socket.create_connection((host, int(port)), 5) for _ in range(400)]
    try:
        for connection in idle:
            connection.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
        assert requests.get(f"{target.url}/readyz", timeout=5).status_code == 200
    finally:
        for connection in idle:
            connection.close()


# The store, and the command line.


def start_once(data, *arguments, timeout=15):
    """What flowd says when it can not start on this data directory."""
    addresses = [part for name in ("grpc", "http", "zeebe") for part in (f"--{name}-address", "127.0.0.1:0")]
    done = subprocess.run(
        [str(program("flowd")), "--data-dir", str(data), *addresses, *map(str, arguments)],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=timeout, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """A data directory of a flowd that was stopped; tests take copies of it."""
    flowd = Flowd(tmp_path_factory.mktemp("store"))
    with running(flowd), Wire(flowd) as wire:
        wire.completed(wire.started(deploy(wire, models.nothing("Kept"))))
    return flowd.data


@pytest.mark.sqlite_only("a data directory has one owner; on etcd the second stands by")
def test_a_second_flowd_on_the_same_data_is_refused(target):
    status, said = start_once(target.data)

    assert status not in (0, 2) and status > 0
    assert str(target.process.pid) in said and len(said.splitlines()) <= 3, said


@pytest.mark.sqlite_only("takes a copy of the files")
def test_a_store_of_a_newer_format_is_refused(store, tmp_path):
    data = tmp_path / "data"
    shutil.copytree(store, data)
    (data / "format").write_text("rexflow store 99\n")
    before = {path: path.read_bytes() for path in data.rglob("*") if path.is_file() and path.name != "lock"}

    status, said = start_once(data)

    assert status > 0 and "99" in said and "newer" in said.lower(), said
    assert {path: path.read_bytes() for path in before} == before


@pytest.mark.sqlite_only("takes a copy of the files")
@pytest.mark.parametrize("file", ["journal.db", "records.db"])
@pytest.mark.parametrize("damage", ["gone", "empty", "header", "middle", "half", "newer"])
def test_a_damaged_store_is_refused_clearly(store, tmp_path, file, damage):
    data = tmp_path / "data"
    shutil.copytree(store, data)
    path = data / file
    whole = path.read_bytes()
    if damage == "gone":
        path.unlink()
    elif damage == "empty":
        path.write_bytes(b"")
    elif damage == "header":
        path.write_bytes(b"\xff" * 100 + whole[100:])
    elif damage == "middle":
        path.write_bytes(whole[:4096] + b"\xa5" * (len(whole) - 4096))
    elif damage == "half":
        path.write_bytes(whole[: len(whole) // 2])
    else:
        path.write_bytes(whole[:60] + (99).to_bytes(4, "big") + whole[64:])
    for rest in data.glob(f"{file}-*"):
        rest.unlink()

    status, said = start_once(data)

    assert status in (1, 2, 3), (status, said)
    assert file in said or "newer" in said or "corrupt" in said or "damaged" in said, said
    assert "Fatal error" not in said and len(said.splitlines()) < 10, said


@pytest.mark.sqlite_only("takes a copy of the files")
def test_a_damaged_record_of_the_journal_is_refused_clearly(store, tmp_path):
    data = tmp_path / "data"
    shutil.copytree(store, data)
    with sqlite3.connect(data / "journal.db") as database:
        tables = [row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type='table'")]
        for table in tables:
            for column in [row[1] for row in database.execute(f"PRAGMA table_info({table})") if row[2] == "BLOB"]:
                database.execute(f"UPDATE {table} SET {column} = randomblob(length({column}))")
    database.close()

    status, said = start_once(data)

    assert status in (1, 2, 3), (status, said)
    assert said.strip() and "Fatal error" not in said, said


@pytest.mark.sqlite_only("takes a copy of the files")
def test_a_view_that_is_damaged_is_made_again(store, tmp_path, services):
    flowd = Flowd(tmp_path)
    shutil.copytree(store, flowd.data)
    for path in flowd.data.glob("view.db*"):
        path.write_bytes(b"\xff" * 5_000)
    with running(flowd), Wire(flowd) as wire:
        wire.completed(wire.started(deploy(wire, models.nothing("Again"))))


@pytest.mark.sqlite_only("takes a copy of the files")
def test_strange_files_beside_the_store_do_no_harm(store, tmp_path):
    flowd = Flowd(tmp_path)
    shutil.copytree(store, flowd.data)
    (flowd.data / "services.json").write_text("{" * 100_000)
    (flowd.data / "endpoints.json").write_text("nonsense")
    (flowd.data / "blobs").mkdir(exist_ok=True)
    (flowd.data / "blobs" / "README").write_text("not a blob")
    with running(flowd), Wire(flowd) as wire:
        wire.completed(wire.started(deploy(wire, models.nothing("Strange"))))


def test_a_data_directory_that_can_not_be_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    for data in (tmp_path / "file", tmp_path / "file" / "below", pathlib.Path("/proc/nowhere"), tmp_path / "no" / "such" / "parent"):
        status, said = start_once(data)
        assert status in (1, 2), (status, said)
        assert str(data) in said, said


def test_an_address_that_is_taken_is_refused(target, tmp_path):
    for name in ("grpc", "http"):
        status, said = start_once(tmp_path / name, f"--{name}-address", target.endpoints[name])
        assert status in (1, 2), (status, said)
        assert target.endpoints[name] in said and "Fatal" not in said, said


def test_an_unknown_key_of_a_config_file_is_named(tmp_path):
    file = tmp_path / "flowd.conf"
    file.write_text("# a comment\ngrpc-adress = 127.0.0.1:0\n")

    status, said = start_once(tmp_path / "data", "--config", file)

    assert status == 2
    assert f"{file}:2" in said and "grpc-adress" in said and "grpc-address" in said


@pytest.mark.parametrize(
    "content", [b"\xff\xfe\x00" * 100, b"grpc-address", b"=", b"[", b"x" * 300_000, b"retention = \x00", b"retention = soon", b"[a\nretention = 1h"]
)
def test_a_bad_config_file_is_refused(tmp_path, content):
    file = tmp_path / "flowd.conf"
    file.write_bytes(content)

    status, said = start_once(tmp_path / "data", "--config", file, "--check-config")

    assert status == 2 and str(file) in said, (status, said)


BAD_FLAGS = [
    ["--nonsense"], ["--store", "bogus"], ["--retention", "soon"], ["--live-bytes", "-1"], ["--live-bytes", "much"], ["--retention-bytes", "-1"], ["--retention-bytes", "9" * 30],
    ["--grpc-address", "nowhere"], ["--grpc-address", "127.0.0.1:99999"], ["--http-address", ":::"], ["--service-timeout", "-1s"],
    ["--service-timeout", "99999999999999999999h"], ["--log-level", "loud"], ["--orchestrators", "magic"], ["--resolve", "x"],
    ["--resolve", "x=y=z"], ["extra"], ["--data-dir"], ["--config", "/nowhere"], ["-x"], ["--store=etcd://host"],
]  # fmt: skip


@pytest.mark.parametrize("flags", BAD_FLAGS, ids=" ".join)
def test_a_bad_flag_of_flowd_exits_2(tmp_path, flags):
    status, said = start_once(tmp_path / "data", *flags)

    assert status == 2, said
    assert said.strip() and len(said.splitlines()) <= 4, said


@pytest.mark.parametrize(
    "words",
    [["frobnicate"], ["aply"], ["ps", "--nope"], ["apply"], ["run"], ["store", "nope"], ["--flowd-port", "many", "ps"], ["ps", "-k", "NOBODY"],
     ["--color", "mauve", "ps"], ["apply", "--timeout", "soon", "x.bpmn"], ["--request-timeout", "-5s", "ps"], ["--config", "/nowhere", "ps"], ["completion", "tcsh"]],
    ids=" ".join,
)  # fmt: skip
def test_a_bad_word_of_flowctl_exits_2(words):
    done = flowctl(*words, environment={"FLOWD_PORT": "9"})

    assert done.returncode == 2, done
    assert done.stderr.strip() and done.stdout == ""


def test_a_word_that_is_nearly_right_is_suggested():
    assert "flowctl apply" in flowctl("aply").stderr


def test_no_server_is_said_in_words():
    done = flowctl("--request-timeout", "2s", "ps", environment={"FLOWD_HOST": "127.0.0.1", "FLOWD_PORT": "9"})

    assert done.returncode in (7, 255) and "127.0.0.1:9" in done.stderr
