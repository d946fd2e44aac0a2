"""`inv migrate`: a stack file from buun-stack's variables, from the release that runs, or from both."""

from dataclasses import dataclass
from pathlib import Path

from apply import console, outfile
from spec.adoption import Release
from spec.errors import SpecError, StackError
from spec.load import parse
from spec.migrate import NotMigrated, migrated

_USUAL = ".env.local"


@dataclass(frozen=True)
class Running:
    """Which release is looked at."""

    context: str | None
    release: str
    namespace: str | None


def write(env: str, out: str, force: bool, running: Running | None = None) -> None:
    """Write the stack file, and say what is left to do; variables and cluster are only read.

    Args:
        env: the file with the variables; empty for the usual one, or for none where a release is looked at.

    Raises:
        StackError: something cannot be read, or the stack file is there already.
        TargetUnreachable: the cluster does not answer.
    """
    if Path(out).exists() and not force:
        raise StackError(f"{out} is there already; nothing was written", "--force, or another --out FILE")
    text = _variables(env or _USUAL) if env or running is None else ""
    release = _release(running) if running else None
    try:
        made = migrated(text, release)
    except NotMigrated as error:
        message = f"{env or _USUAL}: {error}; nothing was written"
        raise StackError(message, "put the line right, or take it out") from error
    outfile.write(out, made.text, "--out")
    for note in made.notes:
        console.say(note)
    _checked(made.text, out)
    console.result(f"{out} is written; inv plan shows what it would change")


def _variables(env: str) -> str:
    try:
        return Path(env).read_text("utf-8")
    except OSError as error:
        raise StackError(f"{env} cannot be read: {error.strerror}", "--env FILE, such as .env.local") from error
    except UnicodeDecodeError as error:
        raise StackError(f"{env} is no text in UTF-8", "--env FILE, such as .env.local") from error


def _release(running: Running) -> Release:
    from apply import adoption  # who has only variables need not wait for a cluster's library

    return adoption.read(running.context, running.release, running.namespace)


def _checked(text: str, out: str) -> None:
    """What is still wrong with it, as `inv validate` says it; the file is there to be put right."""
    try:
        _, warnings = parse(text, out)
    except SpecError as error:
        console.say(str(error.message))
        return
    for warning in warnings:
        console.say(str(warning))
