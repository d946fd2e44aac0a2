"""Start other programs: the only module of the operator's side that does."""

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from spec.errors import StackError, ToolMissing

_KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "USER", "LOGNAME", "SSL_CERT_FILE", "SSL_CERT_DIR")
"""Variables that any program may need; a stack's parts inherit nothing else from the caller's shell."""


def plain_environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """The few variables a long-running program inherits, with `extra` on top."""
    return {name: os.environ[name] for name in _KEPT if name in os.environ} | dict(extra or {})


def found(program: str) -> str | None:
    """Where `program` lies on PATH, or None."""
    return shutil.which(program)


def run(
    command: Sequence[str],
    *,
    what: str,
    environment: Mapping[str, str] | None = None,
    directory: Path | None = None,
) -> str:
    """Run `command` to its end and return what it printed.

    Args:
        what: the work in the user's words, for the error.
        environment: the whole environment; the caller's when left out.

    Raises:
        ToolMissing: the program is not there.
        StackError: it ended with a failure; the message holds its last lines.
    """
    try:
        done = subprocess.run(
            list(command),
            env=None if environment is None else dict(environment),
            cwd=directory,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
        )
    except FileNotFoundError as error:
        raise ToolMissing(f"{command[0]} is not there, so {what} cannot go on", hint=f"install {command[0]}") from error
    if done.returncode:
        tail = "\n".join(done.stdout.strip().splitlines()[-8:])
        raise StackError(f"{what} failed: {Path(command[0]).name} ended with {done.returncode}\n{tail}")
    return done.stdout
