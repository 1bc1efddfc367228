"""flowd and healthd as child processes on free ports, and flowctl as a person types it."""
import contextlib
import json
import os
import pathlib
import signal
import subprocess

import requests

from .paths import ROOT, program
from .stores import Place
from .waiting import until

LOOPBACK_ANY = "127.0.0.1:0"
START_S = 15
STOP_S = 15


class Daemon:
    """One program with its log in a file. Started again, it keeps its data and gets new ports."""

    name = "?"

    def __init__(self, folder, arguments=(), environment=None):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.arguments = list(arguments)
        self.environment = {
            **{key: value for key, value in os.environ.items() if not key.startswith(("FLOWD_", "HEALTHD_"))},
            **(environment or {}),
        }
        # The words before its command, which put it somewhere else: a network namespace.
        self.inside = []
        self.log_path = self.folder / f"{self.name}.log"
        self.process = None
        self.endpoints = None

    def command(self):
        raise NotImplementedError

    @property
    def endpoints_file(self):
        raise NotImplementedError

    def start(self):
        self.endpoints_file.unlink(missing_ok=True)
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                [str(part) for part in [*self.inside, *self.command()]],
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.endpoints = until(self.read_endpoints, f"{self.name} says where it listens", START_S)
        return self

    def read_endpoints(self):
        if self.process.poll() is not None:
            raise RuntimeError(f"{self.name} ended with {self.process.returncode}:\n{self.log_tail()}")
        try:
            found = json.loads(self.endpoints_file.read_text())
        except (FileNotFoundError, json.JSONDecodeError):
            return None
        return found if found.get("pid", self.process.pid) == self.process.pid else None

    def stop(self):
        """SIGTERM; returns the exit status."""
        if self.process is None:
            return None
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"{self.name} did not stop within {STOP_S} s:\n{self.log_tail()}") from None

    def kill(self):
        """kill -9."""
        self.process.kill()
        self.process.wait()

    def log(self):
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def log_tail(self, lines=40):
        return "\n".join(self.log().splitlines()[-lines:])

    def resident_bytes(self):
        for line in pathlib.Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
        raise RuntimeError("no VmRSS")

    @property
    def grpc(self):
        return self.endpoints["grpc"]

    @property
    def url(self):
        return f"http://{self.endpoints['http']}"


class Flowd(Daemon):
    name = "flowd"

    def __init__(self, folder, resolve=None, arguments=(), environment=None, store=None):
        """On the run's store, in a place of its own, unless `store` says what --store takes."""
        self.place = Place()
        super().__init__(folder, arguments, {**self.place.environment(), **(environment or {})})
        self.store = store
        self.data = self.folder / "data"
        self.resolve = dict(resolve or {})
        self.grpc_address = self.http_address = LOOPBACK_ANY

    @property
    def endpoints_file(self):
        return self.data / "endpoints.json"

    def command(self):
        self.data.mkdir(parents=True, exist_ok=True)
        resolve = [part for host, address in sorted(self.resolve.items()) for part in ("--resolve", f"{host}={address}")]
        listen = ["--grpc-address", self.grpc_address, "--http-address", self.http_address, "--zeebe-address", LOOPBACK_ANY]
        return [program("flowd"), "--store", self.store or self.place.flag(), "--data-dir", self.data, *listen, *resolve, *self.arguments]

    def start(self):
        super().start()
        until(self.ready, "flowd is ready", START_S)
        return self

    def ready(self):
        try:
            return requests.get(f"{self.url}/readyz", timeout=2).status_code == 200
        except requests.ConnectionError:
            return False


class Candidate(Flowd):
    """A flowd that is up as soon as it listens, whoever leads."""

    def start(self):
        super(Flowd, self).start()
        until(lambda: self.status("/livez") == 200, "flowd lives")
        return self

    def get(self, path):
        return requests.get(self.url + path, timeout=5)

    def status(self, path):
        try:
            return self.get(path).status_code
        except requests.RequestException:
            return None

    def leads(self):
        return self.status("/readyz") == 200

    def signal(self, number):
        os.kill(self.process.pid, number)


class Healthd(Daemon):
    name = "healthd"

    def __init__(self, folder, flowd, arguments=(), environment=None):
        super().__init__(folder, arguments, environment)
        self.flowd = flowd

    @property
    def endpoints_file(self):
        return self.folder / "healthd.json"

    def command(self):
        listen = ["--http-address", LOOPBACK_ANY, "--grpc-address", LOOPBACK_ANY]
        return [program("healthd"), "--flowd", self.flowd.grpc, *listen, "--endpoints-file", self.endpoints_file, *self.arguments]


@contextlib.contextmanager
def running(*daemons):
    """Starts the daemons in order and stops them in reverse; a stop that fails fails the test."""
    started = []
    try:
        for daemon in daemons:
            started.append(daemon.start())
        yield daemons[0] if len(daemons) == 1 else daemons
    finally:
        for daemon in reversed(started):
            daemon.stop()


def flowctl(*arguments, flowd=None, healthd=None, environment=None, timeout=60, cwd=ROOT, input=None):
    """Runs flowctl; returns the completed process with text output. Nothing of the caller's FLOWD_* leaks in."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("FLOWD_", "HEALTHD_", "FLOW_"))}
    for daemon, prefix in ((flowd, "FLOWD"), (healthd, "HEALTHD")):
        if daemon is not None:
            host, port = daemon.grpc.rsplit(":", 1)
            clean |= {f"{prefix}_HOST": host, f"{prefix}_PORT": port}
    clean |= environment or {}
    return subprocess.run(
        [str(program("flowctl")), *map(str, arguments)],
        cwd=cwd,
        env=clean,
        input=input,
        stdin=subprocess.DEVNULL if input is None else None,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
