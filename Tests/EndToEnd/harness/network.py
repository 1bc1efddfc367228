"""Network namespaces of a program's own: hosts around a hub, and the ways between them that can be cut in one direction.

The hub is the namespace that the program itself runs in. `alone()` gives it one that nobody else is in, so that nothing outside is touched
and all of it is gone with the processes.
"""
import contextlib
import ctypes
import os
import pathlib
import subprocess
import sys

CLONE_NEWNET, CLONE_NEWUSER = 0x40000000, 0x10000000
HUB = "10.99.0.1"


class NotAllowed(Exception):
    """This machine gives us no network namespaces."""


def alone():
    """Moves this process into a network namespace of its own, which is the hub. Before any thread is started."""
    user, group = os.getuid(), os.getgid()
    flags = CLONE_NEWNET | (0 if user == 0 else CLONE_NEWUSER)
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(flags) != 0:
        raise NotAllowed(f"no network namespace: {os.strerror(ctypes.get_errno())}")
    if user != 0:
        write("/proc/self/setgroups", "deny")
        write("/proc/self/uid_map", f"0 {user} 1")
        write("/proc/self/gid_map", f"0 {group} 1")
    ip("link", "set", "lo", "up")
    ip("address", "add", f"{HUB}/32", "dev", "lo")
    write("/proc/sys/net/ipv4/ip_forward", "1")


def write(path, text):
    pathlib.Path(path).write_text(text)


def ip(*words, within=()):
    done = subprocess.run([*within, "ip", *words], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise NotAllowed(f"ip {' '.join(words)}: {done.stderr.strip()}")


class Host:
    """A namespace with one address. What starts with `inside` before its command runs there."""

    def __init__(self, number):
        self.address = f"10.99.{number}.2"
        hub_side = f"10.99.{number}.1"
        # It lives as long as this process holds the other end of its standard input. `echo` says that the namespace is made.
        self.holder = subprocess.Popen(
            ["unshare", "--net", "sh", "-c", "echo made; exec cat"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True,
        )
        if self.holder.stdout.readline() != "made\n":
            raise NotAllowed("unshare --net failed")
        self.inside = ["nsenter", "--target", str(self.holder.pid), "--net", "--"]
        ip("link", "add", f"host{number}", "type", "veth", "peer", "name", "eth0", "netns", str(self.holder.pid))
        ip("address", "add", f"{hub_side}/24", "dev", f"host{number}")
        ip("link", "set", f"host{number}", "up")
        for words in (
            ("link", "set", "lo", "up"),
            ("address", "add", f"{self.address}/24", "dev", "eth0"),
            ("link", "set", "eth0", "up"),
            ("route", "add", "default", "via", hub_side),
        ):
            ip(*words, within=self.inside)

    def close(self):
        self.holder.stdin.close()
        self.holder.wait()


@contextlib.contextmanager
def cut(source, target):
    """What `source` sends to `target` is dropped on its way, without a word; the other direction stays."""
    rule = ("from", source.address, "to", target.address, "blackhole")
    ip("rule", "add", *rule)
    try:
        yield
    finally:
        ip("rule", "delete", *rule)
