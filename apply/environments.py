"""Virtual environments of the local target's profiles: made from their package lists, whole or not at all."""

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from apply.run import found, run
from apply.state import StateDirectory, disk_errors

_COMPLETE = ".complete"
"""Written last: a folder without it is what a crash left, and is made anew."""


def complete(state: StateDirectory) -> frozenset[str]:
    """The ids of the environments that are ready to use."""
    return frozenset(marker.parent.name for marker in (state.path / "profiles").glob(f"*/{_COMPLETE}"))


def ensure(
    state: StateDirectory,
    identity: str,
    requirements: list[str],
    tell: Callable[[str], None],
    wheels: Path | None = None,
) -> None:
    """Make one environment unless it is complete, with uv where it is found, else with pip.

    Args:
        wheels: a folder with the packages, instead of the network.

    Raises:
        StackError: the installer failed; its last lines are in the message.
    """
    if identity in complete(state):
        return
    folder = state.path / "profiles" / identity
    with disk_errors(folder):
        shutil.rmtree(folder, ignore_errors=True)
    tell(f"environment {identity}: {', '.join(requirements)}")
    for command in _commands(folder, requirements, wheels):
        # Compiling a hundred packages takes every processor for some time, and hub and servers go on meanwhile.
        run(command, what=f"making the environment {identity}", gives_way=True)
    state.write(f"profiles/{identity}/{_COMPLETE}", "\n".join(requirements) + "\n")


def _commands(folder: Path, requirements: list[str], wheels: Path | None) -> list[list[str]]:
    python = str(folder / "bin" / "python")
    source = ["--no-index", f"--find-links={wheels}"] if wheels else []
    if uv := found("uv"):
        # The system's certificate store holds the authority of a network that inspects TLS.
        base = [uv, "--quiet", "--system-certs", "--no-progress", "--no-config"]
        return [
            [*base, "venv", "--python", sys.executable, str(folder)],
            [*base, "pip", "install", "--compile-bytecode", "--python", python, *source, "--", *requirements],
        ]
    return [
        [sys.executable, "-m", "venv", str(folder)],
        [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *source, "--", *requirements],
    ]
