"""Stacks and stack files for tests, made from the smallest example."""

from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest
import yaml

from spec.availability import unavailable
from spec.document import Document
from spec.errors import SpecError
from spec.load import load, parse
from spec.model import Stack
from spec.problems import Problem
from spec.rules import Rule

EXAMPLES = Path(__file__).parent.parent.parent / "spec" / "examples"
MINIMAL = EXAMPLES / "minimal.yaml"
LOCAL = "version: 1\ntarget: {kind: local}\n"
CLUSTER = "version: 1\ntarget: {kind: kubernetes}\nhub: {host: hub.lab.internal}\n"


def make_stack(**changes: Any) -> Stack:
    """The smallest example with changes: `make_stack(culling={"max_age": "7d"})`."""
    data = yaml.safe_load(MINIMAL.read_text("utf-8"))
    return parse(yaml.safe_dump(_merged(data, changes)), "stack.yaml")[0]


def problems(text: str) -> list[Problem]:
    """What is wrong with a text; nothing when it is valid."""
    found = []
    try:
        parse(text, "stack.yaml")
    except SpecError as error:
        found = error.problems or [Problem("an error without a problem", 0, 0)]
    return found


def problem(text: str) -> Problem:
    """The one thing that is wrong with a text."""
    found = problems(text)
    assert len(found) == 1, [str(one) for one in found]
    return found[0]


def file_problem(path: Path) -> Problem:
    """The one thing that is wrong with a file."""
    with pytest.raises(SpecError) as caught:
        load(path)
    found = caught.value.problems
    assert len(found) == 1, str(caught.value)
    return found[0]


def not_yet(text: str, folder: Path) -> list[Problem]:
    """What a valid text asks for and cannot have yet."""
    file = folder / "stack.yaml"
    file.write_text(text, "utf-8")
    return unavailable(load(file), file)


def place(found: Problem) -> tuple[int, int]:
    """Line and column."""
    return found.line, found.column


class Case(NamedTuple):
    """A text that one rule refuses, and its nearest neighbour that is fine."""

    rule: Rule
    wrong: str
    right: str
    place: tuple[int, int]
    message: str
    hint: str

    def check(self) -> None:
        """The rule alone speaks, at its place, and not of the neighbour."""
        found = problem(self.wrong)
        assert place(found) == self.place, str(found)
        assert self.message in found.message
        assert self.hint in found.hint
        assert found.hint
        assert found in said_by(self.rule, self.wrong)
        assert problems(self.right) == []


def said_by(rule: Rule, text: str) -> list[Problem]:
    """What one rule says of a text that fits the schema."""
    document = Document(text, "stack.yaml")
    return list(rule(msgspec.convert(document.data, Stack), document))


def _merged(base: Any, changes: Any) -> Any:
    if not isinstance(base, dict) or not isinstance(changes, dict):
        return changes
    return base | {key: _merged(base.get(key), value) for key, value in changes.items()}
