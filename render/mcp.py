"""What makes a notebook server a tool of AI assistants on the local target. Pure; reads this repository alone."""

import re
from functools import cache
from pathlib import Path

from spec.model import Stack

_LOCK = Path(__file__).parent.parent / "images" / "groups" / "mcp.txt"
_SERVER = "jupyter-mcp-server"
_TOGETHER = (
    "jupyter-mcp-tools",
    "jupyter-collaboration",
    "jupyter-server-nbmodel",
    "jupyter-nbmodel-client",
    "jupyter-kernel-client",
    "pycrdt",
    "mcp",
)
"""The packages whose later versions have broken earlier servers."""


def requirements(stack: Stack) -> list[str]:
    """What the environment of a server needs on the local target: nothing where servers are no tools."""
    if not stack.mcp.enabled:
        return []
    pins, own = _locked(), f"{_SERVER}=={stack.mcp.version}"
    if pins[_SERVER] == stack.mcp.version:
        return [own, *(f"{name}=={pins[name]}" for name in _TOGETHER)]
    return [own, "jupyter-mcp-tools>=0.1.4", "jupyter-collaboration"]


@cache
def _locked() -> dict[str, str]:
    """What the notebook images are locked to: these work together."""
    return dict(re.findall(r"^([a-z0-9-]+)==(\S+)", _LOCK.read_text("utf-8"), re.MULTILINE))
