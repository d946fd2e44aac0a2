"""Fill a Jinja template of this folder or of `images/`. Pure; reads only this repository's files."""

import functools
import json
import shlex
from pathlib import Path
from typing import Any


def quoted(text: str) -> str:
    """A double-quoted string of HCL: JSON's escapes, and a doubled sign before `{`, which would start an expression."""
    return json.dumps(text).replace("${", "$${").replace("%{", "%%{")


def hcl(value: Any) -> str:
    """A Python value (mappings, lists, text, numbers, booleans) as an HCL expression."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{quoted(key)} = {hcl(item)}" for key, item in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(hcl(item) for item in value) + "]"
    return quoted(value) if isinstance(value, str) else json.dumps(value)


@functools.cache
def _environment() -> Any:
    # Only what has a template pays for its engine: a stack in a cluster has none to fill before it is compared.
    import jinja2

    here = Path(__file__).parent
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader((here, here.parent / "images")),
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
        trim_blocks=True,
        autoescape=False,
    )
    environment.filters.update(quoted=quoted, hcl=hcl, toml=json.dumps, shell=shlex.quote)
    return environment


def filled(template: str, **values: Any) -> str:
    """The text of `template` (a path below `render/` or `images/`) with `values` in it."""
    text: str = _environment().get_template(template).render(**values)
    return text
