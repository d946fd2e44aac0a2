"""`inv migrate`: a stack file from buun-stack's variables."""

from pathlib import Path

from apply import console, outfile
from spec.errors import SpecError, StackError
from spec.load import parse
from spec.migrate import NotMigrated, migrated


def write(env: str, out: str, force: bool) -> None:
    """Write the stack file, and say what is left to do; the file with the variables is only read.

    Raises:
        StackError: it cannot be read, or the stack file is there already.
    """
    try:
        made = migrated(Path(env).read_text("utf-8"))
    except OSError as error:
        raise StackError(f"{env} cannot be read: {error.strerror}", "--env FILE, such as .env.local") from error
    except UnicodeDecodeError as error:
        raise StackError(f"{env} is no text in UTF-8", "--env FILE, such as .env.local") from error
    except NotMigrated as error:
        raise StackError(f"{env}: {error}; nothing was written", "put the line right, or take it out") from error
    if Path(out).exists() and not force:
        raise StackError(f"{out} is there already; nothing was written", "--force, or another --out FILE")
    outfile.write(out, made.text, "--out")
    for note in made.notes:
        console.say(note)
    _checked(made.text, out)
    console.result(f"{out} is written; inv plan shows what it would change")


def _checked(text: str, out: str) -> None:
    """What is still wrong with it, as `inv validate` says it; the file is there to be put right."""
    try:
        _, warnings = parse(text, out)
    except SpecError as error:
        console.say(str(error.message))
        return
    for warning in warnings:
        console.say(str(warning))
