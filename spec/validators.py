"""jsonschema, loaded without what nothing here asks of it."""

import importlib
import sys
from typing import Any

_GRAMMAR = "rfc3987_syntax"
"""jsonschema imports this for the format `iri` where it is installed; it compiles 38 grammars, 0.9 s (measured)."""


def jsonschema() -> Any:
    """The module `jsonschema`; formats that need a library of their own are not checked by it."""
    if _GRAMMAR in sys.modules:
        return importlib.import_module("jsonschema")
    sys.modules[_GRAMMAR] = None  # type: ignore[assignment]  # importing it is an ImportError, which jsonschema expects
    try:
        return importlib.import_module("jsonschema")
    finally:
        del sys.modules[_GRAMMAR]
