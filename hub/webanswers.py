"""What every client of the hub has in common: whom it trusts, and an answer that should be a JSON object."""

import json
import ssl
from typing import Any


class UnusableAuthority(Exception):
    """The authority's file cannot be used; the message says why."""


class Trust:
    """The authorities of one server, read at the first use and again after `forget`."""

    def __init__(self, ca_file: str | None) -> None:
        """Args: ca_file: the one authority to trust; None for those of the system."""
        self._ca_file = ca_file
        self._context: ssl.SSLContext | None = None

    def context(self) -> ssl.SSLContext:
        """For a connection.

        Raises:
            UnusableAuthority: the file is not there, or holds no certificate.
        """
        if self._context is None:
            try:
                self._context = ssl.create_default_context(cafile=self._ca_file)
            except OSError as error:  # ssl.SSLError is one too
                reason = error.strerror or "no certificate in it"
                raise UnusableAuthority(f"{self._ca_file} cannot be used: {reason}") from None
        return self._context

    def forget(self) -> None:
        """Read the file again: the authority may have been replaced by the next request."""
        self._context = None


def object_in(body: bytes | None) -> dict[str, Any]:
    """The JSON object in a body; an empty one where it is something else."""
    try:
        content = json.loads(body or b"{}")
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}
