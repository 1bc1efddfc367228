"""Two flowd that share an etcd: one leads, the other takes over, and nothing is lost or done for a stale leader."""
import json
import os
import signal
import threading
import time

import grpc
import pytest

from harness import models
from harness.daemons import Candidate
from harness.members import EtcdMembers
from harness.services import hang
from harness.waiting import until
from harness.wire import INSTANCE, Wire

LEASE_S = 3
# What the design allows between a crash and the next answer.
TAKEOVER_S = LEASE_S + 2


@pytest.fixture(scope="module")
def etcd():
    etcd = EtcdMembers()
    yield etcd
    etcd.stop()


@pytest.fixture
def pair(etcd, tmp_path, services, request):
    """(leader, standby), with a root in etcd of their own."""
    environment = {"REXFLOW_ROOT_PREFIX": f"/{request.node.name}"}
    both = [
        Candidate(
            tmp_path / name, services.resolve(), ["--lease-ttl", f"{LEASE_S}s", "--node-id", name], environment, store=etcd.store
        )
        for name in ("one", "two")
    ]
    both[0].start()
    until(both[0].leads, "the first flowd leads")
    both[1].start()
    until(lambda: both[0].grpc in both[1].get("/readyz").text, "the second one knows the leader")
    yield both
    for daemon in both:
        if daemon.process.poll() is None:
            daemon.signal(signal.SIGCONT)
            daemon.stop()


@pytest.fixture
def release():
    """What calls that hang wait for; set at the end, so that none hangs on."""
    event = threading.Event()
    yield event
    event.set()


def refusal(daemon):
    with Wire(daemon) as wire, pytest.raises(grpc.RpcError) as caught:
        wire.ps(0)
    return caught.value


def in_flight(leader, services, count=20):
    """Deploys a model with one task, and starts instances whose calls hang; (deployment, instances)."""
    xml = models.one_task("Standby")
    with Wire(leader) as wire:
        deployment = wire.applied(xml)
        wire.wait_state(deployment, "RUNNING")
        return deployment, [wire.started(deployment) for _ in range(count)]


def complete(leader, instances):
    with Wire(leader) as wire:
        for instance in instances:
            wire.completed(instance)


def test_a_standby_lives_is_not_ready_and_names_the_leader(pair):
    leader, standby = pair

    assert standby.status("/livez") == 200
    ready = standby.get("/readyz")
    error = refusal(standby)

    assert (ready.status_code, leader.grpc in ready.text) == (503, True), ready.text
    assert error.code() == grpc.StatusCode.UNAVAILABLE
    assert leader.grpc in error.details()
    assert standby.status("/v1/deployments") == 503


def test_after_kill_9_the_standby_completes_what_was_in_flight(pair, services, release):
    leader, standby = pair
    services["echo"].always = hang(release)
    _, instances = in_flight(leader, services)

    leader.kill()
    began = time.monotonic()
    until(standby.leads, "the standby took over", TAKEOVER_S)
    took = time.monotonic() - began
    release.set()
    complete(standby, instances)

    assert took <= TAKEOVER_S
    # Killed in the middle of its calls: each is made by the one that died and by the one that goes on, not more often.
    assert all(len(services["echo"].calls_of(instance)) <= 2 for instance in instances)


def test_after_kill_9_the_same_node_is_back_at_once(pair):
    leader, standby = pair
    standby.stop()

    leader.kill()
    began = time.monotonic()
    leader.start()
    until(leader.leads, "the node leads again", TAKEOVER_S)

    # Its old lease has not ended by itself by then.
    assert time.monotonic() - began < 2


def test_a_planned_stop_hands_over_below_a_second(pair, services, release):
    leader, standby = pair
    services["echo"].always = hang(release)
    _, instances = in_flight(leader, services)

    began = time.monotonic()
    leader.signal(signal.SIGTERM)
    until(standby.leads, "the standby took over", TAKEOVER_S, every=0.01)
    took = time.monotonic() - began
    release.set()
    complete(standby, instances)

    assert took < 1
    assert leader.process.wait(15) == 0


def test_a_leader_that_slept_longer_than_its_lease_becomes_a_standby(pair, services, release):
    leader, standby = pair
    services["echo"].always = hang(release)
    deployment, instances = in_flight(leader, services)

    leader.signal(signal.SIGSTOP)
    until(standby.leads, "the standby took over", TAKEOVER_S)
    leader.signal(signal.SIGCONT)
    # Whatever it is asked now, it must not answer as a leader.
    with Wire(leader) as wire, pytest.raises(grpc.RpcError) as caught:
        wire.started(deployment)
    until(lambda: standby.grpc in leader.get("/readyz").text, "the stale leader names the new one")
    release.set()
    complete(standby, instances)

    assert caught.value.code() == grpc.StatusCode.UNAVAILABLE
    assert leader.process.poll() is None
    assert "its memory is thrown away" in leader.log()
    with Wire(standby) as wire:
        assert sorted(wire.ps(INSTANCE).ok()) == sorted(instances)
    standby.stop()
    until(leader.leads, "the first leads again", TAKEOVER_S)
    with Wire(leader) as wire:
        wire.wait_state(deployment, "RUNNING")
        # What had ended under the other is known here too.
        complete(leader, instances)
        wire.completed(wire.started(deployment))


def test_a_killed_leader_that_comes_back_as_a_standby_ends_the_services_it_left(pair):
    leader, standby = pair
    model = models.Model(models.fresh("Left")).start().task("Work", "left", command=["python3", "examples/calc/calc.py"]).end()
    with Wire(leader) as wire:
        deployment = wire.applied(model.path("Start", "Work", "End").xml())
        wire.wait_state(deployment, "RUNNING")

    def service(daemon):
        """The pid of the one service that it started."""
        services = json.loads((daemon.data / "services.json").read_text())["services"]
        return services[0]["pid"] if services else None

    left = until(lambda: service(leader), "the service is written down")
    leader.kill()
    until(standby.leads, "the standby took over", TAKEOVER_S)
    assert os.path.exists(f"/proc/{left}")
    leader.start()

    until(lambda: not os.path.exists(f"/proc/{left}"), "the service that was left is gone")
    with Wire(standby) as wire:
        wire.completed(wire.started(deployment, "42"))
    assert service(standby) not in (None, left)


def test_what_finished_under_one_leader_is_shown_by_the_next_with_result_and_history(pair):
    leader, standby = pair
    with Wire(leader) as wire:
        deployment = wire.applied(models.one_task("Finished"))
        wire.wait_state(deployment, "RUNNING")
        instances = [wire.started(deployment, str(number)) for number in range(30)]
        before = {instance: wire.completed(instance) for instance in instances}
    history = leader.get(f"/v1/instances/{instances[7]}").json()
    # A planned stop ends with a checkpoint: nothing of this is left for the next leader to replay.
    leader.stop()
    until(standby.leads, "the standby took over", TAKEOVER_S)

    with Wire(standby) as wire:
        until(lambda: len(wire.ps(INSTANCE).ok()) == len(instances), "what finished is there", 10)
        after = {instance: wire.completed(instance) for instance in instances}

    assert after == before
    assert standby.get(f"/v1/instances/{instances[7]}").json() == history


def test_etcd_away_for_less_and_for_longer_than_the_lease_ends_no_process(pair, etcd, services, release):
    leader, standby = pair
    services["echo"].always = hang(release)
    _, instances = in_flight(leader, services, 3)

    os.kill(etcd.members["e1"].pid, signal.SIGSTOP)
    try:
        until(lambda: leader.status("/readyz") == 503, "the leader is not ready", LEASE_S + 5)
        assert leader.status("/livez") == 200
        assert refusal(leader).code() == grpc.StatusCode.UNAVAILABLE
    finally:
        os.kill(etcd.members["e1"].pid, signal.SIGCONT)
    next_leader = until(lambda: next((each for each in pair if each.leads()), None), "one leads again", 2 * TAKEOVER_S)
    release.set()
    complete(next_leader, instances)

    assert [each.process.poll() for each in pair] == [None, None]
