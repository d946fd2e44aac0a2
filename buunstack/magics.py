"""The line magic `%secrets`: names of secrets and of their fields, and never a value. For IPython and Jupyter."""

import html
import shlex
from dataclasses import dataclass
from typing import Any

from buunstack.errors import SecretStoreError
from buunstack.masked import MASK, without_inner_frames
from buunstack.reading import SecretReader
from buunstack.store import SecretStore

_NAME = "secrets"
_USAGE = "%secrets [--shared] [NAME | FOLDER/]"


@dataclass(frozen=True)
class Overview:
    """Names under a title, shown as text or as a table."""

    title: str
    names: tuple[str, ...]
    with_masks: bool
    """The names are fields, whose values are shown as masks that tell nothing of them."""

    def __repr__(self) -> str:
        mask = f" = {MASK}" if self.with_masks else ""
        return "\n".join([_shown(self.title), *(f"  {_shown(name)}{mask}" for name in self.names)])

    def _repr_html_(self) -> str:
        mask = f"<td>{html.escape(MASK)}</td>" if self.with_masks else ""
        rows = "".join(f"<tr><td>{html.escape(_shown(name))}</td>{mask}</tr>" for name in self.names)
        return f"<table><caption>{html.escape(_shown(self.title))}</caption>{rows}</table>"


def load_ipython_extension(shell: Any) -> None:
    """Give the shell the magic; `%load_ext buunstack` calls this."""
    shell.register_magic_function(secrets_magic, magic_kind="line", magic_name=_NAME)


def unload_ipython_extension(shell: Any) -> None:
    """Take the magic away; `%unload_ext buunstack` calls this."""
    shell.magics_manager.magics["line"].pop(_NAME, None)


@without_inner_frames
def secrets_magic(line: str) -> Overview:
    """Names of your secrets, or the fields of one with masked values.

    %secrets            your secrets and folders
    %secrets FOLDER/    the secrets in a folder
    %secrets NAME       the fields of a secret
    %secrets --shared   the same of shared secrets, also with FOLDER/ or NAME
    """
    # The package is used without IPython too; this line alone needs it, and runs within it.
    from IPython.core.error import UsageError

    try:
        return _overview(line)
    except (SecretStoreError, _NotUnderstood) as error:
        # IPython shows this one as a sentence, without a traceback.
        failure = UsageError(str(error))
    raise failure


class _NotUnderstood(Exception):
    """The line is none of this magic's."""


def _overview(line: str) -> Overview:
    try:
        words = shlex.split(line)
    except ValueError:
        raise _NotUnderstood(f"A quotation mark is not closed. Use {_USAGE}") from None
    names = [word for word in words if word != "--shared"]
    if len(names) > 1 or any(name.startswith("-") for name in names):
        raise _NotUnderstood(f"Use {_USAGE}")
    store = SecretStore()
    return _overview_of(store.shared if "--shared" in words else store, *names)


def _overview_of(secrets: SecretReader, name: str = "") -> Overview:
    if name and not name.endswith("/"):
        return Overview(name, tuple(secrets.list_fields(name)), with_masks=True)
    names = tuple(secrets.list(name))
    return Overview(f"{secrets!r}, {name or 'all'}" if names else f"{secrets!r}: none", names, with_masks=False)


def _shown(name: str) -> str:
    # A name may hold what would steer a terminal.
    return name if name.isprintable() else repr(name)
