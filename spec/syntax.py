"""From text to libyaml's nodes, or one sentence about why that is not possible. Pure."""

import re
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

import yaml

from spec.secrecy import without_secrets

DEEPEST = 40
LINE_BREAKS = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
_NESTING = re.compile(rf"(?:[-?:][ \t]+){{{DEEPEST}}}|^ {{{DEEPEST}}}", re.MULTILINE)
_NOT_YAML = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_INDENTING_TAB = re.compile(r"[ -]*\t")


@dataclass(eq=False)
class Unreadable(Exception):
    """The text is not YAML, or not YAML that a stack file may use."""

    line: int
    """From 0, as libyaml counts."""
    column: int
    message: str
    hint: str


class _Parser(getattr(yaml.cyaml, "CParser", yaml.SafeLoader), yaml.resolver.BaseResolver):  # type: ignore[misc]
    """Composes nodes and guesses no types: every plain scalar keeps its text."""

    yaml_implicit_resolvers: dict[Hashable, list[Any]] = {}


def composed(text: str) -> yaml.Node | None:
    """The one document of a text as nodes; None when there is nothing in it.

    Raises:
        Unreadable: the text cannot be read.
    """
    try:
        if text.count("[") + text.count("{") > DEEPEST or _NESTING.search(text):
            _refuse_deep(text)
        node: yaml.Node | None = _Parser(text).get_single_node()  # type: ignore[call-arg]
    except yaml.MarkedYAMLError as error:
        raise _syntax(text, error) from None
    except (yaml.YAMLError, ValueError) as error:
        raise _characters(text, error) from None
    return node


def _refuse_deep(text: str) -> None:
    """libyaml nests as deep as the text does, on the stack of the process: look before it leaps."""
    depth = 0
    for event in yaml.parse(text, Loader=_Parser):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            mark = event.start_mark
            line, column = (mark.line, mark.column) if mark else (0, 0)
            raise Unreadable(line, column, f"nested more than {DEEPEST} deep", "a flatter file")


def _syntax(text: str, error: yaml.MarkedYAMLError) -> Unreadable:
    mark = error.problem_mark or error.context_mark
    line, column = (mark.line, mark.column) if mark else (0, 0)
    lines = LINE_BREAKS.split(text)
    source = lines[line] if line < len(lines) else ""
    tab = _INDENTING_TAB.match(source)
    if tab:
        return Unreadable(line, tab.end() - 1, "a tab cannot indent in YAML", "two blanks instead of each tab")
    words = f"{error.context or ''} {error.problem or ''}".strip()
    if "undefined alias" in words and without_secrets(source) != source:
        return Unreadable(line, column, "a plain text cannot begin with *", "quotes around the text")
    return Unreadable(line, column, *_advice(words, source[column:]))


def _advice(words: str, rest: str) -> tuple[str, str]:
    """(message, hint) for libyaml's words; `rest` is the line from the place on."""
    if "single document" in words:
        return "a second document begins here", "one stack per file: remove the `---` line and what follows"
    if "undefined alias" in words:
        name = re.split(r"[\s,\]}]", rest[1:])[0][:60]
        return f"there is no anchor for the alias *{name}", f"&{name} before the value meant"
    if "mapping values are not allowed" in words:
        return "a second `: ` in one line", "quotes around a value that holds `: `, or one key per line"
    if rest[:1] in ("@", "`", "%"):
        return f"a plain text cannot begin with {rest[0]}", "quotes around the text"
    if "simple key" in words and "could not find expected ':'" in words:
        return "a key without a colon before here", "a colon and a blank after each key, such as `name: jupyterhub`"
    if "while scanning a quoted scalar" in words:
        return "a quote is not closed", "the same quote at the end of the text"
    if "while parsing a flow" in words:
        message = "a bracket is not closed, or a comma is missing, before here"
        return message, "one `key: value` per line instead of brackets"
    if "while parsing a block" in words:
        return "the indentation does not fit the lines above", "keys of one mapping begin in the same column"
    return f"this is not YAML: {words}", "quotes around a text with special characters"


def _characters(text: str, error: Exception) -> Unreadable:
    bad = _NOT_YAML.search(text)
    position = bad.start() if bad else getattr(error, "position", 0) or 0
    before = LINE_BREAKS.split(text[:position])
    message = f"the character U+{ord(bad[0]):04X} is not allowed in YAML" if bad else "this is not YAML"
    return Unreadable(len(before) - 1, len(before[-1]), message, "remove it")
