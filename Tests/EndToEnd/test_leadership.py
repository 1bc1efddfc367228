"""A flowd that is elected and can not use what lies in etcd gives up the lead, and is no hindrance once that is mended."""
import pytest
import requests

from harness import models
from harness.daemons import Flowd, flowctl
from harness.etcd import Etcd
from harness.waiting import until
from harness.wire import Wire

LEASE_S = 3
# Three attempts before it resigns, and the pause until it stands again.
MENDED_S = 25


@pytest.fixture(scope="module")
def etcd():
    etcd = Etcd()
    yield etcd
    etcd.stop()


class Candidate(Flowd):
    """A flowd that is up as soon as it listens, whoever leads."""

    def start(self):
        super(Flowd, self).start()
        return self

    def readiness(self):
        try:
            return requests.get(self.url + "/readyz", timeout=5)
        except requests.RequestException:
            return None

    def leads(self):
        ready = self.readiness()
        return ready is not None and ready.status_code == 200

    def says(self, words):
        ready = self.readiness()
        return ready is not None and ready.status_code == 503 and words in ready.text


@pytest.fixture
def make(etcd, tmp_path, services, request):
    """make("one"): a flowd with this test's root in etcd, not started."""
    made = []

    def candidate(name):
        made.append(
            Candidate(
                tmp_path / name, services.resolve(), ["--lease-ttl", f"{LEASE_S}s", "--node-id", name],
                {"REXFLOW_ROOT_PREFIX": f"/{request.node.name}"}, store=etcd.store,
            )  # fmt: skip
        )
        return made[-1]

    yield candidate
    for daemon in made:
        if daemon.process is not None and daemon.process.poll() is None:
            daemon.stop()


def varint(number):
    out = bytearray()
    while number >= 0x80:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes(out + bytes([number]))


def test_an_epoch_from_another_store_does_not_shut_out_who_is_elected(etcd, make, request):
    epoch = f"/{request.node.name}/p/0001/epoch"
    flowd = make("one").start()
    until(flowd.leads, "flowd leads")
    with Wire(flowd) as wire:
        deployment = wire.applied(models.one_task("Epoch"))
        wire.wait_state(deployment, "RUNNING")
    flowd.stop()
    # What a migration writes from a store that has seen more epochs than this etcd has revisions.
    etcd.put(epoch, varint(1 << 40) + varint(16) + bytes(16))

    flowd.start()
    until(flowd.leads, "flowd leads again")
    with Wire(flowd) as wire:
        wire.completed(wire.started(deployment))

    assert not etcd.get(epoch).startswith(varint(1 << 40))


def test_a_flowd_that_can_not_open_the_store_resigns_says_why_and_leads_when_it_is_mended(etcd, make, request):
    root = f"/{request.node.name}"
    epoch = root + "/p/0001/epoch"
    leader, standby = make("one").start(), make("two")
    until(leader.leads, "the first flowd leads")
    standby.start()
    until(lambda: standby.says(leader.grpc), "the second one knows the leader")
    good = etcd.get(epoch)
    etcd.put(epoch, b"\xff" * 20)

    leader.kill()
    until(lambda: standby.says("can not open its store"), "the standby says why", LEASE_S + 10)
    until(lambda: not etcd.keys_below(f"{root}/cluster/e/"), "it lets others try", 10)
    assert standby.process.poll() is None
    assert standby.says("damaged"), standby.readiness().text
    etcd.put(epoch, good)

    until(standby.leads, "it leads when its store can be read", MENDED_S)
    assert flowctl("ps", flowd=standby).returncode == 0
