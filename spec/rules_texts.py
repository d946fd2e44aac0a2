"""Rules of every text in the file. Pure."""

import re
from collections.abc import Iterator
from typing import Any

from spec.document import Document, Path, shortened
from spec.model import Stack
from spec.problems import Problem
from spec.secrecy import names_secret

_UNFILLED = re.compile(r"CHANGE_?ME|<[a-z][a-z _-]*>|\bTODO\b")
_EXAMPLE = re.compile(r"(^|[./@])example\.(com|org|net)\b")
_CONTROL = re.compile("[\\x00-\\x1f\\x7f]")
_FREE = {"chart_values", "annotations", "environment", "build_args", "pod", "description"}
"""Where texts of several lines are fine."""


def nothing_is_left_unfilled(_: Stack, document: Document) -> Iterator[Problem]:
    """A placeholder is a value that somebody still has to give."""
    for path, text in document.texts:
        if found := _UNFILLED.search(text):
            yield document.problem(path, f"still has the placeholder {found[0]!r}", "the value meant")


def texts_are_one_line(_: Stack, document: Document) -> Iterator[Problem]:
    """A pattern's `$` also matches before a last line break; and a name with one breaks what it is written into."""
    for path, text in document.texts:
        if not _FREE.intersection(path) and (found := _CONTROL.search(text)):
            message = f"the text holds {'a line break' if found[0] == chr(10) else 'a control character'}"
            hint = "one line" if names_secret(path) else shortened(_CONTROL.sub(" ", text).strip())
            yield document.problem(path, message, hint)
    for path in _keys(document.data, ()):
        if not _FREE.intersection(path[:-1]) and _CONTROL.search(str(path[-1])):
            yield document.problem(
                path, "the key holds a line break or control character", "a key of one line", at_key=True
            )


def example_hosts_are_replaced(stack: Stack, document: Document) -> Iterator[Problem]:
    """example.com and its sisters belong to nobody (RFC 2606): fine in a trial, hardly meant on a cluster."""
    if stack.target.kind != "local":
        for path, text in document.texts:
            if found := _EXAMPLE.search(text):
                yield document.problem(
                    path, f"warning: {found[0].lstrip('./@')} is a name for examples", "the real name"
                )


def _keys(value: Any, path: Path) -> Iterator[Path]:
    """Keys that the file may choose; those of mappings in lists are fixed."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield (*path, key)
            yield from _keys(item, (*path, key))
