"""One flowd and one healthd for most rows; a row that stops, kills or floods a daemon takes its own."""
import functools
import pathlib
import signal
import sys
import time

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from harness import models, stores  # noqa: E402
from harness.daemons import Flowd, Healthd, flowctl, running  # noqa: E402
from harness.services import Services  # noqa: E402
from harness.wire import Wire  # noqa: E402

LOG_LINES = 40

# A daemon that hangs would cost every test its whole deadline; what comes after this fails at once.
SUITE_S = 600
BEGAN = time.monotonic()

# No test may hang, least of all in a read that has no deadline of its own.
TEST_S = 120


class TooLong(BaseException):
    """Past what `except Exception` would keep."""


def too_long(signum, frame):
    raise TooLong(f"the test has been running for more than {TEST_S} s")


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_call(item):
    signal.signal(signal.SIGALRM, too_long)
    signal.alarm(TEST_S)
    yield
    signal.alarm(0)


def pytest_runtest_setup(item):
    if time.monotonic() - BEGAN > SUITE_S:
        pytest.fail(f"the suite has been running for more than {SUITE_S} s", pytrace=False)
    embedded = item.get_closest_marker("sqlite_only")
    if embedded is not None and stores.KIND != stores.SQLITE:
        pytest.skip(f"not on {stores.KIND}: {embedded.args[0]}")


@pytest.fixture(scope="session")
def services():
    services = Services()
    yield services
    services.stop()


@pytest.fixture(autouse=True)
def services_as_usual(services):
    """What one test planned must not reach the next."""
    yield
    services.reset()


@pytest.fixture(scope="session")
def flowd(tmp_path_factory, services):
    with running(Flowd(tmp_path_factory.mktemp("flowd"), services.resolve())) as daemon:
        yield daemon


@pytest.fixture(scope="session")
def healthd(tmp_path_factory, flowd):
    with running(Healthd(tmp_path_factory.mktemp("healthd"), flowd)) as daemon:
        yield daemon


@pytest.fixture(scope="session")
def wire(flowd, healthd):
    with Wire(flowd) as wire:
        yield wire


@pytest.fixture(scope="session")
def ctl(flowd, healthd):
    """flowctl against the shared daemons: ctl("ps", "-o")."""
    return functools.partial(flowctl, flowd=flowd, healthd=healthd)


@pytest.fixture
def own(tmp_path, services):
    """Makes a flowd of the test's own (not started) that finds the fixture services."""
    made = []

    def make(**options):
        options.setdefault("resolve", services.resolve())
        made.append(Flowd(tmp_path / f"flowd-{len(made)}", **options))
        return made[-1]

    yield make
    for daemon in made:
        if daemon.process is not None and daemon.process.poll() is None:
            daemon.kill()


@pytest.fixture(scope="session")
def deployed(wire):
    """deployed("examples/…bpmn"): the id of that corpus model's deployment, applied once a session, RUNNING."""

    @functools.cache
    def deploy(relative):
        deployment = wire.applied(models.text(relative))
        wire.wait_state(deployment, "RUNNING")
        return deployment

    return deploy


@pytest.fixture
def up(wire):
    """up(xml): the id of a new deployment that is RUNNING."""

    def deploy(xml):
        deployment = wire.applied(xml)
        wire.wait_state(deployment, "RUNNING")
        return deployment

    return deploy


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """A failed test shows the end of the daemons' logs."""
    outcome = yield
    report = outcome.get_result()
    if report.failed:
        for name in ("flowd", "healthd"):
            daemon = item.funcargs.get(name)
            if daemon is not None:
                report.sections.append((f"{name}.log", daemon.log_tail(LOG_LINES)))
