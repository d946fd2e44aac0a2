"""The fields of a secret as environment variables for the time of a block. Changes os.environ."""

import os
import re
import threading
from collections.abc import Callable, Mapping
from typing import NoReturn

from buunstack.errors import InvalidValue
from buunstack.forks import remember
from buunstack.masked import without_inner_frames

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def variables_of(fields: Mapping[str, object], key: str, prefix: str) -> dict[str, str]:
    """Name and value of the variables that the fields of the secret `key` become; all of them are possible."""
    variables = {f"{prefix}{field}": str(value) for field, value in fields.items()}
    bad_names = [name for name in variables if not _NAME.fullmatch(name)]
    if bad_names:
        raise InvalidValue(
            f"The secret {key!r} cannot be put into the environment: {', '.join(map(repr, bad_names))} cannot name a "
            "variable, which is of letters, digits and `_` and starts with no digit. Nothing was changed."
        )
    bad_values = [name for name, value in variables.items() if not _is_possible(value)]
    if bad_values:
        raise InvalidValue(
            f"The secret {key!r} cannot be put into the environment: the value of {', '.join(map(repr, bad_values))} "
            "holds a character that no variable can. Nothing was changed."
        )
    return variables


class Environment:
    """A context with variables that are fetched when it is entered; it may be entered again."""

    def __init__(self, fetch: Callable[[], dict[str, str]]) -> None:
        self._fetch = fetch
        self._entered: list[_Layer] = []

    def fetched(self) -> dict[str, str]:
        """The variables, as the secret has them now."""
        return self._fetch()

    def set(self, variables: dict[str, str]) -> list[str]:
        """Set `variables` until `unset`; their names."""
        self._entered.append(_layers.add(variables))
        return [*variables]

    def unset(self) -> None:
        """Put back what was there before `set`."""
        _layers.remove(self._entered.pop())

    @without_inner_frames
    def __enter__(self) -> list[str]:
        return self.set(self.fetched())

    def __exit__(self, *_: object) -> None:
        self.unset()

    def __repr__(self) -> str:
        return "<Environment of a secret>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("An environment of a secret is not pickled. Enter it in the process that needs it.")


class _Layer:
    """What the variables of one block were before it; None stands for not set."""

    def __init__(self, before: dict[str, str | None]) -> None:
        self.before = before


class _Layers:
    """The blocks that are open now, oldest first. Blocks of threads and tasks end in any order."""

    def __init__(self) -> None:
        self._open: list[_Layer] = []
        self._lock = threading.Lock()
        remember(self)

    def renew(self) -> None:
        """Make a new lock: the old one may be held by a thread that a forked child does not have."""
        self._lock = threading.Lock()

    def add(self, variables: Mapping[str, str]) -> _Layer:
        """Set `variables`."""
        with self._lock:
            layer = _Layer({name: os.environ.get(name) for name in variables})
            self._open.append(layer)
            os.environ.update(variables)
        return layer

    def remove(self, layer: _Layer) -> None:
        """Put back what was before `layer`; a younger block of the same variable keeps its value until it ends."""
        with self._lock:
            place = self._open.index(layer)
            younger = self._open[place + 1 :]
            del self._open[place]
            for name, value in layer.before.items():
                heir = next((other for other in younger if name in other.before), None)
                if heir is not None:
                    heir.before[name] = value
                elif value is None:
                    os.environ.pop(name, None)
                else:
                    os.environ[name] = value


def _is_possible(value: str) -> bool:
    try:
        return b"\0" not in os.fsencode(value)
    except UnicodeEncodeError:
        return False


_layers = _Layers()
