"""The program that works on a hub's database from outside of the hub, on this machine. Starts processes."""

import json
import sys
from pathlib import Path
from typing import Any

from apply.run import plain_environment, run
from spec.errors import StackError

ROOT = Path(__file__).parent.parent
_MODULE = "hub.offline.database"


def asked(action: str, *paths: Path) -> dict[str, Any]:
    """What `hub/offline/database.py` answers to one action.

    Raises:
        StackError: it refuses; the message is the reason.
    """
    return checked(json.loads(output(_MODULE, action, *map(str, paths)).splitlines()[-1]))


def output(module: str, *arguments: str) -> str:
    """What a module of this folder prints.

    Raises:
        StackError: it ends with a failure.
    """
    environment = plain_environment({"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"})
    return run([sys.executable, "-m", module, *arguments], what="work on the hub's database", environment=environment)


def checked(answer: dict[str, Any]) -> dict[str, Any]:
    """An answer that is none of a fault.

    Raises:
        StackError: it is one.
    """
    if fault := answer.get("fault"):
        raise StackError(f"the hub's database: {fault}")
    return answer


def described(path: Path) -> dict[str, Any]:
    """What is in a database.

    Raises:
        StackError: it is no sound one of a hub.
    """
    return asked("describe", path)
