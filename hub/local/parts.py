"""The table of parts as the supervisor reads it, and the status it writes."""

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

TABLE, STATUS = "conf/parts.json", "run/status.json"


@dataclass(frozen=True)
class Ready:
    """A part is ready when this address answers with one of these codes."""

    url: str
    status: tuple[int, ...]
    ca: str | None = None


@dataclass(frozen=True)
class Part:
    """One process to keep alive."""

    name: str
    command: tuple[str, ...]
    fingerprint: str
    directory: str
    environment: dict[str, str] = field(default_factory=dict)
    environment_files: dict[str, str] = field(default_factory=dict)
    """Variable -> file with its value: a secret is in no table and in no argument."""
    after: tuple[str, ...] = ()
    ready: Ready | None = None
    stop_seconds: float = 10


@dataclass
class State:
    """What is known of a part's process."""

    state: str = "waiting"
    pid: int | None = None
    identity: str | None = None
    since: float = 0
    restarts: int = 0
    fingerprint: str = ""
    last_exit: str = ""
    answer: int | None = None
    """The HTTP status with which it last said that it is not ready."""


def read_table(state: Path) -> dict[str, Part]:
    """Name -> part, in the order of the file.

    Raises:
        ValueError: the table cannot be used; the message says why.
    """
    try:
        content = json.loads((state / TABLE).read_text("utf-8"))
        parts = [_part(entry) for entry in content["parts"]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{state / TABLE} cannot be used: {type(error).__name__}: {error}") from error
    names = [part.name for part in parts]
    unknown = {name for part in parts for name in part.after} - set(names)
    if unknown or len(set(names)) < len(names):
        raise ValueError(f"{state / TABLE} cannot be used: unknown or repeated parts {sorted(unknown) or names}")
    return {part.name: part for part in parts}


def read_status(state: Path) -> dict[str, State]:
    """What the last supervisor wrote of its parts; empty when it wrote nothing that can be used."""
    try:
        content = json.loads((state / STATUS).read_text("utf-8"))
        return {name: State(**entry) for name, entry in content["parts"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def write_private(path: Path, text: str) -> None:
    """Write a file whole or not at all, for the owner alone."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.new")
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
    temporary.replace(path)


def _part(entry: dict[str, Any]) -> Part:
    ready = entry["ready"]
    return Part(
        name=str(entry["name"]),
        command=tuple(entry["command"]),
        fingerprint=str(entry["fingerprint"]),
        directory=str(entry["directory"]),
        environment=dict(entry["environment"]),
        environment_files=dict(entry["environment_files"]),
        after=tuple(entry["after"]),
        ready=None if ready is None else Ready(ready["url"], tuple(ready["status"]), ready["ca"]),
        stop_seconds=float(entry["stop_seconds"]),
    )
