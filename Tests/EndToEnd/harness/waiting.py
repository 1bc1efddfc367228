"""Waiting for a condition with a deadline."""
import time


class Timeout(AssertionError):
    """A condition that did not come true in time; says what was seen last."""


def until(condition, what, seconds=15.0, every=0.02):
    """Returns the first true value of `condition()`; a falsy value or an AssertionError means 'not yet'."""
    deadline = time.monotonic() + seconds
    seen = None
    while True:
        try:
            seen = condition()
            if seen:
                return seen
        except AssertionError as error:
            seen = error
        if time.monotonic() > deadline:
            raise Timeout(f"{what}: not within {seconds} s; last seen: {seen!r}")
        time.sleep(every)


def stays(condition, what, seconds):
    """Fails when `condition()` becomes false within the time. For what must not happen."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        assert condition(), what
        time.sleep(0.02)
