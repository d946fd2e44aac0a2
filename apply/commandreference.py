"""The Markdown reference of the commands, made from the tasks themselves and the errors' exit codes. Pure."""

import copy
from collections.abc import Iterator
from typing import Any

from invoke.collection import Collection
from invoke.parser.argument import Argument
from invoke.tasks import Task

from spec import errors

_HEAD = """\
# Reference of the commands

Made from the tasks by `inv schema`; edit `tasks.py` and `apply/commands/`, not this file.

Words in capitals are given without their flag as well. A flag without a value is a switch. Results go to standard
output, all else to standard error, so that `--json` can be piped; without a terminal no command asks.
"""
_CODES = """\
## Exit codes

| code | when |
|---|---|
| 0 | It is done, or there was nothing to do. |
| 1 | It cannot be done; the message says where, what, why and what to do. |
"""
_BEYOND = """\
| 70 | A fault of the platform itself; the message names a file with the details. |
| 130 | It was interrupted; what is half done is said, and the command can be repeated. |
"""


def reference_text(commands: Collection) -> str:
    """The committed file's text."""
    sections = [_section(name, commands[name]) for name in commands.task_names]
    return "\n".join([_HEAD, *sections, _CODES + "".join(_codes()) + _BEYOND])


def flags(task: Task[Any]) -> list[Argument]:
    """What a command takes, with its help; asked of a copy, since a task gives its help away once."""
    asked = copy.copy(task)
    asked.help = dict(task.help)
    return asked.get_arguments()


def _section(name: str, task: Task[Any]) -> str:
    arguments = flags(task)
    words = "".join(f" {argument.names[0].upper()}" for argument in arguments if argument.positional)
    lines = [f"## `inv {name}`", "", (task.__doc__ or "").strip(), "", "```console", f"$ inv {name}{words}", "```", ""]
    if arguments:
        lines += ["| flag | default | meaning |", "|---|---|---|", *map(_row, arguments), ""]
    return "\n".join(lines)


def _row(flag: Argument) -> str:
    names = ", ".join(f"`{'--' if len(name) > 1 else '-'}{name}`" for name in flag.names)
    required = flag.positional and flag.default is None
    default = "required" if required else f"`{flag.default}`" if flag.default not in (None, "", False) else ""
    return f"| {names} | {default} | {str(flag.help).replace('|', chr(92) + '|')} |"


def _codes() -> Iterator[str]:
    """A row for each error that has a code of its own."""
    for one in sorted(errors.StackError.__subclasses__(), key=lambda one: one.exit_code):
        if one.__module__ == errors.__name__ and one.exit_code > errors.StackError.exit_code:
            yield f"| {one.exit_code} | {(one.__doc__ or '').splitlines()[0]} |\n"
