"""flowctl doctor and flowctl store migrate, over SQLite and a real etcd."""
import base64
import json
import sqlite3

import pytest
import requests

from harness.daemons import Flowd, flowctl, running
from harness.members import EtcdMembers
from harness.paths import EXAMPLES
from harness.waiting import until

CALC = EXAMPLES / "calc/calcprocess.bpmn"


@pytest.fixture(scope="module")
def etcd():
    """The address of an etcd that ends with the tests."""
    etcd = EtcdMembers()
    yield etcd.store
    etcd.stop()


def worked(flowd):
    """Applies an example and runs it three times."""
    assert flowctl("apply", "--wait", CALC, flowd=flowd).returncode == 0
    for number in range(3):
        assert flowctl("run", "--wait", "calc", number, flowd=flowd).returncode == 0


def finished(flowd):
    """What `ps` says of the finished instances, once all three are there: a flowd that takes over fetches them while it serves."""
    def told():
        table = flowctl("ps", "-k", "instance", "-o", "json", flowd=flowd)
        rows = json.loads(table.stdout)
        return rows if len(rows) >= 3 else None
    return until(told, "the finished instances are shown", 10)


def checkers(*arguments, code=0, **more):
    done = flowctl("doctor", *arguments, "-o", "json", **more)
    assert done.returncode == code, done.stderr
    report = json.loads(done.stdout)
    assert report["clean"] == (code == 0)
    return {each["name"]: each for each in report["checkers"]}


def test_doctor_on_a_directory_a_backup_and_a_running_flowd(tmp_path):
    flowd = Flowd(tmp_path, store="sqlite")
    with running(flowd):
        worked(flowd)
        names = list(checkers(flowd=flowd))
        assert flowctl("store", "backup", tmp_path / "copy", flowd=flowd).returncode == 0
        busy = flowctl("doctor", "--data-dir", flowd.data)
        assert busy.returncode == 5 and "in use" in busy.stderr

    assert list(checkers(tmp_path / "copy")) == names
    assert list(checkers("--data-dir", flowd.data)) == names
    table = flowctl("doctor", "--data-dir", flowd.data, "-o", "table")
    assert table.returncode == 0 and "blobs-named" in table.stdout and "clean" in table.stderr
    assert flowctl("doctor", "--data-dir", tmp_path / "nowhere").returncode == 3
    assert flowctl("doctor", "--store", "http://x").returncode == 2


def test_doctor_finds_what_was_damaged(tmp_path):
    flowd = Flowd(tmp_path, store="sqlite", arguments=["--keep-journal"])
    with running(flowd):
        worked(flowd)
    blob = sorted((flowd.data / "blobs").iterdir())[0]
    blob.write_bytes(blob.read_bytes()[:-1] + b"!")
    database = sqlite3.connect(flowd.data / "journal.db")
    (batch,) = database.execute("SELECT max(id) - 2 FROM batch").fetchone()
    assert database.execute("UPDATE batch SET bytes = x'01' WHERE id = ?", (batch,)).rowcount == 1
    database.commit()
    database.close()
    database = sqlite3.connect(flowd.data / "records.db")
    (key,) = database.execute("SELECT max(key) FROM record").fetchone()
    database.execute("UPDATE part SET bytes = x'0909' WHERE key = ?", (key,))
    database.commit()
    database.close()

    found = checkers("--data-dir", flowd.data, code=9)

    assert found["blobs"]["findings"][0]["key"] == blob.name
    assert found["records-decode"]["findings"][0]["key"] == key.hex()
    assert [each["key"] for each in found["journal-gaps"]["findings"]] == [str(batch & (1 << 50) - 1)]
    assert found["recovery"]["result"] == "not checked"


def test_a_store_goes_to_etcd_and_back(tmp_path, etcd):
    root = {"REXFLOW_ROOT_PREFIX": "/moved"}
    flowd = Flowd(tmp_path / "first", store="sqlite")
    with running(flowd):
        worked(flowd)
        before = finished(flowd)
        busy = flowctl("store", "migrate", "--from", f"sqlite:{flowd.data}", "--to", etcd, environment=root)
        assert busy.returncode == 5 and "in use" in busy.stderr
    wanted = flowctl("store", "hash", "--data-dir", flowd.data).stdout.strip()
    assert flowctl("doctor", "--store", etcd, environment=root).returncode == 1

    there = flowctl("store", "migrate", "--from", f"sqlite:{flowd.data}", "--to", etcd, environment=root)
    assert there.returncode == 0, there.stderr
    assert wanted in there.stderr and "3 finished instances" in there.stderr
    again = flowctl("store", "migrate", "--from", f"sqlite:{flowd.data}", "--to", etcd, environment=root)
    assert again.returncode == 5 and "already" in again.stderr
    assert set(checkers("--store", etcd, environment=root)) == set(checkers("--data-dir", flowd.data))

    third = Flowd(tmp_path / "third", store="sqlite")
    back = flowctl("store", "migrate", "--from", etcd, "--to", f"sqlite:{third.data}", environment=root)
    assert back.returncode == 0 and wanted in back.stderr, back.stderr
    assert not (tmp_path / "third/data.migrating").exists()
    assert flowctl("store", "hash", "--data-dir", third.data).stdout.strip() == wanted
    checkers("--data-dir", third.data)
    with running(third):
        assert finished(third) == before

    second = Flowd(tmp_path / "second", environment=root, store=etcd)
    with running(second):
        assert finished(second) == before
        assert flowctl("run", "--wait", "calc", "9", flowd=second).returncode == 0
        checkers("--store", etcd, environment=root)
        elsewhere = flowctl("doctor", flowd=second)
        assert elsewhere.returncode == 1 and "--store etcd://" in elsewhere.stderr
        backup = flowctl("store", "backup", tmp_path / "copy", flowd=second)
        assert backup.returncode == 1 and "try:   etcdctl snapshot save FILE\n" in backup.stderr
    checkers("--store", etcd, environment=root)


def gateway(etcd, call, **body):
    """A call of etcd's JSON gateway, with keys as text."""
    for name in ("key", "range_end"):
        if name in body:
            body[name] = base64.b64encode(body[name].encode()).decode()
    address = etcd.removeprefix("etcd://").rstrip("/")
    return requests.post(f"http://{address}/v3/kv/{call}", json=body, timeout=5).json()


def test_doctor_finds_what_was_damaged_in_etcd(tmp_path, etcd):
    root = {"REXFLOW_ROOT_PREFIX": "/harmed"}
    flowd = Flowd(tmp_path, environment=root, store=etcd, arguments=["--keep-journal"])
    with running(flowd):
        worked(flowd)
    assert checkers("--store", etcd, environment=root)["replay"]["result"] == "ok"
    pieces = gateway(etcd, "range", key="/harmed/b/", range_end="/harmed/b0", limit=1, keys_only=True)["kvs"]
    blob = base64.b64decode(pieces[0]["key"]).decode()
    assert gateway(etcd, "deleterange", key=blob)["deleted"] == "1"
    assert gateway(etcd, "deleterange", key="/harmed/p/0001/j/0000000000000003")["deleted"] == "1"
    assert int(gateway(etcd, "deleterange", key="/harmed/p/0001/s/", range_end="/harmed/p/0001/s0")["deleted"]) > 0

    found = checkers("--store", etcd, environment=root, code=9)

    assert [each["key"] for each in found["journal-gaps"]["findings"]] == ["3"]
    assert found["blobs"]["findings"][0]["key"] == blob.split("/")[3]
    assert found["archive"]["findings"][0]["key"].startswith("segment ")


def test_an_interrupted_migration_is_refused_and_made_anew(tmp_path, etcd):
    root = {"REXFLOW_ROOT_PREFIX": "/broken"}
    flowd = Flowd(tmp_path, store="sqlite")
    with running(flowd):
        worked(flowd)
    (flowd.data / "blobs").rename(tmp_path / "kept")
    (flowd.data / "blobs").mkdir()

    failed = flowctl("store", "migrate", "--from", f"sqlite:{flowd.data}", "--to", etcd, environment=root)
    assert failed.returncode == 9, failed.stderr
    refused = flowctl("doctor", "--store", etcd, environment=root)
    assert refused.returncode == 9 and "interrupted" in refused.stderr

    (flowd.data / "blobs").rmdir()
    (tmp_path / "kept").rename(flowd.data / "blobs")
    done = flowctl("store", "migrate", "--from", f"sqlite:{flowd.data}", "--to", etcd, environment=root)
    assert done.returncode == 0, done.stderr
    checkers("--store", etcd, environment=root)
