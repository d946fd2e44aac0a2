"""What can be done with secrets that one may only read; the base of all stores."""

import builtins
from typing import Any, ClassVar, overload

from buunstack.errors import SecretNotFound
from buunstack.grants import Place
from buunstack.log import log
from buunstack.masked import without_inner_frames
from buunstack.opaque import Opaque
from buunstack.settings import Settings
from buunstack.transport import Answer
from buunstack.variables import Environment, variables_of
from buunstack.vault import Sent, Vault, checked_key, checked_version
from buunstack.versions import Version, versions_in

_vaults: dict[Settings, Vault] = {}


class SecretReader(Opaque):
    """One folder of secrets in Vault, to read."""

    _place: ClassVar[Place]
    _noun: ClassVar[str]
    """What messages call one of them."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._vault = _vaults.setdefault(settings, Vault(settings))

    @property
    def username(self) -> str:
        """The JupyterHub user who asks."""
        return self._settings.username

    @property
    def vault_addr(self) -> str:
        """Where Vault is."""
        return self._settings.address

    @overload
    def get(self, key: str, field: None = None, *, version: int | None = None) -> dict[str, Any]:
        """All fields."""

    @overload
    def get(self, key: str, field: str, *, version: int | None = None) -> str:
        """The value of one field."""

    @without_inner_frames
    def get(self, key: str, field: str | None = None, *, version: int | None = None) -> dict[str, Any] | str:
        """All fields of the secret `key`, or the value of one.

        Args:
            version: the number of an older version, as `history` tells it.

        Raises:
            SecretNotFound: there is no such secret, field or version, or it was deleted.
        """
        fields = fields_of(self._read(key, version))
        log.info("read %s %r", self._noun, key)
        return fields if field is None else self._value(fields, key, field)

    @without_inner_frames
    def list(self, folder: str = "") -> builtins.list[str]:
        """The names of the secrets; one with a final slash is a folder of names that start so.

        Args:
            folder: list the names below it, without it.
        """
        path = f"{checked_key(folder.rstrip('/'))}/" if folder else ""
        answer = self._request("LIST", "metadata", path)
        return [] if answer.status == 404 else [str(name) for name in answer.at("data", "keys")]

    @without_inner_frames
    def list_fields(self, key: str) -> builtins.list[str]:
        """The names of the fields of the secret `key`.

        Raises:
            SecretNotFound: there is no such secret.
        """
        return [*fields_of(self._read(key))]

    @without_inner_frames
    def history(self, key: str) -> builtins.list[Version]:
        """The versions of the secret `key` that Vault still knows, newest first, deleted ones included.

        Raises:
            SecretNotFound: there is no such secret.
        """
        return versions_in(self._metadata(key).at("data", "versions"))

    def environment(self, key: str, *, prefix: str = "") -> Environment:
        """A context in which the fields of the secret `key` are variables of the environment.

        Entering gives their names. Leaving puts back what was there before, whatever happened meanwhile.

        Args:
            prefix: put before each field's name.

        Raises:
            SecretNotFound: there is no such secret.
            InvalidValue: a name or value cannot be a variable; nothing was changed.
        """
        return Environment(lambda: variables_of(self.get(key), key, prefix))

    @without_inner_frames
    def path(self, key: str) -> str:
        """Where Vault keeps the secret `key`, below the mount."""
        return f"{self._vault.grant().folder(self._place)}/{checked_key(key)}"

    def _request(self, method: str, kind: str, key: str, sent: Sent = None) -> Answer:
        return self._vault.request(self._place, method, kind, key, sent)

    def _metadata(self, key: str) -> Answer:
        answer = self._request("GET", "metadata", checked_key(key))
        if answer.status == 404:
            raise SecretNotFound(f"There is no {self._noun} {key!r}.")
        return answer

    def _read(self, key: str, version: int | None = None) -> Answer:
        sent = None if version is None else checked_version(version)
        answer = self._request("GET", "data", checked_key(key), sent)
        if answer.status != 404:
            return answer
        # A deleted version is a 404 with a body.
        deleted = answer.payload.get("data") or {}
        what = f"The {self._noun} {key!r}" if version is None else f"Version {version} of the {self._noun} {key!r}"
        if not deleted:
            raise SecretNotFound(f"{what} does not exist.")
        if deleted.get("metadata", {}).get("destroyed"):
            raise SecretNotFound(f"{what} was destroyed, for good. history({key!r}) shows what is left.")
        raise SecretNotFound(f"{what} was deleted. history({key!r}) shows what is left.")

    def _value(self, fields: dict[str, Any], key: str, field: str) -> str:
        if field not in fields:
            raise self._no_field(key, field)
        value: str = fields[field]
        return value

    def _no_field(self, key: str, field: str) -> SecretNotFound:
        return SecretNotFound(f"The {self._noun} {key!r} has no field {field!r}.")


def fields_of(answer: Answer) -> dict[str, Any]:
    """The names and values that an answer about a secret's data has."""
    fields: dict[str, Any] = answer.at("data", "data")
    return fields
