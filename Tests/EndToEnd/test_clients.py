"""flowctl and healthd with the addresses of several flowd: whoever leads answers, and a take-over is gone over."""
import contextlib
import json
import os
import subprocess
import sys
import threading
import time
import types
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest
import requests

from harness import models
from harness.daemons import Healthd, flowctl, running
from harness.paths import program
from harness.services import hang
from harness.v1 import V1
from harness.waiting import until
from harness.wire import Wire

from test_standby import TAKEOVER_S, Candidate, etcd, pair, refusal, release  # noqa: F401 (etcd, pair and release are fixtures)

# Beyond the take-over itself: a program starts, and tries a few times a second.
SLACK_S = 1.5


def both(pair, first=0):
    """FLOWD_HOST for the two, in this order."""
    return {"FLOWD_HOST": f"{pair[first].grpc},{pair[1 - first].grpc}"}


def deployed(leader, xml):
    with Wire(leader) as wire:
        deployment = wire.applied(xml)
        wire.wait_state(deployment, "RUNNING")
    return deployment


def started(*arguments, environment):
    """flowctl that runs on."""
    return subprocess.Popen(
        [program("flowctl"), *arguments], env={"PATH": os.environ["PATH"], **environment}, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )


@contextlib.contextmanager
def ending(process):
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def test_flowctl_finds_the_leader_whoever_is_named_first(pair, tmp_path):
    leader, standby = pair
    deployment = deployed(leader, models.nothing("Found"))
    host, port = standby.grpc.rsplit(":", 1)
    config = tmp_path / "config.toml"
    config.write_text(f'[record]\nflowd-host = "{standby.grpc},{leader.grpc}"\n')

    for words, environment in [
        ([], both(pair, 0)),
        ([], both(pair, 1)),
        (["--flowd_host", f"{leader.grpc},{standby.grpc}"], {}),
        # The first has no port of its own.
        (["--flowd-host", f"{host},{leader.grpc}", "--flowd-port", port], {}),
        (["--config", config, "--context", "record"], {}),
        # One that is not there, and a standby that knows who leads.
        (["--flowd-host", f"127.0.0.1:1,{standby.grpc}"], {}),
    ]:
        done = flowctl(*words, "ps", "-d", "-o", "name", environment=environment)
        assert (done.returncode, done.stdout.split()) == (0, [deployment]), done.stderr
        ran = flowctl(*words, "run", "--wait", deployment, "7", environment=environment)
        assert (ran.returncode, ran.stdout.strip()) == (0, "[7]"), ran.stderr


def test_one_address_of_a_standby_leads_to_the_leader(pair):
    leader, standby = pair

    error = refusal(standby)
    done = flowctl("ps", "-o", flowd=standby)

    assert dict(error.trailing_metadata())["flow-leader"] == leader.grpc
    assert (done.returncode, done.stdout.strip()) == (0, "{}"), done.stderr


def test_one_address_is_not_waited_for(pair):
    leader, standby = pair
    leader.kill()

    began = time.monotonic()
    done = flowctl("run", "nothing", flowd=standby)
    took = time.monotonic() - began
    gone = flowctl("ps", flowd=leader)

    assert done.returncode in (8, 255) and took < 2, done.stderr
    if done.returncode == 8:
        assert "standby" in done.stderr and "no flowd that leads was found" in done.stderr
    assert gone.returncode == 255


def test_after_kill_9_the_same_command_line_works(pair):
    leader, standby = pair
    deployment = deployed(leader, models.nothing("Killed"))

    leader.kill()
    began = time.monotonic()
    done = flowctl("run", "--wait", deployment, "5", environment=both(pair))
    took = time.monotonic() - began

    assert (done.returncode, done.stdout.strip()) == (0, "[5]"), done.stderr
    assert took < TAKEOVER_S + SLACK_S
    assert standby.leads()


def test_run_wait_goes_on_over_a_take_over(pair, services, release):
    leader, standby = pair
    deployment = deployed(leader, models.one_task("WaitedFor", "first"))
    services["first"].always = hang(release)

    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(flowctl, "run", "--wait", deployment, "1", environment=both(pair))
        until(lambda: services["first"].calls, "the task is called")
        leader.kill()
        services["first"].always = None
        release.set()
        done = waiting.result(30)

    assert (done.returncode, done.stdout.strip()) == (0, '{"first":"done"}'), done.stderr


def test_a_watch_goes_on_over_a_take_over(pair):
    leader, standby = pair
    before = deployed(leader, models.nothing("Before"))
    with ending(started("ps", "--watch", "-d", "-o", "name", environment=both(pair))) as watch:
        assert watch.stdout.readline().strip() == before

        leader.kill()
        until(standby.leads, "the standby took over", TAKEOVER_S)
        after = deployed(standby, models.nothing("After"))

        # What was told before is not told again.
        line = watch.stdout.readline().strip()
        assert line == after, line or watch.stderr.read()


def printing(prefix):
    """A process whose service says its pid as it starts."""
    code = "import os, sys, http.server; print('service', os.getpid(), flush=True); " \
        "http.server.HTTPServer(('127.0.0.1', int(os.environ['PORT'])), http.server.SimpleHTTPRequestHandler).serve_forever()"
    model = models.Model(models.fresh(prefix)).start().task("Work", "talker", command=[sys.executable, "-c", code]).end()
    return model.path("Start", "Work", "End").xml()


def test_logs_go_on_with_the_flowd_that_takes_over(pair):
    leader, standby = pair
    with Wire(leader) as wire:
        deployment = wire.applied(printing("Talks"))
    with ending(started("logs", "-f", deployment, environment=both(pair, 1))) as logs:
        first = logs.stdout.readline()
        # In order, so that the service ends with its flowd.
        leader.stop()
        # Each probe is a line, too.
        second = next(line for line in logs.stdout if "service" in line)

    assert "service" in first and first != second
    flowctl("delete", "-d", deployment, flowd=standby)


def test_logs_of_a_flowd_that_comes_back_are_not_told_twice(own):
    flowd = own().start()
    # It comes back on the same port, as a service manager would bring it.
    flowd.grpc_address = flowd.grpc
    deployment = deployed(flowd, printing("Again"))
    with ending(started("logs", "-f", "-t", deployment, environment={"FLOWD_HOST": f"127.0.0.1:1,{flowd.grpc}"})) as logs:
        # Each probe is a line.
        lines = [logs.stdout.readline() for _ in range(3)]
        flowd.kill()
        # The service goes on, and what it writes now has a later time than all that was shown.
        port = json.loads((flowd.data / "services.json").read_text())["services"][0]["port"]
        requests.get(f"http://127.0.0.1:{port}/missed", timeout=5)
        flowd.start()
        lines += [logs.stdout.readline() for _ in range(3)]

    texts = [line.split("|", 1)[1] for line in lines]
    assert sum("/missed" in text for text in texts) >= 1, lines
    assert sum("service" in line for line in lines) == 1, lines
    assert flowd.stop() == 0


def test_healthd_follows_the_leader(pair, services, tmp_path):
    leader, standby = pair
    deployment = deployed(leader, models.one_task("Probed"))
    addresses = types.SimpleNamespace(grpc=both(pair, 1)["FLOWD_HOST"])
    with running(Healthd(tmp_path / "healthd", addresses)) as healthd:

        def reads(path):
            return requests.get(healthd.url + path, headers={"Accept": "text/html"}, timeout=5)

        def is_ready():
            return reads("/readyz").status_code == 200

        until(is_ready, "healthd is with the leader")
        leader.kill()
        until(lambda: not is_ready(), "healthd has lost it")
        stale = reads("/")
        until(standby.leads, "the standby took over", TAKEOVER_S)
        until(is_ready, "healthd is with the new leader", TAKEOVER_S)

        assert stale.status_code == 200 and deployment in stale.text
        with Wire(standby) as wire:
            assert wire.state(deployment) == "RUNNING"
        until(lambda: "healthd reports, own probes rest" in standby.log(), "the new leader gets reports")
        with V1(standby) as v1:
            (told,) = v1.ListDeployments().deployments
        assert [(each.element_id, each.up) for each in told.health] == [("Work", True)]


@pytest.mark.parametrize("text", ["a:1,,b:2", ",", "a:x", "a:0,b:1", "http://a:1", "a:1 b:2", "a:1;b:2", ",".join(["a:1"] * 17)])
def test_a_list_that_is_none_is_refused(text):
    for done in (
        flowctl("ps", environment={"FLOWD_HOST": text}),
        flowctl("--flowd_host", text, "ps"),
        subprocess.run([program("healthd"), "--flowd", text, "--check-config"], capture_output=True, text=True, timeout=20, check=False),
        subprocess.run(
            [program("healthd"), "--check-config"], env={"HEALTHD_FLOWD": text}, capture_output=True, text=True, timeout=20, check=False),
    ):
        assert done.returncode == 2, (done.args, done.stdout, done.stderr)
        assert "HOST:PORT" in done.stderr or "address" in done.stderr


def advertising(etcd, folder, *arguments):
    return Candidate(folder, {}, list(arguments), {"REXFLOW_ROOT_PREFIX": f"/{folder.name}"}, store=etcd.store)


def test_what_is_advertised_is_what_the_others_tell(etcd, tmp_path):
    one = advertising(etcd, tmp_path / "advertised", "--advertise", "flow.test:9001")
    two = advertising(etcd, tmp_path / "advertised" / "two")
    two.environment = one.environment
    with running(one):
        until(one.leads, "the first leads")
        with running(two):
            until(lambda: "flow.test:9001 leads" in two.get("/readyz").text, "the second knows it")
            assert dict(refusal(two).trailing_metadata())["flow-leader"] == "flow.test:9001"


@pytest.mark.parametrize(
    "flags, said",
    [
        (["--grpc-address", "0.0.0.0:9001", "--insecure"], "--advertise HOST:PORT"),
        (["--grpc-address", "[::]:0", "--insecure"], "--advertise HOST:PORT"),
        (["--advertise", "nowhere"], "is not host:port"),
        (["--advertise", "flow.test:0"], "--advertise 'flow.test:0'"),
        (["--advertise", "0.0.0.0:9001"], "--advertise '0.0.0.0:9001'"),
    ],
)
def test_an_address_that_leads_nowhere_is_refused_at_start(flags, said):
    base = [program("flowd"), "--store", "etcd://127.0.0.1:1", "--check-config"]

    done = subprocess.run([*base, *flags], capture_output=True, text=True, timeout=20, check=False)
    told = subprocess.run(
        [*base, "--grpc-address", "0.0.0.0:9001", "--insecure"], env={"FLOWD_ADVERTISE": "flow.test:9001"}, capture_output=True, text=True,
        timeout=20, check=False)

    assert done.returncode == 2 and said in done.stderr, done.stderr
    assert told.returncode == 0, told.stderr
