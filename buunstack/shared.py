"""SharedSecrets: what administrators keep for everybody to read."""

from typing import NoReturn

from buunstack.errors import ReadOnly
from buunstack.grants import Place
from buunstack.masked import without_inner_frames
from buunstack.reading import SecretReader


class SharedSecrets(SecretReader):
    """The shared secrets, to read and to list. `SecretStore.shared` gives them."""

    _place = Place.SHARED
    _noun = "shared secret"

    @without_inner_frames
    def put(self, key: str, /, **fields: str) -> NoReturn:  # noqa: ARG002 - as SecretStore.put is called
        """Raises ReadOnly."""
        raise _read_only(key)

    @without_inner_frames
    def update(self, key: str, /, **fields: str) -> NoReturn:  # noqa: ARG002 - as SecretStore.update is called
        """Raises ReadOnly."""
        raise _read_only(key)

    @without_inner_frames
    def delete(self, key: str, field: str | None = None, *, version: int | None = None) -> NoReturn:  # noqa: ARG002
        """Raises ReadOnly."""
        raise _read_only(key)

    @without_inner_frames
    def undelete(self, key: str, version: int | None = None) -> NoReturn:  # noqa: ARG002
        """Raises ReadOnly."""
        raise _read_only(key)


def _read_only(key: str) -> ReadOnly:
    return ReadOnly(
        f"The shared secret {key!r} was not changed: shared secrets can only be read here. Ask an administrator to "
        "change it, or keep a copy of your own with SecretStore().put()."
    )
