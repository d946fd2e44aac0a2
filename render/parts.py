"""One process of the local target, as the supervisor reads it. Pure."""

from typing import Any

STATE = "@{state}"
"""The state directory of the machine."""


def part(name: str, command: list[str], **fields: Any) -> dict[str, Any]:
    """A part with its command and what else is not as usual; `reads` are the files whose change restarts it."""
    defaults: dict[str, Any] = {
        "environment": {},
        "environment_files": {},
        "directory": STATE,
        "after": [],
        "ready": None,
        "stop_seconds": 10,
        "reads": [],
    }
    return {"name": name, "command": command, **defaults, **fields}
