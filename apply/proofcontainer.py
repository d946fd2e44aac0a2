"""A container as a cluster would start it, for questions to what is inside; it is removed in any case."""

import contextlib
import json
import os
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from apply.engine import Engine, EngineError
from apply.imagefacts import Home, ImageFacts
from apply.run import last_lines

_FILES = Path(__file__).parent
_PROBE, _PACKAGES = _FILES / "imageprobe.py", _FILES / "imagelisting.py"
_ANY_PYTHON = 'exec "$(command -v python || command -v python3)" -c "$0" "$@"'
_HOME, _USER, _GROUP = "/home/jovyan", "1000", "100"
"""What a server has on a cluster where the image says nothing else."""
LOG_LINES = 12


@dataclass(frozen=True)
class Answer:
    """What a check inside said."""

    state: str
    words: str


@dataclass(frozen=True)
class ProofContainer:
    """A running container."""

    engine: Engine
    id: str

    def ask(self, check: str) -> Answer:
        """Make one check of `imageprobe.py`."""
        _, said = self.engine.execute(self.id, _python(_PROBE, check))
        try:
            found = json.loads((said.splitlines() or [""])[-1])
            return Answer(str(found["state"]), str(found["words"]))
        except (ValueError, KeyError, TypeError):
            return Answer("failed", f"the check could not be made: {_tail(said) or 'the container ended'}")

    def log(self) -> str:
        """The last lines of what the server printed."""
        return _tail(self.engine.logs(self.id))


@contextlib.contextmanager
def serving(engine: Engine, facts: ImageFacts) -> Iterator[ProofContainer]:
    """A notebook server in an empty home, without network, capabilities and new privileges.

    Raises:
        EngineError: it does not start.
    """
    with _container(engine, facts, _python(_PROBE, "serve")) as container:
        yield container


def packages(engine: Engine, facts: ImageFacts) -> dict[str, Any]:
    """What an image has, as `imagelisting.py` lists it.

    Raises:
        EngineError: it cannot be asked.
    """
    with _container(engine, facts, ["sleep", "1800"]) as container:
        _, said = engine.execute(container.id, _python(_PACKAGES))
    try:
        found: dict[str, Any] = json.loads((said.splitlines() or [""])[-1])
    except ValueError:
        raise EngineError(f"the packages cannot be listed: {_tail(said)}") from None
    return found


@contextlib.contextmanager
def _container(engine: Engine, facts: ImageFacts, command: Sequence[str]) -> Iterator[ProofContainer]:
    name = f"buunstack-proof-{os.getpid()}-{secrets.token_hex(6)}"
    try:
        engine.start(facts.id, command, environment={}, home=home(facts), name=name)
        yield ProofContainer(engine, name)
    finally:
        engine.remove(name)


def home(facts: ImageFacts) -> Home:
    """Where the image's user has the home that is empty on a cluster."""
    environment = dict(entry.partition("=")[::2] for entry in facts.environment)
    user, _, group = facts.user.partition(":")
    user = "0" if user in ("", "root") else user
    uid = user if user.isdigit() else environment.get("NB_UID", _USER)
    gid = group if group.isdigit() else environment.get("NB_GID", _GROUP)
    place = environment.get("HOME", _HOME)
    return Home(place, uid, gid)


def _python(file: Path, *arguments: str) -> list[str]:
    return ["sh", "-c", _ANY_PYTHON, file.read_text("utf-8"), *arguments]


def _tail(text: str) -> str:
    return last_lines(text, LOG_LINES)
