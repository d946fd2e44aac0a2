"""Methods as hooks of JupyterHub. Pure."""

from collections.abc import Callable
from typing import Any


def as_hook(method: Callable[..., Any]) -> Callable[..., Any]:
    """The method as a plain function.

    traitlets copies the value of a trait for each spawner, and a bound method with its whole object: every spawner
    would have a Vault client of its own.
    """

    def hook(*given: Any) -> Any:
        return method(*given)

    return hook


def is_ours(hook: Any) -> bool:
    """Whether it was made by `as_hook`, and not put in its place."""
    return getattr(hook, "__module__", None) == __name__
