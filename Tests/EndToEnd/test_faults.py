"""Ends of flowd, wanted and not; services that outlive it; the first start; a full disk."""
import errno
import json
import os
import pathlib
import signal
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest
import requests

from harness import models
from harness.daemons import Flowd, flowctl, running
from harness.paths import EXAMPLES, program
from harness.services import hang
from harness.v1 import V1, code
from harness.waiting import stays, until
from harness.wire import DEPLOYMENT, Wire

MIB = 1 << 20
CALC = EXAMPLES / "calc/calcprocess.bpmn"


def deploy(wire, xml):
    deployment = wire.applied(xml)
    wire.wait_state(deployment, "RUNNING")
    return deployment


def test_sigterm_with_calls_in_flight(own, services):
    flowd = own().start()
    release = threading.Event()
    services["first"].always = hang(release)
    with Wire(flowd) as wire:
        deployment = deploy(wire, models.one_task("Term", "first"))
        instances = [wire.started(deployment, str(number)) for number in range(20)]
        until(lambda: len(services["first"].calls) >= 20, "all calls are in flight")

    began = time.monotonic()
    assert flowd.stop() == 0
    assert time.monotonic() - began < 10

    release.set()
    services["first"].always = None
    with running(flowd), Wire(flowd) as wire:
        assert [wire.result(instance)["first"] for instance in instances] == ["done"] * 20


def test_sigterm_with_watchers_and_clients_that_do_not_let_go(own):
    flowd = own().start()
    with V1(flowd) as v1:
        watches = [v1.WatchInstances(timeout=60) for _ in range(20)] + [v1.WatchDeployments(timeout=60) for _ in range(20)]
        for watch in watches:
            next(iter(watch))
        idle = requests.Session()
        idle.get(f"{flowd.url}/livez", timeout=5)

        began = time.monotonic()
        assert flowd.stop() == 0

        assert time.monotonic() - began < 10
        for watch in watches:
            with pytest.raises(grpc.RpcError):
                list(watch)


def test_sigterm_while_creates_come_in(own):
    """What was answered with an id is there after the restart; what was refused was refused with a status."""
    flowd = own().start()
    with Wire(flowd) as wire:
        deployment = deploy(wire, models.nothing("Flood"))
    made, refused = [], []

    def create(v1):
        while True:
            try:
                made.append(v1.CreateInstance(deployment=deployment, timeout=10).instance_id)
            except grpc.RpcError as error:
                refused.append(error.code().name)
                return

    with V1(flowd) as v1, ThreadPoolExecutor(8) as pool:
        for _ in range(8):
            pool.submit(create, v1)
        until(lambda: len(made) > 200, "some are made")
        assert flowd.stop() == 0
    assert set(refused) <= {"UNAVAILABLE", "CANCELLED"}, set(refused)

    with running(flowd), V1(flowd) as v1:
        assert all(v1.state_name(v1.ended(instance)) == "INSTANCE_COMPLETED" for instance in made)


def test_sigint_is_an_orderly_stop_too(own):
    flowd = own().start()
    flowd.process.send_signal(signal.SIGINT)
    assert flowd.process.wait(10) == 0


def test_a_second_sigterm_does_no_harm(own):
    flowd = own().start()
    for _ in range(5):
        flowd.process.send_signal(signal.SIGTERM)
    assert flowd.process.wait(10) == 0


def test_kill_9_between_apply_and_run(own):
    flowd = own()
    flowd.start()
    with Wire(flowd) as wire:
        deployment = wire.applied(models.one_task("Between"))
        flowd.kill()

    with running(flowd), Wire(flowd) as wire:
        wire.wait_state(deployment, "RUNNING")
        assert wire.result(wire.started(deployment, "1")) in ([1], 1, ["1"])


def test_kill_9_at_once_and_again(own):
    """Killed as soon as it is ready, many times: each start is clean."""
    flowd = own()
    flowd.start()
    with Wire(flowd) as wire:
        deployment = deploy(wire, models.nothing("Kills"))
    for number in range(5):
        flowd.kill()
        flowd.start()
        with Wire(flowd) as wire:
            wire.started(deployment)
    with Wire(flowd) as wire:
        until(lambda: len(wire.ps(1).ok()) == 5, "all five are there")
    assert flowd.stop() == 0


# Services.


@pytest.fixture
def calc(tmp_path):
    """Makes a flowd of the test's own that starts the calculator; the fixture ends what a test left."""
    made = []

    def make(*arguments):
        flowd = Flowd(tmp_path / f"flowd-{len(made)}", arguments=arguments)
        made.append(flowd)
        flowd.start()
        applied = flowctl("apply", "--wait", "-o", "json", CALC, flowd=flowd)
        assert applied.returncode == 0, applied.stderr
        return flowd, json.loads(applied.stdout)["wf_id"], service_pid(flowd)

    yield make
    for flowd in made:
        if flowd.process.poll() is None:
            flowd.stop()
        pid = service_pid(flowd)
        # The pid is only ended while it still is the service.
        if pid and is_ours(pid):
            os.kill(pid, signal.SIGKILL)


def service_pid(flowd):
    try:
        services = json.loads((flowd.data / "services.json").read_text())["services"]
    except FileNotFoundError:
        return None
    return services[0].get("pid") if services else None


def is_ours(pid):
    try:
        command = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes()
        return b"calc.py" in command or b"slow.py" in command
    except FileNotFoundError:
        return False


def calculated(flowd, deployment):
    with Wire(flowd) as wire:
        wire.wait_state(deployment, "RUNNING")
        return wire.result(wire.started(deployment, "3"))


def test_services_are_adopted_after_kill_9(calc):
    flowd, deployment, pid = calc()
    flowd.kill()
    assert is_ours(pid)

    flowd.start()

    assert calculated(flowd, deployment) == [18.0]
    assert service_pid(flowd) == pid and is_ours(pid)


def test_a_service_that_died_with_flowd_is_started_again(calc):
    flowd, deployment, pid = calc()
    kill_with_its_service(flowd, pid)

    flowd.start()

    until(lambda: (again := service_pid(flowd)) and again != pid and is_ours(again), "another service runs")
    until(lambda: answers(flowd, deployment), "it answers")


def kill_with_its_service(flowd, pid):
    """What a crash of the machine does."""
    flowd.kill()
    os.kill(pid, signal.SIGKILL)
    until(lambda: not is_ours(pid), "the service is gone")


def answers(flowd, deployment):
    with Wire(flowd) as wire:
        return wire.ended(wire.started(deployment, "3"))["state"] == "COMPLETED"


def test_what_was_in_flight_when_the_machine_crashed_goes_on(calc):
    """flowd and its service die together; the service needs a moment to listen again, and the call is owed until then."""
    flowd, deployment, pid = calc()
    os.kill(pid, signal.SIGSTOP)
    with Wire(flowd) as wire:
        instance = wire.started(deployment, "3")
        stays(lambda: wire.record(instance)["state"] == "RUNNING", "the call is in flight", 0.3)
    kill_with_its_service(flowd, pid)

    flowd.start()

    with Wire(flowd) as wire:
        assert wire.result(instance) == [18.0]


SLOW = """
import http.server, os, time
class Handler(http.server.BaseHTTPRequestHandler):
    def reply(self, body):
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def do_GET(self):
        self.reply(b"{}")
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        open(os.environ["MARK"], "a").close()
        time.sleep(1.5)
        self.reply(body)
    def log_message(self, *_):
        pass
time.sleep(0.5)
http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
"""


@pytest.fixture
def slow(tmp_path):
    """A flowd that has started a service of a second and a half, the deployment, and an instance whose call is in flight."""
    script, mark = tmp_path / "slow.py", tmp_path / "called"
    script.write_text(SLOW)
    model = models.Model(models.fresh("Slow")).start().task("Work", "slow", command=["python3", str(script)]).end().path("Start", "Work", "End")
    flowd = Flowd(tmp_path / "flowd", environment={"MARK": str(mark)})
    with running(flowd):
        with Wire(flowd) as wire:
            deployment = deploy(wire, model.xml())
            instance = wire.started(deployment, "3")
            until(mark.exists, "the call is in flight")
        yield flowd, instance


def test_sigterm_while_a_service_of_flowds_own_works(slow):
    """An orderly stop ends the service too, and the call with it; that is no failure of the instance."""
    flowd, instance = slow
    assert flowd.stop() == 0

    flowd.start()

    with Wire(flowd) as wire:
        assert wire.completed(instance)["end_event"]


def test_kill_9_while_a_service_of_flowds_own_works(slow):
    flowd, instance = slow
    flowd.kill()

    flowd.start()

    with Wire(flowd) as wire:
        assert wire.completed(instance)["end_event"]


def test_a_run_while_the_service_comes_up_after_a_crash(slow):
    """A deployment that says RUNNING takes calls: after the restart its service needs half a second until it listens."""
    flowd, instance = slow
    with Wire(flowd) as wire:
        deployment = wire.completed(instance)["parent"]
    kill_with_its_service(flowd, service_pid(flowd))

    flowd.start()

    with Wire(flowd) as wire:
        wire.wait_state(deployment, "RUNNING")
        wire.completed(wire.started(deployment, "4"))


def test_a_service_that_is_killed_is_started_again(calc):
    flowd, deployment, pid = calc()

    os.kill(pid, signal.SIGKILL)

    until(lambda: (again := service_pid(flowd)) and again != pid and is_ours(again), "another service runs")
    until(lambda: answers(flowd, deployment), "it answers")


def test_an_orderly_stop_stops_services(calc):
    flowd, _, pid = calc()

    assert flowd.stop() == 0

    assert not is_ours(pid)


def test_keep_services_leaves_them(calc):
    flowd, deployment, pid = calc("--keep-services")
    assert flowd.stop() == 0
    stays(lambda: is_ours(pid), "the service is left running", 0.3)

    flowd.start()

    assert service_pid(flowd) == pid
    assert calculated(flowd, deployment) == [18.0]


def test_stop_of_a_deployment_stops_its_service(calc):
    flowd, deployment, pid = calc()
    with Wire(flowd) as wire:
        wire.stop(DEPLOYMENT, deployment).ok()
        wire.wait_state(deployment, "STOPPED")
    assert not is_ours(pid)


# The first start.


def test_an_empty_store_is_ready_at_once(tmp_path, capsys):
    times = []
    for number in range(3):
        flowd = Flowd(tmp_path / str(number))
        began = time.monotonic()
        flowd.start()
        times.append(time.monotonic() - began)
        resident = flowd.resident_bytes()
        assert flowd.stop() == 0
    with capsys.disabled():
        print(f"\n  ready after {min(times) * 1000:.0f} ms, idle {resident / MIB:.1f} MiB", end="")
    assert min(times) < 1
    assert resident < 90 * MIB


# A full disk.


@pytest.fixture
def small_disk(tmp_path):
    if os.geteuid() != 0:
        pytest.skip("NOT RUN: a small disk can only be mounted by root")
    disk = tmp_path / "disk"
    disk.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=200m", "tmpfs", disk], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.skip(f"NOT RUN: a small disk can not be mounted here: {done.stderr.strip()}")
    yield disk
    subprocess.run(["umount", "-l", disk], check=False)


def fill(disk, leave=0):
    """A file that takes all that is free but `leave` bytes, while flowd writes on."""
    with open(disk / "filler", "wb") as file:
        size = 0
        while (free := os.statvfs(disk).f_bavail * os.statvfs(disk).f_frsize) > leave:
            try:
                os.posix_fallocate(file.fileno(), size, free - leave)
            except OSError as error:
                assert error.errno == errno.ENOSPC
            size = os.fstat(file.fileno()).st_size


@pytest.mark.sqlite_only("the disk that fills up is flowd's own, and holds its journal")
@pytest.mark.parametrize("leave", [0, 4 * MIB])
def test_a_full_disk_refuses_new_work_and_heals(small_disk, services, leave):
    flowd = Flowd(small_disk / "flowd", services.resolve())
    release = threading.Event()
    services["first"].always = hang(release)
    with running(flowd), Wire(flowd) as wire, V1(flowd) as v1:
        deployment = deploy(wire, models.one_task("Full", "first"))
        accepted = [v1.CreateInstance(deployment=deployment).instance_id for _ in range(50)]
        until(lambda: len(services["first"].calls) >= 50, "the calls are in flight")
        fill(small_disk, leave)

        status, text = until(lambda: refusal(v1, deployment), "a create is refused")

        assert status in ("UNAVAILABLE", "RESOURCE_EXHAUSTED") and ("free" in text or "space" in text or "full" in text), (status, text)
        until(lambda: requests.get(f"{flowd.url}/readyz", timeout=5).status_code == 503, "flowd says that it takes no work")
        assert requests.get(f"{flowd.url}/livez", timeout=5).status_code == 200
        done = flowctl("run", deployment, flowd=flowd)
        assert done.returncode not in (0, -6, -11) and done.stderr.strip(), done
        done = flowctl("apply", CALC, flowd=flowd)
        assert done.returncode == 8 and "UNAVAILABLE" in done.stderr and "start flowd" not in done.stderr, done
        # What was accepted goes on, out of the reserve.
        release.set()
        for instance in accepted:
            assert v1.state_name(v1.ended(instance)) == "INSTANCE_COMPLETED"

        (small_disk / "filler").unlink()

        until(lambda: requests.get(f"{flowd.url}/readyz", timeout=5).status_code == 200, "flowd heals")
        created = until(lambda: created_or_none(v1, deployment), "a create is accepted again")
        assert v1.state_name(v1.ended(created)) == "INSTANCE_COMPLETED"
    with running(flowd), V1(flowd) as v1:
        assert len(v1.ListInstances(deployment_id=deployment, page_size=1000).instances) >= 51


def refusal(v1, deployment):
    try:
        return code(v1.CreateInstance, deployment=deployment)
    except AssertionError:
        return None


def created_or_none(v1, deployment):
    try:
        return v1.CreateInstance(deployment=deployment).instance_id
    except grpc.RpcError:
        return None


@pytest.mark.sqlite_only("the disk that fills up is flowd's own, and holds its journal")
def test_a_start_on_a_full_disk_is_clear(small_disk):
    flowd = Flowd(small_disk / "flowd")
    command = [str(part) for part in flowd.command()]
    fill(small_disk)

    done = subprocess.run(command, capture_output=True, text=True, timeout=15, check=False)

    assert done.returncode in (1, 2, 3), done
    assert any(word in (done.stdout + done.stderr).lower() for word in ("no space left", "full", "free")), done


@pytest.mark.sqlite_only("restores the files from a backup")
def test_a_restore_killed_anywhere_is_whole_or_refused(own, tmp_path):
    """Restores are killed later and later until one comes to its end; what a killed one left is never taken for a store."""
    flowd = own().start()
    copy = tmp_path / "copy"
    with Wire(flowd) as wire:
        deployment = deploy(wire, models.nothing("Kept"))
        for number in range(30):
            wire.completed(wire.started(deployment, json.dumps("x" * 300_000)))
        assert flowctl("store", "backup", copy, flowd=flowd).returncode == 0
    assert flowd.stop() == 0
    wanted = flowctl("store", "hash", copy).stdout
    command = [str(program("flowctl")), "store", "restore", str(copy), "--data-dir"]

    refused = 0
    for number in range(60):
        folder = tmp_path / f"restored-{number}"
        process = subprocess.Popen([*command, str(folder)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            process.wait(timeout=number**2 * 0.001)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        found = flowctl("store", "hash", "--data-dir", folder)
        if found.returncode == 0:
            assert found.stdout == wanted
            break
        assert "holds no store" in found.stderr or "restore into it again" in found.stderr
        refused += "restore into it again" in found.stderr
        again = flowctl("store", "restore", copy, "--data-dir", folder)
        assert again.returncode == 0, again.stderr
        assert flowctl("store", "hash", "--data-dir", folder).stdout == wanted
    else:
        pytest.fail("no restore came to its end")
    assert refused > 0


def test_past_the_bound_on_live_bytes_creates_are_refused_and_heal(own, services):
    flowd = own(arguments=["--live-bytes", "100000"]).start()
    release = threading.Event()
    services["first"].always = hang(release)
    xml = models.one_task("Heavy", "first")
    with Wire(flowd) as wire, V1(flowd) as v1:
        deployment = deploy(wire, xml)
        body = json.dumps("x" * 40_000).encode()
        ids = [v1.CreateInstance(deployment=deployment, payload=body).instance_id for _ in range(2)]

        why, text = code(v1.CreateInstance, deployment=deployment, payload=body)

        assert why == "RESOURCE_EXHAUSTED" and "of 100000 bytes" in text and "--live-bytes" in text
        metrics = requests.get(f"{flowd.url}/metrics", timeout=5).text
        live = next(int(line.split()[1]) for line in metrics.splitlines() if line.startswith("flow_live_bytes "))
        assert 80_000 < live <= 100_000 and "flow_live_bytes_limit 100000" in metrics
        release.set()
        services["first"].always = None
        for instance in ids:
            wire.completed(instance)
        assert v1.CreateInstance(deployment=deployment, payload=body).instance_id
    assert flowd.stop() == 0
