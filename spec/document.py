"""A YAML text as data with the place of each value, read by the rules of YAML 1.2. Pure.

Data and places come from one pass over libyaml's nodes; a place is looked up only when something is wrong there.
YAML 1.1 would read `on` as true, `12:30` as 750 and `010` as 8; the first two are text here, the last is refused.
"""

import math
import re
from collections.abc import Iterator
from functools import cached_property
from typing import Any

import yaml

from spec.problems import Problem
from spec.secrecy import names_secret, without_secrets
from spec.syntax import DEEPEST, LINE_BREAKS, Unreadable, composed

MOST_NODES = 100_000
"""A stack file of 5,000 lines has about 15,000; a few aliases of aliases have billions."""

_STRING_TAG = "tag:yaml.org,2002:str"
_COLLECTION_TAGS = {"tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"}
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)\Z")
_OTHER_INTEGER = re.compile(r"0o[0-7]+\Z|0x[0-9a-fA-F]+\Z")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z")
_NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)\Z|\.(nan|NaN|NAN)\Z")
_WORDS = {
    "": None,
    "~": None,
    "null": None,
    "Null": None,
    "NULL": None,
    "true": True,
    "True": True,
    "TRUE": True,
    "false": False,
    "False": False,
    "FALSE": False,
}
_NUMBER_STARTS = frozenset("0123456789+-.")
_LONGEST_NUMBER = 30
_LONGEST_SHOWN = 60

Path = tuple[str | int, ...]
_Entry = tuple[yaml.Node | None, yaml.Node]


class Document:
    """One YAML document: `data`, the `problems` met while reading it, and the place of each path."""

    def __init__(self, text: str, file: str) -> None:
        """Reads everything; never raises for what is in the text."""
        self.file = file
        self.lines = LINE_BREAKS.split(text)
        self.problems: list[Problem] = []
        self.data: Any = None
        self._root: yaml.Node | None = None
        self._nodes = 0
        self._open: set[int] = set()
        self._endless = False
        self._indexes: dict[int, dict[str | int, _Entry]] = {}
        self._compose(text)

    def problem(self, path: Path, message: str, hint: str = "", *, at_key: bool = False) -> Problem:
        """A problem at the value of `path`, or at its key; the nearest existing place when it is not in the text."""
        key, value = self._marks(path)
        mark = key if at_key and key is not None else value
        return self._at(mark, path_text(path), message, hint)

    def text_at(self, path: Path) -> str:
        """The scalar of `path` as it is written, without quotes; empty for anything else."""
        node = self._node(path)
        return str(node.value) if isinstance(node, yaml.ScalarNode) else ""

    @cached_property
    def texts(self) -> list[tuple[Path, str]]:
        """Every text of the data with its path: more than one rule looks at them all."""
        return list(_texts(self.data, ()))

    def has(self, path: Path) -> bool:
        """Whether the text itself names `path`."""
        return self._node(path) is not None

    def nearest(self, path: Path, otherwise: Path) -> Path:
        """The path of what is missing: its own where the text names it without a value, or with a wrong one."""
        return path if self.has(path) else otherwise

    def _compose(self, text: str) -> None:
        try:
            self._root = composed(text)
        except Unreadable as error:
            source = self._line(error.line)
            place = (error.line + 1, error.column + 1)
            self.problems.append(Problem(self.file, *place, "", error.message, error.hint, source))
        if self._root is not None:
            data = self._value(self._root, (), 0)
            self.data = None if self._endless else data

    def _value(self, node: yaml.Node, path: Path, depth: int) -> Any:
        self._nodes += 1
        if self._nodes > MOST_NODES or depth > DEEPEST or id(node) in self._open:
            self._refuse_size(node, path, depth)
            return None
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node, path)
        if node.tag not in _COLLECTION_TAGS:
            self._refuse_tag(node, path)
            return None
        self._open.add(id(node))
        try:
            if isinstance(node, yaml.MappingNode):
                return self._mapping(node, path, depth)
            return [self._value(item, (*path, index), depth + 1) for index, item in enumerate(node.value)]
        finally:
            self._open.discard(id(node))

    def _mapping(self, node: yaml.MappingNode, path: Path, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        places: dict[str, yaml.Node] = {}
        merged: dict[str, Any] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                self.problems.append(self._at(key.start_mark, path_text(path), "a key must be a text", ""))
                continue
            name = key.value
            if _merges(key):
                merged |= self._merged(value, path, depth)
                continue
            if name in places:
                first = places[name].start_mark.line + 1
                message = f"this key is already on line {first}"
                hint = "remove one of them"
                self.problems.append(self._at(key.start_mark, path_text((*path, name)), message, hint))
            places[name] = key
            found[name] = self._value(value, (*path, name), depth + 1)
        return merged | found

    def _merged(self, node: yaml.Node, path: Path, depth: int) -> dict[str, Any]:
        """The keys that `<<` brings; an earlier mapping of a list wins (yaml.org/type/merge.html)."""
        nodes = node.value if isinstance(node, yaml.SequenceNode) else [node]
        found: dict[str, Any] = {}
        for item in reversed(nodes):
            if not isinstance(item, yaml.MappingNode):
                self.problems.append(
                    self._at(item.start_mark, path_text(path), "`<<` takes a mapping", "an alias such as *name")
                )
                continue
            value = self._value(item, path, depth + 1)
            found |= value if isinstance(value, dict) else {}
        return found

    def _scalar(self, node: yaml.ScalarNode, path: Path) -> Any:
        text: str = node.value
        if node.tag != _STRING_TAG:
            self._refuse_tag(node, path)
            return None
        if node.style:
            return text
        if text in _WORDS:
            return _WORDS[text]
        if text[0] not in _NUMBER_STARTS or len(text) > _LONGEST_NUMBER:
            return text
        return self._number(node, text, path)

    def _number(self, node: yaml.ScalarNode, text: str, path: Path) -> Any:
        if _INTEGER.match(text):
            return int(text)
        if _OTHER_INTEGER.match(text):
            return int(text, 0)
        if _NOT_FINITE.match(text) or (_FLOAT.match(text) and not math.isfinite(float(text))):
            message = f"{'this' if names_secret(path) else text} is not a number here"
            self.problems.append(self._at(node.start_mark, path_text(path), message, "a finite number"))
            return None
        if not _FLOAT.match(text):
            return text
        if text.lstrip("+-")[0] == "0" and text.lstrip("+-").isdigit():
            message = f"{text} has a leading zero: some programs would read it as {_octal(text)}"
            hint = f'{text.lstrip("+-0") or "0"}, or "{text}" for a text'
            if names_secret(path):
                message, hint = "a leading zero: some programs would read another number", "quotes around it"
            self.problems.append(self._at(node.start_mark, path_text(path), message, hint))
            return None
        return float(text)

    def _refuse_tag(self, node: yaml.Node, path: Path) -> None:
        tag = node.tag.replace("tag:yaml.org,2002:", "!!")
        message, hint = f"the tag {tag} is not supported", "remove it"
        if names_secret(path):
            message, hint = "a plain text cannot begin with !", "quotes around the text"
        self.problems.append(self._at(node.start_mark, path_text(path), message, hint))

    def _refuse_size(self, node: yaml.Node, path: Path, depth: int) -> None:
        self._endless = True
        if id(node) in self._open:
            message, hint = "this alias stands inside its own anchor", "write the value out"
        elif depth > DEEPEST:
            message, hint = f"nested more than {DEEPEST} deep", "a flatter file"
        else:
            message, hint = f"the file grows to more than {MOST_NODES} values through its aliases", "fewer aliases"
        if all(problem.message != message for problem in self.problems):
            self.problems.append(self._at(node.start_mark, path_text(path), message, hint))

    def _at(self, mark: yaml.Mark | None, path: str, message: str, hint: str) -> Problem:
        line, column = (mark.line, mark.column) if mark else (0, 0)
        return Problem(self.file, line + 1, column + 1, path, message, hint, self._line(line))

    def _line(self, number: int) -> str:
        return without_secrets(self.lines[number]) if number < len(self.lines) else ""

    def _marks(self, path: Path) -> tuple[yaml.Mark | None, yaml.Mark | None]:
        node, key = self._root, None
        for step in path:
            found = self._entries(node).get(step)
            if found is None:
                break
            key, node = found
        value = node.start_mark if node is not None else None
        return (key.start_mark if key is not None else None), value

    def _node(self, path: Path) -> yaml.Node | None:
        node = self._root
        for step in path:
            found = self._entries(node).get(step)
            if found is None:
                return None
            node = found[1]
        return node

    def _entries(self, node: yaml.Node | None) -> dict[str | int, _Entry]:
        """Step -> (its key, its value); explicit keys win over merged ones, the last of two equal ones wins."""
        if not isinstance(node, yaml.CollectionNode) or self._endless:
            return {}
        if id(node) not in self._indexes:
            self._indexes[id(node)] = dict(self._listed(node))
        return self._indexes[id(node)]

    def _listed(self, node: yaml.CollectionNode) -> Iterator[tuple[str | int, _Entry]]:
        if isinstance(node, yaml.SequenceNode):
            yield from ((index, (None, item)) for index, item in enumerate(node.value))
            return
        for key, value in node.value:
            if _merges(key):
                for item in reversed(value.value if isinstance(value, yaml.SequenceNode) else [value]):
                    yield from self._entries(item).items()
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode) and not _merges(key):
                yield key.value, (key, value)


def _texts(value: Any, path: Path) -> Iterator[tuple[Path, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _texts(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _texts(item, (*path, index))


def _merges(key: yaml.Node) -> bool:
    return isinstance(key, yaml.ScalarNode) and key.value == "<<" and not key.style


def path_text(path: Path) -> str:
    """A path in the user's words: `profiles.cuda.gpu.limit`, `auth.admin_users[0]`."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f"{'.' if text else ''}{shortened(step)}"
    return text


def shortened(text: str) -> str:
    """A text of the file as messages show it: one line, and not a page."""
    line = "".join(character if character.isprintable() else "\ufffd" for character in text[: _LONGEST_SHOWN + 1])
    return line if len(line) <= _LONGEST_SHOWN else f"{line[:_LONGEST_SHOWN]}…"


def _octal(text: str) -> str:
    try:
        return str(int(text.lstrip("+-"), 8))
    except ValueError:
        return "another number"
