"""The stack file: text becomes a stack, or every problem with its line. Reads one file and nothing else."""

import codecs
import gc
import re
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from pathlib import Path
from typing import Any

import msgspec

from spec.document import Document
from spec.document import Path as Places
from spec.errors import SpecError
from spec.model import Stack
from spec.problems import Problem
from spec.rules import findings

LARGEST_BYTES = 1024 * 1024
"""A stack file of 5,000 lines has 150 kB."""
_NOTHING = object()


def load(path: Path) -> Stack:
    """The stack of a file.

    Raises:
        SpecError: all problems, in the order of the file.
    """
    return load_with_warnings(path)[0]


def load_with_warnings(path: Path) -> tuple[Stack, list[Problem]]:
    """The stack of a file, and what is allowed in it but rarely meant.

    Raises:
        SpecError: all problems, in the order of the file.
    """
    return parse(_text(path), str(path))


def parse(text: str, file: str) -> tuple[Stack, list[Problem]]:
    """The stack of a text and its warnings; `file` is what messages call it.

    Raises:
        SpecError: all problems, in the order of the text.
    """
    with _no_collector():
        stack, document = _checked(text, file)
        errors, warnings = findings(stack, document)
    if document.problems or errors:
        raise SpecError([*document.problems, *errors])
    return stack, sorted(warnings)


def document_of(path: Path) -> Document:
    """The places of a file's values, for problems that are found later."""
    return Document(_text(path), str(path))


@contextmanager
def _no_collector() -> Iterator[None]:
    """A file becomes many objects and none of them is garbage yet: looking for some is time lost."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _checked(text: str, file: str) -> tuple[Stack, Document]:
    document = Document(text, file)
    if document.data is None:
        empty = Problem(file, 1, 1, "", "the file is empty", "inv init writes one")
        raise SpecError(document.problems or [empty])
    try:
        return msgspec.convert(document.data, Stack), document
    except (msgspec.ValidationError, OverflowError) as error:
        raise SpecError(_explained(document, str(error))) from None


def _explained(document: Document, reason: str) -> list[Problem]:
    """What the schema says, and what the rules say of the rest: all problems at once."""
    from spec.explain import explained, untold
    from spec.schema import schema

    found = explained(document, schema())
    told = {(problem.line, problem.column) for problem in document.problems}
    news = (problem for _, problem in found if (problem.line, problem.column) not in told)
    problems = [*document.problems, *news]
    rest = _rest(document.data, [path for path, _ in found])
    if isinstance(rest, Stack):
        return problems + [error for error in findings(rest, document)[0] if not _follows(error, problems)]
    if not problems or "missing required" not in rest:
        problems.append(untold(document, rest or reason))
    return problems


def _rest(data: Any, wrong: list[Places]) -> Stack | str:
    """The stack without the values that do not fit, or else without their sections; or why there is none."""
    reason = ""
    for depth in (None, 1):
        rest = _without(data, [path[:depth] for path in wrong])
        try:
            return msgspec.convert({"version": 1, **rest} if isinstance(rest, dict) else {}, Stack)
        except (msgspec.ValidationError, OverflowError) as error:
            reason = str(error)
    return reason


def _follows(error: Problem, problems: list[Problem]) -> bool:
    """Whether a rule only misses what was left out because it is wrong."""
    return any(
        (problem.line, problem.column) == (error.line, error.column)
        or problem.path == error.path
        or problem.path.startswith((f"{error.path}.", f"{error.path}["))
        for problem in problems
    )


def _without(data: Any, paths: list[Places]) -> Any:
    """A copy of the data without what stands at `paths`."""
    copy = deepcopy(data)
    for path in sorted(set(paths), key=_last_first, reverse=True):
        parent = copy
        for step in path[:-1]:
            parent = _item(parent, step)
        if path and _item(parent, path[-1]) is not _NOTHING:
            del parent[path[-1]]
    return copy


def _last_first(path: Places) -> tuple[tuple[int, str], ...]:
    """Later items of a list go before earlier ones, whose number would change."""
    return tuple((step, "") if isinstance(step, int) else (0, step) for step in path)


def _item(parent: Any, step: str | int) -> Any:
    if isinstance(parent, dict):
        return parent.get(step, _NOTHING)
    if isinstance(parent, list) and isinstance(step, int) and step < len(parent):
        return parent[step]
    return _NOTHING


def _text(path: Path) -> str:
    """The file's text.

    Raises:
        SpecError: there is no file, or it cannot be read as text.
    """
    name = str(path)
    try:
        if path.is_dir():
            raise SpecError([Problem(name, 1, 1, "", "this is a directory", f"{name.rstrip('/')}/stack.yaml")])
        with path.open("rb") as file:
            data = file.read(LARGEST_BYTES + 1)
        if len(data) > LARGEST_BYTES:
            raise SpecError([_too_large(name, max(path.stat().st_size, len(data)))])
    except FileNotFoundError:
        raise SpecError([Problem(name, 1, 1, "", "there is no such file", f"inv init --out {name}")]) from None
    except (OSError, ValueError) as error:
        words = getattr(error, "strerror", None) or str(error)
        raise SpecError([Problem(name, 1, 1, "", f"cannot be read: {words}", f"ls -l {name}")]) from None
    return _decoded(name, data)


def _too_large(name: str, size: int) -> Problem:
    message = f"the file has {size:,} bytes; a stack file has at most {LARGEST_BYTES:,}"
    return Problem(name, 1, 1, "", message, "another file: this one is hardly a stack file")


def _decoded(name: str, data: bytes) -> str:
    try:
        return data.removeprefix(b"\xef\xbb\xbf").decode("utf-8")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        line = len(re.findall(rb"\n", before)) + 1
        column = len(before) - (before.rfind(b"\n") + 1) + 1
        message = f"byte 0x{data[error.start]:02x} is not UTF-8"
        encoding = "utf-16" if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "latin1"
        hint = f"iconv -f {encoding} -t utf-8 {name} > new.yaml"
        raise SpecError([Problem(name, line, column, "", message, hint)]) from None
