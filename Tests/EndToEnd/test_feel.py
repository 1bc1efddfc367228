"""flowctl feel: what it says of names that nobody knows."""
import pytest

from harness.daemons import flowctl


@pytest.mark.parametrize(
    "expression, hint",
    [("cuont([order])", "did you mean 'count'?"), ("ordr.total", "did you mean 'order'?"), ("order.total + 1", None), ("nothing + 1", None)],
)
def test_what_is_near_is_told(expression, hint):
    done = flowctl("feel", expression, "--context", '{"order": {"total": 1}}')

    assert done.returncode == 0
    assert (f"try:   {hint}" in done.stderr) if hint else ("try:" not in done.stderr), done.stderr
