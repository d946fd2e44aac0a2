"""The hub's own secret at the provider: read from a file at each use, so that it can be changed. Reads that file."""

from pathlib import Path

from hub.oidc.errors import ProviderAway


class ClientSecret:
    """The secret in a file, one to a line: during a change there are two, and the provider knows one of them."""

    def __init__(self, file: str) -> None:
        """Reads nothing yet: on a cluster the file may come after the hub."""
        self._file = Path(file)
        self._taken = ""

    def candidates(self) -> list[str]:
        """The secrets to try, the one that was taken last before the others.

        Raises:
            ProviderAway: the file cannot be read, or is empty.
        """
        try:
            found = self._file.read_text("utf-8").split()
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "not a text file"
            raise ProviderAway(f"the hub's secret for the provider cannot be read: {self._file}: {reason}") from None
        if not found:
            raise ProviderAway(f"the hub's secret for the provider is missing: {self._file} is empty")
        return sorted(found, key=lambda secret: secret != self._taken)

    def taken(self, secret: str) -> None:
        """Remember that the provider knows this one."""
        self._taken = secret
