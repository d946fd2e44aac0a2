"""The JSON Schema of the stack file, made from the model. Pure."""

import json
from functools import cache
from typing import Any

import msgspec

from spec.fields import Section
from spec.model import Stack

DIALECT = "https://json-schema.org/draft/2020-12/schema"


@cache
def schema() -> dict[str, Any]:
    """The schema, draft 2020-12; the same object each time, which nobody changes."""
    made = msgspec.json.schema(Stack)
    for section in Section.__subclasses__():
        _add_defaults(section, made["$defs"][section.__name__]["properties"])
    root = made["$defs"].pop("Stack")
    return {"$schema": DIALECT, **root, "title": "stack.yaml", "$defs": dict(sorted(made["$defs"].items()))}


def schema_text() -> str:
    """The committed file's text."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


def _add_defaults(section: type[Section], properties: dict[str, Any]) -> None:
    """msgspec writes no default that a function makes; a section's own default is to say nothing in it."""
    for field in msgspec.structs.fields(section):
        if field.default_factory is not msgspec.NODEFAULT:
            made = field.default_factory()
            properties[field.encode_name]["default"] = {} if isinstance(made, Section) else made
