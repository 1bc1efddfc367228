"""Which store the suite's flowds keep their work in: STORE=sqlite (the default) or STORE=etcd."""
import atexit
import functools
import os
import subprocess
import uuid

from .paths import ROOT

SQLITE, ETCD = "sqlite", "etcd"
KIND = os.environ.get("STORE") or SQLITE
STOP_S = 20

if KIND not in (SQLITE, ETCD):
    raise ValueError(f"STORE={KIND}: the end-to-end suite runs on {SQLITE} or {ETCD}")


@functools.cache
def etcd_url():
    """What --store takes for the etcd of this run: started by scripts/etcd when it is first asked for, gone with this process."""
    process = subprocess.Popen([ROOT / "scripts/etcd", "--with-stdin"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True)
    atexit.register(end, process)
    url = process.stdout.readline().strip()
    if not url.startswith("etcd://"):
        raise RuntimeError(f"scripts/etcd did not start: it ended with {process.wait(STOP_S)}")
    return url


def end(process):
    process.stdin.close()
    process.wait(STOP_S)


class Place:
    """Where one flowd keeps its work: started again it finds it, and no other flowd does."""

    def __init__(self, kind=KIND):
        self.kind = kind
        self.root = f"/e2e-{uuid.uuid4().hex}"

    def flag(self):
        return etcd_url() if self.kind == ETCD else self.kind

    def environment(self):
        return {"REXFLOW_ROOT_PREFIX": self.root} if self.kind == ETCD else {}
