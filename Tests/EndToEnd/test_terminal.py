"""flowctl as a terminal and a script see it: exit codes, interruption, colours, pipes, completion."""
import os
import pty
import shutil
import signal
import subprocess

import pytest

from harness import models
from harness.daemons import Healthd, flowctl, running
from harness.paths import program
from harness.services import fail
from harness.waiting import until
from harness.wire import Wire

VERBS = [
    "apply", "delete", "probe", "ps", "run", "start", "stop", "update", "validate", "lint", "health", "jobs",
    "jobs activate", "jobs complete", "jobs fail", "jobs throw", "tasks", "tasks complete", "tasks assign", "incidents", "incidents resolve",
    "publish", "signal", "conditions", "set", "modify", "migrate", "logs", "feel", "test", "doctor",
    "store", "store backup", "store export", "store migrate", "store restore", "store hash", "completion", "man", "help", "version",
]  # fmt: skip


@pytest.mark.parametrize("verb", ["", *VERBS])
def test_help_fits_a_terminal_and_comes_on_stdout(verb):
    done = flowctl(*verb.split(), "--help")

    assert (done.returncode, done.stderr) == (0, "")
    assert max(map(len, done.stdout.splitlines())) <= 80
    if verb:
        assert flowctl("help", *verb.split()).stdout == done.stdout


@pytest.mark.parametrize(
    "words, near",
    [("aply", "flowctl apply"), ("ps --heatlh", "--health"), ("store backp", "flowctl store backup"), ("completion bsh", "bash"),
     ("ps -k INSTANC", "INSTANCE"), ("--flowd-prot 1 ps", "--flowd-port"), ("help exitcodes", "exit-codes")],
)  # fmt: skip
def test_what_is_nearly_right_is_suggested(words, near):
    done = flowctl(*words.split())

    assert (done.returncode, done.stdout) == (2, "")
    assert f"did you mean '{near}'?" in done.stderr


def on_a_terminal(*words, **environment):
    """What flowctl shows a person."""
    main, end = pty.openpty()
    clean = {key: value for key, value in os.environ.items() if key not in ("NO_COLOR", "CLICOLOR_FORCE")}
    process = subprocess.Popen(
        [str(program("flowctl")), *words], stdin=end, stdout=end, stderr=subprocess.DEVNULL, env={**clean, "TERM": "xterm", **environment}
    )
    os.close(end)
    shown = b""
    while True:
        try:
            part = os.read(main, 65536)
        except OSError:
            break
        if not part:
            break
        shown += part
    process.wait(10)
    os.close(main)
    return shown.decode()


def test_colours_are_for_those_who_want_them(flowd, wire, up):
    deployment = up(models.one_task("Colour", "echo"))
    host, port = flowd.grpc.rsplit(":", 1)
    ps = ["--flowd-host", host, "--flowd-port", port, "ps", "-d", deployment]

    assert "\x1b[" in on_a_terminal(*ps)
    for plain in (on_a_terminal(*ps, NO_COLOR="1"), on_a_terminal(*ps, TERM="dumb"), on_a_terminal("--color", "never", *ps)):
        assert deployment in plain and "\x1b" not in plain
    assert flowctl(*ps).stdout == ""
    assert "\x1b" not in flowctl(*ps, "-o", "table").stdout
    assert "\x1b[" in flowctl("--color", "always", *ps, "-o", "table").stdout
    assert "\x1b[" in flowctl(*ps, "-o", "table", environment={"CLICOLOR_FORCE": "1"}).stdout
    assert "\x1b" not in flowctl("--color", "always", *ps, "-o", "json").stdout


def test_data_that_can_not_be_written_is_no_success():
    with open("/dev/full", "w") as full:
        done = subprocess.run([str(program("flowctl")), "man"], stdout=full, stderr=subprocess.PIPE, text=True, check=False)

    assert done.returncode == 1 and "No space left" in done.stderr


def test_a_reader_that_goes_away_is_no_error_of_ours():
    done = subprocess.run(["bash", "-c", f"{program('flowctl')} man | head -1"], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (0, "") and done.stdout.startswith(".TH FLOWCTL")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts_load(shell, tmp_path):
    script = tmp_path / "flowctl"
    script.write_text(flowctl("completion", shell).stdout)
    if shutil.which(shell) is None:
        # Nothing more can be said of a shell that is not here.
        assert "flowctl" in script.read_text()
        return
    ask = {
        "bash": f"source {script}; COMP_WORDS=(flowctl sto); COMP_CWORD=1; _flowctl; echo ${{COMPREPLY[@]}}",
        "zsh": f"autoload -Uz compinit; compinit -u -D; source {script}; print ${{_comps[flowctl]}} stop store",
        "fish": f"source {script}; complete -C 'flowctl sto' | string split -f1 \\t",
    }[shell]
    bare = {"bash": ["--norc"], "zsh": ["-f"], "fish": ["--no-config"]}[shell]

    done = subprocess.run([shell, *bare, "-c", ask], capture_output=True, text=True, timeout=20, check=False)

    assert (done.returncode, done.stderr) == (0, "")
    assert {"stop", "store"} <= set(done.stdout.split())


# Exit codes, one by one (`flowctl help exit-codes`).


@pytest.fixture
def bad(tmp_path):
    path = tmp_path / "bad.bpmn"
    path.write_text("<nope/>")
    return path


def test_exit_codes_without_a_server(bad, tmp_path):
    backup = tmp_path / "half.backup"
    backup.write_bytes(b"SQLite format 3\0" + b"\xa5" * 5000)
    full = tmp_path / "full"
    full.mkdir()
    (full / "file").touch()
    gone = ["--flowd-port", "1", "--healthd-port", "1"]
    expected = {
        0: [["version"], ["feel", "1"], ["help", "exit-codes"]],
        1: [[], ["validate", bad], ["validate", "-o", bad], ["validate", "/nowhere.bpmn"], ["feel", "--cases", "/nowhere"]],
        2: [["bogus"], ["run"], ["feel"], ["store", "hash"], ["feel", "x", "--context", "["]],
        3: [["run", "/nowhere/x.bpmn"], ["store", "hash", "--data-dir", "/nowhere"], ["store", "hash", "/nowhere"],
            ["store", "restore", "/nowhere", "--data-dir", tmp_path / "new"]],
        5: [["store", "backup", bad], ["store", "restore", backup, "--data-dir", full]],
        7: [[*gone, "health"], [*gone, "logs", "x"], [*gone, "store", "backup", tmp_path / "x"]],
        9: [["run", bad], ["store", "hash", backup], ["store", "restore", backup, "--data-dir", tmp_path / "new"], ["feel", "1 +"]],
        255: [[*gone, "ps"], [*gone, "apply", bad], [*gone, "run", "x"], [*gone, "start", "x"], [*gone, "stop", "x"], [*gone, "delete", "x"]],
    }  # fmt: skip
    for status, calls in expected.items():
        for call in calls:
            done = flowctl(*call)
            assert done.returncode == status, (call, status, done)


def test_exit_codes_with_servers(own, bad, services, tmp_path):
    services["second"].always = fail(503)
    with running(own()) as flowd, running(Healthd(tmp_path / "healthd", flowd)) as healthd, Wire(flowd) as wire:
        deployment = wire.applied(models.one_task("Codes", "first"))
        wire.wait_state(deployment, "RUNNING")
        down = tmp_path / "down.bpmn"
        down.write_text(models.one_task("Down", "nobody"))
        failing = wire.applied(models.one_task("Failing", "second"))
        wire.wait_state(failing, "RUNNING")
        expected = {
            0: [["ps"], ["ps", "nobody"], ["run", "--wait", deployment], ["probe", deployment]],
            1: [["run", "--wait", failing]],
            3: [["delete", "-d", "nobody"], ["start", "nobody"], ["stop", "-d", "nobody"], ["logs", "nobody"], ["health", "nobody"],
                ["probe", "nobody"]],
            5: [["delete", "-d", deployment], ["store", "restore", bad, "--data-dir", flowd.data]],
            6: [["apply", "--wait", "--timeout", "500ms", down]],
            255: [["apply", bad], ["run", "nobody"], ["apply", "/nowhere.bpmn"]],
        }  # fmt: skip
        for status, calls in expected.items():
            for call in calls:
                done = flowctl(*call, flowd=flowd, healthd=healthd)
                assert done.returncode == status, (call, status, done)
        until(lambda: flowctl("health", flowd=flowd, healthd=healthd).returncode == 1, "a task is DOWN")


@pytest.mark.sqlite_only("the files are in use")
def test_a_store_in_use_is_exit_code_5(own):
    with running(own()) as flowd:
        done = flowctl("store", "hash", "--data-dir", flowd.data)

        assert done.returncode == 5, done


@pytest.mark.parametrize("number, status", [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupted_run_in_process_leaves_nothing_behind(number, status, tmp_path):
    pid_file = tmp_path / "pid"
    service = ["sh", "-c", f"echo $$ > {pid_file}.new; mv {pid_file}.new {pid_file}; exec sleep 1000"]
    model = models.Model(models.fresh("Stuck")).start().task("Work", "nobody", command=service).end().path("Start", "Work", "End")
    file = tmp_path / "stuck.bpmn"
    file.write_text(model.xml())
    process = subprocess.Popen([str(program("flowctl")), "run", str(file)], stderr=subprocess.PIPE, text=True, start_new_session=True)
    until(pid_file.exists, "the service runs")
    pid = int(pid_file.read_text())

    process.send_signal(number)
    _, said = process.communicate(timeout=15)

    assert process.returncode == status and "interrupted" in said
    until(lambda: not os.path.exists(f"/proc/{pid}"), "the service is gone", 5)
