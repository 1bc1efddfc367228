"""An etcd of a test's own, and its keys over its own JSON."""
import base64
import subprocess

import requests

from .paths import ROOT

STOP_S = 20


class Etcd:
    """scripts/etcd with one member; ends with `stop`, or with this process. With a folder it is there again after the next start."""

    def __init__(self, *flags, folder=None):
        self.flags, self.folder = flags, folder
        self.start()

    def start(self):
        where = ["--data-dir", self.folder] if self.folder else []
        self.process = subprocess.Popen(
            [str(part) for part in [ROOT / "scripts/etcd", "--with-stdin", *where, "--", *self.flags]],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        self.store = self.process.stdout.readline().strip()
        assert self.store.startswith("etcd://"), self.store
        self.url = self.store.replace("etcd://", "http://") + "/v3/kv"

    def stop(self):
        self.process.stdin.close()
        self.process.wait(STOP_S)

    def post(self, what, **body):
        coded = {name: base64.b64encode(value).decode() for name, value in body.items()}
        answer = requests.post(f"{self.url}/{what}", json=coded, timeout=5)
        answer.raise_for_status()
        return answer.json()

    def get(self, key):
        """The value, or nothing."""
        found = self.post("range", key=key.encode()).get("kvs")
        return base64.b64decode(found[0]["value"]) if found else None

    def put(self, key, value):
        self.post("put", key=key.encode(), value=value)

    def delete_below(self, prefix):
        """All keys that begin with the prefix, which ends with a slash."""
        self.post("deleterange", key=prefix.encode(), range_end=(prefix[:-1] + "0").encode())

    def keys_below(self, prefix):
        found = self.post("range", key=prefix.encode(), range_end=(prefix[:-1] + "0").encode()).get("kvs", [])
        return [base64.b64decode(each["key"]) for each in found]
