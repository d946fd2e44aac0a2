"""Keeps secrets out of what is printed: text that prints as a mask, and errors without inner frames. Pure.

Notebooks show tracebacks with the frames' variables (IPython's verbose mode, rich), so no frame that holds a
token or a value may hang on an error, and a token stays unreadable in objects that live long.
"""

import functools
from collections.abc import Callable
from typing import ParamSpec, Self, SupportsIndex, TypeVar

from buunstack.log import log

MASK = "'***'"
"""What stands for a secret text; it is the same for each, so its length tells nothing."""

_Arguments = ParamSpec("_Arguments")
_Result = TypeVar("_Result")


class MaskedText(str):
    """Text that prints as a mask in every way, and is itself where it is encoded and sent."""

    __slots__ = ()

    def __repr__(self) -> str:
        return MASK

    def __str__(self) -> str:
        return MASK

    def __format__(self, form: str) -> str:
        return format(MASK, form)

    def reveal(self) -> str:
        """The text itself."""
        return super().__str__()

    def __getitem__(self, part: SupportsIndex | slice) -> Self:
        # A printer that shortens long text takes a slice of it first.
        return type(self)(super().__getitem__(part))


def without_inner_frames(function: Callable[_Arguments, _Result]) -> Callable[_Arguments, _Result]:
    """`function`, whose errors show the caller's line and no frame below it.

    The log has those frames at level debug, without their variables.
    """

    @functools.wraps(function)
    def outermost(*args: _Arguments.args, **kwargs: _Arguments.kwargs) -> _Result:
        try:
            return function(*args, **kwargs)
        except BaseException as error:  # noqa: BLE001 - a ^C or a bug has the same frames as an error of ours
            failure = error
        log.debug("%s failed", function.__name__, exc_info=failure)
        del args, kwargs
        failure.__cause__ = failure.__context__ = None
        raise failure.with_traceback(None)

    return outermost
