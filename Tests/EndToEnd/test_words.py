"""What flowctl says to a person: on a terminal of 80 columns, and when something was mistyped."""
import os
import pty
import struct
import subprocess
import fcntl
import termios
import threading

import pytest

from harness import models
from harness.daemons import flowctl
from harness.paths import EXAMPLES, ROOT, program
from harness.services import hang

COLUMNS = 80


def on_a_terminal(flowd, *words):
    """(exit code, lines) of flowctl whose three streams are one terminal."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, COLUMNS, 0, 0))
    host, port = flowd.grpc.rsplit(":", 1)
    environment = {"PATH": os.environ["PATH"], "TERM": "xterm", "NO_COLOR": "1", "FLOWD_HOST": host, "FLOWD_PORT": port}
    process = subprocess.Popen([program("flowctl"), *words], stdin=theirs, stdout=theirs, stderr=theirs, cwd=ROOT, env=environment)
    os.close(theirs)
    out = bytearray()
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:  # nobody holds the other end any more
            break
        if not part:
            break
        out += part
    os.close(ours)
    return process.wait(20), out.decode().replace("\r\n", "\n").splitlines()


@pytest.fixture(scope="module")
def pair(wire):
    """The common part of two deployments' ids."""
    stem = models.fresh("pair")
    for name in ("left", "right"):
        wire.wait_state(wire.applied(models.Model(f"{stem}{name}").start().end().path("Start", "End").xml()), "RUNNING")
    return stem


def test_a_table_of_instances_fits_80_columns(flowd, wire, services, up):
    deployment = up(models.one_task("NarrowTerminalWithALongName", "first"))
    wire.completed(wire.started(deployment, "'a result that is longer than any terminal is wide, and then some more'"))
    release = threading.Event()
    services["first"].always = hang(release)
    wire.started(deployment)

    for words in (["ps"], ["ps", "-d"], ["validate", EXAMPLES / "calc/calcprocess.bpmn"]):
        code, lines = on_a_terminal(flowd, *words)
        assert code == 0
        assert max(map(len, lines)) <= COLUMNS, (words, [line for line in lines if len(line) > COLUMNS])
    release.set()


def test_several_files_are_one_table(flowd, tmp_path):
    files = [tmp_path / "a.bpmn", tmp_path / "b.bpmn"]
    for file in files:
        file.write_text(models.nothing("Several"))

    code, lines = on_a_terminal(flowd, "apply", *files)

    assert code == 0, lines
    assert len(lines) == 3 and lines[0].split() == ["ID", "ANSWER", "FILE"], lines


def test_a_person_who_names_no_deployment_is_told_what_there_is(flowd, pair):
    code, lines = on_a_terminal(flowd, "run", f"{pair}lefd")
    assert code == 255
    assert lines[0] == f"error: no deployment '{pair}lefd'"
    assert f"did you mean '{pair}left-" in lines[1]

    code, lines = on_a_terminal(flowd, "run", pair)
    assert code == 255
    assert f"'{pair}' names 2 deployments: {pair}left-" in lines[0]


def test_ps_of_a_deployment_without_d_says_so(flowd, pair):
    _, lines = on_a_terminal(flowd, "ps", f"{pair}left")
    assert any(f"flowctl ps -d {pair}left" in line for line in lines), lines

    _, lines = on_a_terminal(flowd, "ps", "-d", pair)
    assert any("names 2 deployments" in line for line in lines), lines


@pytest.mark.parametrize("verb", [["stop", "-d"], ["start", "-d"], ["delete", "-d"]])
def test_errors_are_said_once(flowd, pair, verb):
    several = flowctl(*verb, pair, flowd=flowd)
    assert several.returncode != 0
    assert "Error: '" in several.stderr and f"error: '{pair}' names 2 deployments" in several.stderr
    assert "not found" not in several.stderr

    missing = flowctl(*verb, "nobody", flowd=flowd)
    assert missing.returncode == 3
    assert "error: nobody not found\n" in missing.stderr


def test_logs_of_a_deployment_without_services_of_its_own(flowd, up):
    deployment = up(models.one_task("NoLogs"))

    for name in (deployment, deployment.rsplit("-", 1)[0]):
        done = flowctl("logs", name, flowd=flowd)

        assert done.returncode == 3
        assert "has no service that flowd starts" in done.stderr
        assert "did you mean" not in done.stderr
