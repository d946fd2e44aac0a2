"""A stack file while it is made: values at their keys, with what is said of them, and its text. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import yaml
from yaml.cyaml import CSafeDumper

from spec.model import Stack

Path = tuple[str, ...]


@dataclass
class StackFile:
    """The content so far."""

    content: dict[str, Any] = field(default_factory=dict)
    comments: dict[Path, tuple[str, ...]] = field(default_factory=dict)

    def put(self, path: Path, value: Any, *comments: str) -> None:
        """Set a value; what is said of it stands above it."""
        at = self.content
        for name in path[:-1]:
            at = at.setdefault(name, {})
        at[path[-1]] = value
        if comments:
            self.comments[path] = comments

    def get(self, *path: str) -> Any:
        """A value; None where there is none."""
        at: Any = self.content
        for name in path:
            at = at.get(name) if isinstance(at, dict) else None
        return at

    def drop(self, *path: str) -> None:
        """Take a value out."""
        if isinstance(at := self.get(*path[:-1]), dict):
            at.pop(path[-1], None)

    def text(self, head: list[str]) -> str:
        """The file, its sections in the order of the reference, below these lines."""
        content = {name: self.content[name] for name in Stack.__struct_fields__ if name in self.content}
        return "\n".join([*head, *_lines(content, self.comments)]) + "\n"


def _lines(content: Mapping[str, Any], comments: Mapping[Path, tuple[str, ...]], path: Path = ()) -> Iterator[str]:
    """YAML in blocks, with what is said of a key above it."""
    indent = "  " * len(path)
    for name, value in content.items():
        here = (*path, name)
        yield from (f"{indent}# {comment}".rstrip() for comment in comments.get(here, ()))
        key = _scalar(name)
        if isinstance(value, dict) and value:
            yield f"{indent}{key}:"
            yield from _lines(value, comments, here)
        else:
            yield f"{indent}{key}: {_scalar(value)}"


def _scalar(value: Any) -> str:
    """A value on one line, quoted where YAML needs it."""
    return _word(value) if isinstance(value, str | int) else _dumped(value)


@lru_cache(maxsize=4096, typed=True)
def _word(value: str | int) -> str:
    # The same keys and words come again and again, and most of the time goes into asking YAML about each.
    return _dumped(value)


def _dumped(value: Any) -> str:
    text: str = yaml.dump(value, Dumper=CSafeDumper, default_flow_style=True, width=10_000, allow_unicode=True)
    return text.removesuffix("...\n").strip()
