"""The log: its level comes from the environment, its lines go to standard error once."""

import subprocess
import sys

import pytest

PROGRAM = """
import importlib, buunstack, buunstack.log
importlib.reload(buunstack.log); importlib.reload(buunstack)
log = buunstack.log.log
for level in ("debug", "info", "warning", "error"):
    getattr(log, level)("a line of %s", level)
print(len(log.handlers))
"""


def lines_at(level: str | None) -> list[str]:
    """What a program with that BUUNSTACK_LOG_LEVEL writes to standard error."""
    environment = {} if level is None else {"BUUNSTACK_LOG_LEVEL": level}
    ran = subprocess.run([sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, check=True)
    assert ran.stdout == "1\n", "one handler"
    return ran.stderr.splitlines()


@pytest.mark.parametrize(
    ("level", "shown"),
    [("debug", 4), ("info", 3), ("warning", 2), ("ERROR", 1), (None, 2), ("", 2), (" Info ", 3)],
)
def test_the_level_decides_what_is_shown(level: str | None, shown: int) -> None:
    lines = lines_at(level)

    assert len(lines) == shown
    assert lines[-1].endswith("buunstack ERROR: a line of error")


def test_a_wrong_level_is_told_and_taken_as_warning() -> None:
    lines = lines_at("loud")

    assert "BUUNSTACK_LOG_LEVEL is 'loud'; taking warning. It knows debug, info, warning, error." in lines[0]
    assert [line for line in lines if "a line of" in line] == lines[-2:]
