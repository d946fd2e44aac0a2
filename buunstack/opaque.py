"""What every store shows of itself: who asks and where, no secret, and no way into another process. Pure."""

import html
from abc import ABC, abstractmethod
from typing import NoReturn, Protocol


class Printer(Protocol):
    """IPython's pretty printer, as far as it is used here."""

    def text(self, text: str) -> None:
        """Print `text`."""


class Opaque(ABC):
    """An object with a token behind it, which is shown in one line and not pickled."""

    @property
    @abstractmethod
    def username(self) -> str:
        """The JupyterHub user who asks."""

    @property
    @abstractmethod
    def vault_addr(self) -> str:
        """Where Vault is."""

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self.username or 'nobody'} at {self.vault_addr or 'no Vault'}>"

    def _repr_pretty_(self, printer: Printer, cycle: bool) -> None:  # noqa: ARG002 - the form that IPython calls
        printer.text(repr(self))

    def _repr_html_(self) -> str:
        return f"<code>{html.escape(repr(self))}</code>"

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            f"This {type(self).__name__} is not pickled: its token must not travel. In Spark, get the value on the "
            "driver and use that in the function, or make a SecretStore() inside the task."
        )
