"""flowctl store export: the original's keys (reference, section 5), from every kind of store, into files and a real etcd."""
import base64
import contextlib
import hashlib
import json
import pathlib
import re
import subprocess
from xml.parsers import expat

import pytest
import requests

from harness import models, stores
from harness.daemons import Flowd, flowctl, running
from harness.paths import program
from harness.services import fail
from harness.wire import DEPLOYMENT, INSTANCE, Wire

DID = re.compile(r"(.+)-([0-9a-f]{8})")
BIG = 2 << 20


def pairs(text):
    """The keys and values of an export's lines, which come in the order of the keys."""
    found = {}
    *lines, last = text.split("\n")
    assert last == ""
    for line in lines:
        entry = json.loads(line)
        assert set(entry) in ({"key", "value"}, {"key", "base64"})
        found[entry["key"]] = entry["value"].encode() if "value" in entry else base64.b64decode(entry["base64"])
    assert len(found) == len(lines) and list(found) == sorted(found, key=str.encode)
    return found


def below(found, prefix):
    return {key.removeprefix(prefix): value.decode() for key, value in found.items() if key.startswith(prefix)}


def export(*arguments, code=0, **more):
    done = flowctl("store", "export", "--layout", "rexflow", *arguments, **more)
    assert done.returncode == code, (done.returncode, done.stdout[:500], done.stderr)
    return done


def call(etcd, name, **body):
    """A call of etcd's JSON gateway, with keys as text."""
    for field in ("key", "range_end"):
        if field in body:
            body[field] = base64.b64encode(body[field].encode()).decode()
    answer = requests.post(f"http://{etcd.removeprefix('etcd://').rstrip('/')}/v3/kv/{name}", json=body, timeout=20)
    answer.raise_for_status()
    return answer.json()


def with_prefix(etcd, prefix):
    """What `etcdctl get --prefix` shows."""
    end = prefix[:-1] + chr(ord(prefix[-1]) + 1)
    kvs = call(etcd, "range", key=prefix, range_end=end).get("kvs", [])
    return {base64.b64decode(each["key"]).decode(): base64.b64decode(each.get("value", "")) for each in kvs}


@pytest.fixture(scope="module")
def etcd():
    return stores.etcd_url()


# What the original's tools make of `proc`.


def tree(xml):
    """The tree that the original's XML library (xmltodict) reads: attributes as @name, repeated children as a list, text stripped."""
    stack = [[{}, []]]

    def start(name, attributes):
        stack.append([{f"@{key}": value for key, value in attributes.items()}, []])

    def end(name):
        item, text = stack.pop()
        text = "".join(text).strip()
        if not item:
            item = text or None
        elif text:
            item["#text"] = text
        parent = stack[-1][0]
        if name not in parent:
            parent[name] = item
        elif isinstance(parent[name], list):
            parent[name].append(item)
        else:
            parent[name] = [parent[name], item]

    parser = expat.ParserCreate()
    parser.ordered_attributes = False
    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = lambda data: stack[-1][1].append(data)
    parser.Parse(xml, True)
    return stack[0][0]


def original_id(proc):
    """The hash that the original gives a process that it reads from `proc`."""
    return hashlib.sha256(json.dumps(tree(proc)["bpmn:process"]).encode()).hexdigest()[:8]


@contextlib.contextmanager
def worked(tmp_path, services, **options):
    """A flowd that ran every kind of instance; what `ps` showed of them by id, and of the deployments."""
    flowd = Flowd(tmp_path / "flowd", resolve=services.resolve(), **options)
    with running(flowd):
        yield flowd, work(flowd, services)


def work(flowd, services):
    with Wire(flowd) as wire:
        good = wire.applied(models.one_task("Good", host="echo"))
        again = wire.applied(models.one_task("Again", host="echo", recoverable=True))
        still = wire.applied(models.nothing("Still"), stopped=True)
        wire.wait_state(good, "RUNNING")
        wire.wait_state(again, "RUNNING")
        ids = [wire.started(good, "1", metadata={"user": "x"}), wire.started(good, "'ü'")]
        for each in ids:
            wire.completed(each)
        services["echo"].plans.extend([fail(500), fail(500)])
        ids += [wire.started(good), wire.started(again)]
        for each in ids[2:]:
            wire.ended(each)
        deployments = wire.ps(DEPLOYMENT).ok()
        assert set(deployments) == {good, again, still}
        return wire.ps(INSTANCE).ok(), deployments


def check(found, instances, deployments, root="/rexflow"):
    """Section 5 of the reference, key by key (row A100)."""
    wanted = set()
    for iid, shown in instances.items():
        values = below(found, f"{root}/instances/{iid}/")
        wanted |= {f"{root}/instances/{iid}/{name}" for name in values}
        assert values.pop("state") == shown["state"]
        assert values.pop("parent") == shown["parent"]
        assert json.loads(values.pop("metadata")) == shown["metadata"]
        assert values.pop("content_type") == shown["content_type"] == "application/json"
        if shown["state"] == "COMPLETED":
            assert values.pop("end_event") == shown["end_event"]
            assert values.pop("result") == shown["result"]
        else:
            error = json.loads(values.pop("result"))
            assert error.pop("from_envoy") is False
            assert error.items() <= shown.items() and {"error_code", "error_msg", "failed_task_id", "input_data"} <= set(error)
        assert values == {}
    for did, shown in deployments.items():
        values = below(found, f"{root}/workflows/{did}/")
        wanted |= {f"{root}/workflows/{did}/{name}" for name in values}
        assert set(values) == {"state", "proc"} and values["state"] == shown["state"]
        assert values["proc"].startswith('<?xml version="1.0" encoding="utf-8"?>\n<bpmn:process id="')
        assert original_id(values["proc"]) == DID.fullmatch(did).group(2)
    assert set(found) == wanted


@pytest.mark.parametrize("ends", ["stopped", "killed"])
def test_a100_keys_and_values_of_a_data_directory_equal_section_5(tmp_path, services, ends):
    with worked(tmp_path, services, store="sqlite") as (flowd, (instances, deployments)):
        assert sorted(each["state"] for each in instances.values()) == ["COMPLETED", "COMPLETED", "ERROR", "STOPPED"]
        busy = export("--data-dir", flowd.data, code=5)
        assert busy.stdout == "" and "in use" in busy.stderr and "without --data-dir" in busy.stderr
        if ends == "killed":
            flowd.kill()

    # Ctrl-C and an orderly stop differ in what readers have got on their disk.
    done = export("--data-dir", flowd.data, "-o", tmp_path / "keys.jsonl")

    assert done.stdout == "" and "3 deployments, 4 instances" in done.stderr
    # An orderly stop stops nothing that was deployed.
    check(pairs((tmp_path / "keys.jsonl").read_text()), instances, deployments)
    assert not (tmp_path / "keys.jsonl.partial").exists()
    assert export("--store", f"sqlite:{flowd.data}").stdout == (tmp_path / "keys.jsonl").read_text()


def test_a100_a_backup_and_a_flowd_that_runs_have_the_same_keys(tmp_path, services):
    with worked(tmp_path, services, store="sqlite") as (flowd, (instances, deployments)):
        live = export(flowd=flowd)
        check(pairs(live.stdout), instances, deployments)
        assert flowctl("store", "backup", tmp_path / "copy", flowd=flowd).returncode == 0

    assert export(tmp_path / "copy").stdout == live.stdout


def test_a100_tools_find_the_keys_in_etcd(tmp_path, services, etcd):
    with worked(tmp_path, services, store="sqlite") as (flowd, (instances, deployments)):
        pass

    done = export("--data-dir", flowd.data, "--to", etcd, "--root", "/tools")

    assert "3 deployments, 4 instances" in done.stderr and done.stdout == ""
    found = with_prefix(etcd, "/tools/")
    check(found, instances, deployments, root="/tools")
    assert found == pairs(export("--data-dir", flowd.data, "--root", "tools").stdout)


def test_a99_the_root_prefix_names_the_root_and_two_engines_share_an_etcd(tmp_path, services, etcd):
    """Each flowd sees its own, and each export is below the root that the variable names."""
    shown = {}
    for name in ("/one", "/two"):
        flowd = Flowd(tmp_path / name.strip("/"), environment={"REXFLOW_ROOT_PREFIX": name}, store=etcd)
        with running(flowd), Wire(flowd) as wire:
            did = wire.applied(models.nothing("Shared"))
            wire.completed(wire.started(did))
            shown[name] = wire.ps(INSTANCE).ok(), wire.ps(DEPLOYMENT).ok()
            # Whoever works on it: what it holds at one moment.
            check(pairs(export("--store", etcd, environment=flowd.environment).stdout), *shown[name], name)
    assert not shown["/one"][1].keys() & shown["/two"][1].keys()

    for name, (instances, deployments) in shown.items():
        here = {"REXFLOW_ROOT_PREFIX": name}
        source = ["--store", etcd]
        own = export(*source, "--to", etcd, code=5, environment=here)
        assert f"'{name}/'" in own.stderr and "--root" in own.stderr
        export(*source, "--to", etcd, "--root", f"{name}/x", code=5, environment=here)
        export(*source, "--to", etcd, "--root", f"keys{name}", environment=here)
        check(with_prefix(etcd, f"/keys{name}/"), instances, deployments, f"/keys{name}")
        file = tmp_path / f"{name.strip('/')}.backup"
        export(*source, "-o", file, environment=here)
        check(pairs(file.read_text()), instances, deployments, name)
        # The stores are as they were.
        assert flowctl("doctor", "--store", etcd, environment=here).returncode == 0
    assert len(with_prefix(etcd, "/keys/")) == sum(len(with_prefix(etcd, f"/keys{name}/")) for name in shown)


def test_a99_a_root_without_a_slash_is_the_one_with_it(tmp_path, etcd):
    here = {"REXFLOW_ROOT_PREFIX": "x"}
    flowd = Flowd(tmp_path, environment=here, store=etcd)
    with running(flowd), Wire(flowd) as wire:
        did = wire.applied(models.nothing("Slash"))

    assert "/x/format" in with_prefix(etcd, "/x/") and not with_prefix(etcd, "x/")
    assert f"/x/workflows/{did}/state" in pairs(export("--store", etcd, environment=here).stdout)
    for root in ("x", "/x", "/x/"):
        assert "'/x/'" in export("--store", etcd, "--to", etcd, "--root", root, code=5, environment=here).stderr


@pytest.mark.parametrize("ends", ["stopped", "killed"])
def test_a100_keys_and_values_of_a_store_on_etcd_equal_section_5(tmp_path, services, etcd, ends):
    """What finished is in the store's archive, or in the journal: no directory of any flowd is asked."""
    here = {"REXFLOW_ROOT_PREFIX": f"/{ends}"}
    with worked(tmp_path, services, store=etcd, environment=here) as (flowd, (instances, deployments)):
        with Wire(flowd) as wire:
            gone = next(iid for iid, each in instances.items() if each["state"] == "ERROR")
            assert wire.delete(INSTANCE, gone).ok()[gone]["result"] == 0
            del instances[gone]
        if ends == "killed":
            flowd.kill()

    done = export("--store", etcd, environment=here)

    assert "missing" not in done.stderr and "3 instances" in done.stderr
    check(pairs(done.stdout), instances, deployments, f"/{ends}")


def test_without_the_file_of_finished_instances_that_is_said(tmp_path):
    flowd = Flowd(tmp_path, store="sqlite")
    with running(flowd), Wire(flowd) as wire:
        did = wire.applied(models.nothing("Bare"))
        wire.completed(wire.started(did))
    (flowd.data / "view.db").unlink()

    done = export("--data-dir", flowd.data)

    assert "finished instances may be missing" in done.stderr and "view.db" in done.stderr
    assert set(pairs(done.stdout)) == {f"/rexflow/workflows/{did}/proc", f"/rexflow/workflows/{did}/state"}


def test_what_is_there_is_replaced_only_by_force(tmp_path, services, etcd):
    with worked(tmp_path, services, store="sqlite") as (flowd, (instances, deployments)):
        pass
    source = ["--data-dir", flowd.data]
    file = tmp_path / "keys.jsonl"
    file.write_text("mine")
    old = ["/force/instances/old/state", "/force/other"]
    for key in old:
        call(etcd, "put", key=key, value=base64.b64encode(b"mine").decode())

    for target in (["-o", file], ["--to", etcd, "--root", "/force"]):
        refused = export(*source, *target, code=5)
        assert "--force" in refused.stderr
    assert file.read_text() == "mine" and set(with_prefix(etcd, "/force/")) == set(old)

    export(*source, "-o", file, "--force")
    export(*source, "--to", etcd, "--root", "/force", "-f")
    check(pairs(file.read_text()), instances, deployments)
    found = with_prefix(etcd, "/force/")
    # Only the layout's own keys give way.
    assert found.pop("/force/other") == b"mine"
    check(found, instances, deployments, "/force")
    export(*source, "--to", etcd, "--root", "/force", "--force")
    assert len(with_prefix(etcd, "/force/")) == len(found) + 1


def test_bytes_and_large_results_go_where_they_fit(tmp_path, etcd):
    flowd = Flowd(tmp_path / "flowd", store="sqlite")
    with running(flowd), Wire(flowd) as wire:
        did = wire.applied(models.nothing("Bytes"))
        wire.wait_state(did, "RUNNING")
        bodies = {}
        for body in (b"\xff\x00\xfe", "ü\n\t\u2028".encode(), b"x" * BIG):
            headers = {"Content-Type": "application/octet-stream"}
            iid = requests.post(f"{flowd.url}/start/{did}/Start", data=body, headers=headers, timeout=20).json()["id"]
            bodies[iid] = body
            wire.completed(iid)

    source = ["--data-dir", flowd.data]
    found = pairs(export(*source).stdout)
    done = export(*source, "--to", etcd, "--root", "/bytes", code=1)

    assert {iid: found[f"/rexflow/instances/{iid}/result"] for iid in bodies} == bodies
    large = next(iid for iid, body in bodies.items() if len(body) == BIG)
    assert f"/bytes/instances/{large}/result" in done.stderr and "--max-request-bytes" in done.stderr
    there = with_prefix(etcd, "/bytes/instances/")
    assert there[f"/bytes/instances/{large}/state"] == b"COMPLETED"
    assert {key.split("/")[3] for key in there if key.endswith("/result")} == set(bodies) - {large}


def test_what_can_not_be_exported_says_why(tmp_path, etcd):
    flowd = Flowd(tmp_path / "flowd", store="sqlite")
    with running(flowd), Wire(flowd) as wire:
        wire.applied(models.nothing("Refused"))
    source = ["--data-dir", flowd.data]
    cases = [
        (["--data-dir", tmp_path / "none"], 3, "holds no store"),
        ([tmp_path / "none.backup"], 3, "No such file"),
        ([*source, "--to", "sqlite:there"], 2, "--to etcd://"),
        ([*source, "--to", etcd, "-o", "file"], 2, "can not be used with"),
        ([*source, "--layout", "zeebe"], 2, "rexflow"),
        ([*source, "--store", "sqlite:x"], 2, "can not be used with"),
        ([tmp_path / "x", *source], 2, "FILE is a store of its own"),
        ([*source, "-o", tmp_path / "no/such/place"], 1, "No such file"),
        ([*source, "-o", "/dev/full"], 1, "No space left"),
        ([*source, "--to", "etcd://127.0.0.1:1", "--root", "/r"], 1, "etcd can not be reached"),
        (["--store", etcd], 1, "holds no store"),
        (["--flowd-port", "1"], 7, "flowd"),
    ]
    for arguments, code, text in cases:
        done = export(*arguments, code=code)
        assert text in done.stderr and done.stdout == "", (arguments, done.stderr)
    assert pathlib.Path("/dev/full").is_char_device() and not pathlib.Path("file").exists()


def test_a_reader_that_goes_away_is_no_error(tmp_path):
    flowd = Flowd(tmp_path, store="sqlite")
    with running(flowd), Wire(flowd) as wire:
        did = wire.applied(models.nothing("Pipe"))
        wire.wait_state(did, "RUNNING")
        body = b"y" * (1 << 20)
        requests.post(f"{flowd.url}/start/{did}/Start", data=body, headers={"Content-Type": "text/plain"}, timeout=20).raise_for_status()

    # Where no signal ends it.
    command = f"trap '' PIPE; ({program('flowctl')} store export --data-dir {flowd.data}; echo code $? >&2) | head -c 10"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False, timeout=60)

    assert done.stdout == '{"key":"/r' and "code 0" in done.stderr and "error" not in done.stderr


def test_rows_of_another_store_are_not_taken_for_its_own(tmp_path):
    flowds = [Flowd(tmp_path / name, store="sqlite") for name in ("new", "old")]
    for flowd, count in zip(flowds, (0, 3)):
        with running(flowd), Wire(flowd) as wire:
            for _ in range(count):
                wire.completed(wire.started(wire.applied(models.nothing("Mixed"))))
    new, old = (flowd.data / "view.db" for flowd in flowds)
    new.write_bytes(old.read_bytes())

    done = export("--data-dir", flowds[0].data, code=9)

    assert "go on to position" in done.stderr
