"""The JSON Schema of the stack file, made from the model. Pure."""

import json
from typing import Any

import msgspec

from spec.model import Stack

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema() -> dict[str, Any]:
    """The schema, draft 2020-12."""
    made = msgspec.json.schema(Stack)
    root = made["$defs"].pop("Stack")
    return {"$schema": DIALECT, **root, "title": "stack.yaml", "$defs": dict(sorted(made["$defs"].items()))}


def schema_text() -> str:
    """The committed file's text."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"
