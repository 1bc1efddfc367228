"""Which store the suite's flowds keep their work in: STORE=sqlite (the default) or STORE=etcd."""
import atexit
import functools
import os
import uuid

from .members import EtcdMembers

SQLITE, ETCD = "sqlite", "etcd"
KIND = os.environ.get("STORE") or SQLITE

if KIND not in (SQLITE, ETCD):
    raise ValueError(f"STORE={KIND}: the end-to-end suite runs on {SQLITE} or {ETCD}")


@functools.cache
def etcd_url():
    """What --store takes for the etcd of this run: started by scripts/etcd when it is first asked for, gone with this process."""
    etcd = EtcdMembers()
    atexit.register(etcd.stop)
    return etcd.store


class Place:
    """Where one flowd keeps its work: started again it finds it, and no other flowd does."""

    def __init__(self, kind=KIND):
        self.kind = kind
        self.root = f"/e2e-{uuid.uuid4().hex}"

    def flag(self):
        return etcd_url() if self.kind == ETCD else self.kind

    def environment(self):
        return {"REXFLOW_ROOT_PREFIX": self.root} if self.kind == ETCD else {}
