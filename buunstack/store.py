"""SecretStore: a user's own secrets, each a name with fields of text."""

import builtins
from typing import Any, NoReturn, overload

from buunstack.errors import Conflict, SecretNotFound, SecretStoreError
from buunstack.log import log
from buunstack.masked import without_inner_frames
from buunstack.settings import Settings
from buunstack.transport import Answer
from buunstack.vault import Vault, checked_fields, checked_key, encoded, is_conflict

_ATTEMPTS = 5
"""How often an update is tried when the secret appears and vanishes between its steps."""

_shared: dict[Settings, Vault] = {}


class SecretStore:
    """The secrets of the notebook's user, in Vault.

    It needs no arguments: the notebook's environment says where Vault is and who asks. Making one costs
    nothing; the first operation gets a token. All stores of a process share one token and its connections.
    Threads and forked children may use it.
    """

    @without_inner_frames
    def __init__(self) -> None:
        self._settings = Settings.from_environment()
        self._vault = _shared.setdefault(self._settings, Vault(self._settings))

    @property
    def username(self) -> str:
        """The JupyterHub user whose secrets these are."""
        return self._settings.username

    @property
    def vault_addr(self) -> str:
        """Where Vault is."""
        return self._settings.address

    @without_inner_frames
    def put(self, key: str, /, **fields: str) -> None:
        """Store `fields` as the whole secret `key`; an older version of it is replaced."""
        body = encoded(checked_fields(fields))
        self._vault.request("POST", "data", checked_key(key), body).at("data", "version")
        log.info("stored secret %r", key)

    @without_inner_frames
    def update(self, key: str, /, **fields: str) -> None:
        """Set `fields` of the secret `key`, new or not, and leave its other fields as they are."""
        checked_key(key)
        checked_fields(fields)
        for _ in range(_ATTEMPTS):
            answer = self._vault.request("PATCH", "data", key, encoded(fields))
            if answer.status == 404:
                # No secret, or a deleted one, whose version the answer has.
                deleted = answer.payload.get("data") or {}
                answer = self._vault.request("POST", "data", key, encoded(fields, cas=deleted.get("version", 0)))
            if not is_conflict(answer):
                answer.at("data", "version")
                log.info("updated secret %r", key)
                return
        raise Conflict(f"The secret {key!r} was made and deleted by others again and again. Try again.")

    @overload
    def get(self, key: str, field: None = None) -> dict[str, Any]:
        """All fields."""

    @overload
    def get(self, key: str, field: str) -> str:
        """The value of one field."""

    @without_inner_frames
    def get(self, key: str, field: str | None = None) -> dict[str, Any] | str:
        """All fields of the secret `key`, or the value of one."""
        fields = _fields(self._read(key))
        log.info("read secret %r", key)
        return fields if field is None else _value(fields, key, field)

    @without_inner_frames
    def list(self, folder: str = "") -> builtins.list[str]:
        """The names of the secrets; one with a final slash is a folder of names that start so.

        Args:
            folder: list the names below it, without it.
        """
        path = f"{checked_key(folder.rstrip('/'))}/" if folder else ""
        answer = self._vault.request("LIST", "metadata", path)
        return [] if answer.status == 404 else [str(name) for name in answer.at("data", "keys")]

    @without_inner_frames
    def list_fields(self, key: str) -> builtins.list[str]:
        """The names of the fields of the secret `key`."""
        return [*_fields(self._read(key))]

    @without_inner_frames
    def delete(self, key: str, field: str | None = None) -> None:
        """Remove the secret `key` with all its versions, or one field; the last takes the secret along."""
        if field is None:
            if self._vault.request("GET", "metadata", checked_key(key)).status == 404:
                raise SecretNotFound(f"There is no secret {key!r}.")
            self._vault.request("DELETE", "metadata", key)
        else:
            self._delete_field(key, field)
        log.info("deleted %s %r", "secret" if field is None else f"field {field!r} of secret", key)

    @without_inner_frames
    def get_status(self) -> dict[str, Any]:
        """Who asks whom, whether Vault knows the token, and what is wrong if it does not. Never raises."""
        status: dict[str, Any] = {
            "username": self.username,
            "vault_addr": self.vault_addr,
            "authentication_method": "none",
            "vault_authenticated": False,
            "token_seconds_left": None,
            "problem": None,
        }
        try:
            grant = self._vault.grant()
            status["vault_addr"] = grant.address
            status["authentication_method"] = grant.source
            status["token_seconds_left"] = grant.seconds_left
            status["vault_authenticated"] = self._vault.is_alive(grant)
        except SecretStoreError as error:
            status["problem"] = str(error)
        return status

    @without_inner_frames
    def path(self, key: str) -> str:
        """Where Vault keeps the secret `key`, below the mount."""
        return f"{self._vault.grant().home}/{checked_key(key)}"

    def __repr__(self) -> str:
        return f"<SecretStore of {self.username or 'nobody'} at {self.vault_addr or 'no Vault'}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("A SecretStore is not pickled: its token must not travel. Make a SecretStore() over there.")

    def _read(self, key: str) -> Answer:
        answer = self._vault.request("GET", "data", checked_key(key))
        if answer.status == 404:
            # A deleted newest version is a 404 with a body.
            gone = "was deleted" if answer.payload.get("data") else "does not exist"
            raise SecretNotFound(f"The secret {key!r} {gone}.")
        return answer

    def _delete_field(self, key: str, field: str) -> None:
        answer = self._read(key)
        left = set(_fields(answer)) - {field}
        if len(left) == len(_fields(answer)):
            raise _no_field(key, field)
        version = answer.at("data", "metadata", "version")
        dropped = self._vault.request("PATCH", "data", key, encoded({field: None}, cas=version))
        if is_conflict(dropped):
            # Somebody changed the secret since. The field goes whatever they did; what is left is read anew.
            self._vault.request("PATCH", "data", key, encoded({field: None}))
            answer = self._vault.request("GET", "data", key)
            left = set(_fields(answer)) if answer.status == 200 else {field}
        if not left:
            self._vault.request("DELETE", "metadata", key)


def _fields(answer: Answer) -> dict[str, Any]:
    fields: dict[str, Any] = answer.at("data", "data")
    return fields


def _value(fields: dict[str, Any], key: str, field: str) -> str:
    if field not in fields:
        raise _no_field(key, field)
    value: str = fields[field]
    return value


def _no_field(key: str, field: str) -> SecretNotFound:
    return SecretNotFound(f"The secret {key!r} has no field {field!r}.")
