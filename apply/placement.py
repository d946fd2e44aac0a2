"""Artifacts placed on this machine: its values filled in, and a fingerprint of all that should restart a part."""

import hashlib
import json
from pathlib import Path
from typing import Any

from apply import declared, facts
from apply.declared import DECLARED
from apply.plan import Wanted
from apply.state import FACTS, StateDirectory
from render.artifacts import Artifacts
from spec.login import administrators
from spec.model import Stack
from spec.pushed import Declared

APPLIED = "conf/applied.json"
"""Object -> fingerprint of what was last put into it."""
POLICIES, SUPERVISION, LOGIN = "secret policies", "supervision", "administrator's login"
FIRST_PASSWORD = "secrets/first-password"  # noqa: S105 - a path
_FOLDERS = ("conf", "site", "notebook")
"""What install writes whole: files here that it does not want are removed."""
WRITTEN = "conf/written.json"
"""File -> digest of what install wrote last."""
_NOT_RENDERED = {FACTS, APPLIED, WRITTEN, DECLARED}


def wanted(stack: Stack, state: StateDirectory, artifacts: Artifacts) -> Wanted:
    """What the stack asks of this machine, as far as the machine is known."""
    placed = facts.placed(artifacts, facts.known(stack, state))
    table = json.loads(placed["conf/parts.json"])
    for part in table["parts"]:
        part["fingerprint"] = _fingerprint(state, part, placed)
    placed["conf/parts.json"] = json.dumps(table, indent=2) + "\n"
    return Wanted(
        files=placed,
        parts={part["name"]: part["fingerprint"] for part in table["parts"]},
        environments=json.loads(placed["conf/environments.json"]),
        objects=_objects(stack, placed),
    )


def files(state: StateDirectory) -> dict[str, str]:
    """Path -> text of what an earlier install wrote."""
    found = {}
    for folder in _FOLDERS:
        for path in (state.path / folder).rglob("*"):
            name = path.relative_to(state.path).as_posix()
            if path.is_file() and name not in _NOT_RENDERED and path.suffix != ".pyc":
                found[name] = state.read(name) or ""
    return found


def note_written(stack: Stack, state: StateDirectory, made: dict[str, str]) -> None:
    """Keep what install has written, and for which stack.

    Raises:
        StackError: the disk is full.
    """
    state.write(WRITTEN, json.dumps(digests(made), indent=2) + "\n")
    state.write(DECLARED, declared.text(Declared(stack)))  # no image is started on this machine


def digests(found: dict[str, str]) -> dict[str, str]:
    """Path -> digest of a file's text."""
    return {path: _digest(text) for path, text in found.items()}


def _fingerprint(state: StateDirectory, part: dict[str, Any], placed: dict[str, str]) -> str:
    digest = hashlib.sha256(json.dumps(part, sort_keys=True).encode())
    for name in part.pop("reads"):
        if (text := placed.get(name)) is None:
            path = state.path / name
            text = path.read_text("utf-8", "replace") if path.is_file() else ""
        digest.update(_digest(text).encode())
    return digest.hexdigest()


def _objects(stack: Stack, placed: dict[str, str]) -> dict[str, str]:
    code = [text for path, text in placed.items() if Path(path).parent.as_posix() == "site/hub/local"]
    objects = {SUPERVISION: _digest("\0".join(code))}
    if stack.vault.enabled:
        objects[POLICIES] = _digest(placed["conf/vault.json"])
    if stack.auth.kind == "native":
        objects[LOGIN] = administrators(stack.auth)[0]
    return objects


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
