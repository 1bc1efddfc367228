"""etcd as scripts/etcd starts it, in the hands of a test; it ends with the test's process."""
import contextlib
import dataclasses
import subprocess

import requests

from .paths import ROOT
from .waiting import until

STOP_S = 20
ASK_S = 2


@dataclasses.dataclass
class Member:
    name: str
    pid: int
    address: str


def member_of(line):
    word, name, pid, address = line.split()
    assert word == "member", line
    return Member(name, int(pid), address)


class EtcdMembers:
    def __init__(self, members=1, host="127.0.0.1", prefix=()):
        """`prefix`: the words before the command, which put it somewhere else."""
        self.process = subprocess.Popen(
            [*map(str, prefix), ROOT / "scripts/etcd", "--with-stdin", "--members", str(members), "--host", host],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True,
        )
        self.store = self.process.stdout.readline().strip()
        if not self.store.startswith("etcd://"):
            raise RuntimeError(f"scripts/etcd did not start: it ended with {self.process.wait(STOP_S)}")
        found = [member_of(self.process.stdout.readline()) for _ in range(members)]
        self.members = {member.name: member for member in found}

    def ask(self, line):
        print(line, file=self.process.stdin, flush=True)
        answer = self.process.stdout.readline().strip()
        if not answer or answer.startswith("failed:"):
            raise RuntimeError(f"{line}: {answer or 'scripts/etcd is gone'}")
        return answer

    def kill(self, name):
        """kill -9."""
        self.ask(f"kill {name}")

    def start(self, name):
        """With its data; returns when it answers."""
        self.members[name] = member_of(self.ask(f"start {name}"))

    def leader(self):
        """The name of the member that leads the others."""
        return until(self.said_leader, "a member of etcd leads")

    def said_leader(self):
        for name, member in self.members.items():
            with contextlib.suppress(requests.RequestException):
                said = requests.post(f"http://{member.address}/v3/maintenance/status", json={}, timeout=ASK_S).json()
                if said.get("leader", "0") == said["header"]["member_id"]:
                    return name
        return None

    def stop(self):
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()
        self.process.wait(STOP_S)
