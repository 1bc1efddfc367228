"""A flowd whose etcd is full, speaks TLS, or was put back to an older backup."""
import shutil

import pytest
import requests

from harness import models
from harness.daemons import Flowd, flowctl
from harness.etcd import Etcd
from harness.waiting import until
from harness.wire import Wire
from test_tls import Papers

QUOTA = 16 << 20
MIB = bytes(range(256)) * 4096
# flowd looks every 2 s, compacts a filling etcd every 4 s, and then gives the pages back.
HEALED_S = 40


@pytest.fixture
def etcds():
    """etcds(flags…): starts one; all end with the test."""
    started = []

    def start(*flags, **options):
        started.append(Etcd(*flags, **options))
        return started[-1]

    yield start
    for each in started:
        each.stop()


def readiness(flowd):
    return requests.get(flowd.url + "/readyz", timeout=5)


def test_new_work_ends_at_80_percent_of_the_quota_and_begins_again_when_there_is_room(etcds, own):
    etcd = etcds("--quota-backend-bytes", QUOTA)
    flowd = own(store=etcd.store, arguments=["--etcd-quota", QUOTA]).start()
    # More than its quota, so that etcd raises its own alarm too.
    with pytest.raises(requests.HTTPError):
        for index in range(32):
            etcd.put(f"/large/{index}", MIB)

    until(lambda: readiness(flowd).status_code == 503, "new work is refused")
    refused = flowctl("apply", "-", flowd=flowd, input=models.one_task("Full"))
    etcd.delete_below("/large/")
    until(lambda: readiness(flowd).status_code == 200, "flowd is ready again", HEALED_S)

    assert refused.returncode == 8, refused
    assert "quota of 16 MiB" in refused.stderr
    with Wire(flowd) as wire:
        deployment = wire.applied(models.one_task("Full"))
        wire.wait_state(deployment, "RUNNING")
        wire.completed(wire.started(deployment))


def test_etcd_over_tls_with_certificates_of_both_sides_and_a_wrong_authority_is_named(etcds, own, tmp_path):
    papers = Papers(tmp_path)
    (certificate, key), (own_certificate, own_key) = papers.server, papers.client
    etcd = etcds(f"--cert-file={certificate}", f"--key-file={key}", "--client-cert-auth", f"--trusted-ca-file={papers.ca.pem}")
    pair = ["--etcd-cert", own_certificate, "--etcd-key", own_key]
    flowd = own(store=etcd.store, arguments=["--etcd-ca", papers.ca.pem, *pair]).start()
    with Wire(flowd) as wire:
        deployment = wire.applied(models.one_task("Secure"))
        wire.wait_state(deployment, "RUNNING")
        wire.completed(wire.started(deployment))
    wrong = own(store=etcd.store, arguments=["--etcd-ca", papers.other.pem, *pair, "--store-timeout", "2s"])

    with pytest.raises(RuntimeError) as failed:
        wrong.start()

    assert "ended with 1" in str(failed.value)
    assert "its certificate is not trusted" in wrong.log()
    assert "--etcd-ca" in wrong.log()


def test_an_older_backup_is_refused_until_the_operator_says_that_it_is_meant(etcds, own, tmp_path):
    folder = tmp_path / "etcd"
    etcd = etcds(folder=folder)
    flowd = own(store=etcd.store).start()
    flowd.stop()
    etcd.stop()
    shutil.copytree(folder / "e1", tmp_path / "backup")
    etcd.start()
    flowd.start()
    with Wire(flowd) as wire:
        wire.wait_state(wire.applied(models.one_task("Later")), "RUNNING")
    flowd.stop()
    etcd.stop()
    shutil.rmtree(folder / "e1")
    shutil.move(tmp_path / "backup", folder / "e1")
    etcd.start()

    with pytest.raises(RuntimeError) as failed:
        flowd.start()
    assert "ended with 1" in str(failed.value)
    assert "an older backup was restored" in flowd.log()
    assert str(flowd.data / "etcd-seen") in flowd.log()

    (flowd.data / "etcd-seen").unlink()
    flowd.start()
    assert flowctl("ps", flowd=flowd).returncode == 0
