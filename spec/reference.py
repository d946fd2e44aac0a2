"""The Markdown reference of the stack file, made from the schema. Pure."""

import json
from collections.abc import Iterator
from typing import Any

from spec.schema import schema

_HEAD = """\
# Reference of stack.yaml

Made from the model by `inv schema`; edit `spec/model*.py`, not this file.

Durations are a whole number and `s`, `m`, `h` or `d`; memory is a number and `Ki`, `Mi`, `Gi` or `Ti`.
A key without a default is required; a default of `null` means that the key is left out. The stack file is YAML 1.2:
`on` and `12:30` are texts, and anchors, aliases and merge keys work.
"""
_TYPES = {"string": "text", "integer": "whole number", "number": "number", "boolean": "true or false"}


def reference_text() -> str:
    """The committed file's text."""
    made = schema()
    sections = dict(_sections("", made, made["$defs"]))
    return "\n".join([_HEAD, *(_section(path, one) for path, one in sections.items())])


def _sections(path: str, node: dict[str, Any], known: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """(path, schema) of each mapping with keys, in the order of the model."""
    yield path, node
    for name, child in node["properties"].items():
        place = f"{path}.{name}" if path else name
        for suffix, target in _targets(child):
            yield from _sections(place + suffix, known[target], known)


def _targets(node: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """(what stands between, name of the section) for each section that a key may hold."""
    if "$ref" in node:
        yield "", node["$ref"].rpartition("/")[2]
    for option in node.get("anyOf", []):
        yield from _targets(option)
    if isinstance(node.get("additionalProperties"), dict):
        yield from ((f".NAME{suffix}", name) for suffix, name in _targets(node["additionalProperties"]))
    if isinstance(node.get("items"), dict):
        yield from ((f"[]{suffix}", name) for suffix, name in _targets(node["items"]))


def _section(path: str, node: dict[str, Any]) -> str:
    title = f"## `{path}`" if path else "## Top level"
    rows = ["| key | type | default | description |", "|---|---|---|---|"]
    for name, child in node["properties"].items():
        default = f"`{json.dumps(child['default'], ensure_ascii=False)}`" if "default" in child else "required"
        cells = (f"`{name}`", _type(child), default, child["description"])
        rows.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join([title, "", node["description"], "", *rows, ""])


def _type(node: dict[str, Any]) -> str:
    if "enum" in node:
        return ", ".join(f"`{value}`" for value in node["enum"])
    if "$ref" in node:
        return "mapping"
    if "anyOf" in node:
        options = [option for option in node["anyOf"] if option.get("type") != "null"]
        return " or ".join(dict.fromkeys(_type(option) for option in options))
    if node.get("type") == "array":
        return f"list of {_type(node.get('items', {}))}"
    if node.get("type") == "object":
        inner = node.get("additionalProperties")
        return f"mapping of {_type(inner)}" if isinstance(inner, dict) else "mapping"
    examples = node.get("examples", [])
    word = _TYPES.get(str(node.get("type")), "any value")
    return f"{word}, such as {', '.join(f'`{example}`' for example in examples[:2])}" if examples else word
