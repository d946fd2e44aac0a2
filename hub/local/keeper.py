"""Watches the supervisor that watches it: `python -m hub.local.keeper STATE` starts another one when it is killed."""

import os
import subprocess
import sys
import time
from pathlib import Path

from hub.local import process
from hub.local.shutdown import holder

_PAUSE_SECONDS = 0.5


def keep(state: Path) -> None:
    """Never returns; a clean stop ends this process before the supervisor goes."""
    while True:
        pid = holder(state)
        known = process.identity(pid) if pid else None
        if pid and known:
            process.wait(pid, known, float("inf"))
        elif pid is None:
            _start(state)
        time.sleep(_PAUSE_SECONDS if pid is None else 0.05)


def _start(state: Path) -> None:
    # The new supervisor must not carry this part's own mark.
    environment = {name: value for name, value in os.environ.items() if name != "BUUNSTACK_PART"}
    command = [sys.executable, "-m", "hub.local.supervisor", str(state), "--detach"]
    subprocess.run(command, env=environment, check=False)


if __name__ == "__main__":
    keep(Path(sys.argv[1]).resolve())
