"""A clock that is wrong for one process alone, by libfaketime (Debian's package `libfaketime`)."""

import os
from pathlib import Path

import pytest

_LIBRARY = "faketime/libfaketime.so.1"


def wrong_by(seconds: int) -> dict[str, str]:
    """Variables with which a process reads the time of day wrong; how time passes stays right.

    Without the library the test is skipped, in CI it fails.
    """
    found = [*Path("/usr/lib").glob(f"*/{_LIBRARY}"), *Path("/usr/lib").glob(_LIBRARY)]
    if not found:
        assert not os.environ.get("CI"), "Debian's package libfaketime is needed"
        pytest.skip("no libfaketime: no process has a wrong clock")
    return {"LD_PRELOAD": str(found[0]), "FAKETIME": f"{seconds:+d}s", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
