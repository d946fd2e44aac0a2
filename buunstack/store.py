"""SecretStore: a user's own secrets, each a name with fields of text."""

import json
from typing import Any

from buunstack.errors import Conflict, InvalidValue, SecretNotFound, SecretStoreError
from buunstack.grants import Place
from buunstack.log import log
from buunstack.masked import without_inner_frames
from buunstack.reading import SecretReader, fields_of
from buunstack.settings import Settings
from buunstack.shared import SharedSecrets
from buunstack.vault import checked_fields, checked_key, checked_version, encoded, is_conflict

_ATTEMPTS = 5
"""How often an update is tried when the secret appears and vanishes between its steps."""


class SecretStore(SecretReader):
    """The secrets of the notebook's user, in Vault.

    It needs no arguments: the notebook's environment says where Vault is and who asks. Making one costs
    nothing; the first operation gets a token. All stores of a process share one token and its connections.
    Threads and forked children may use it.
    """

    _place = Place.OWN
    _noun = "secret"

    @without_inner_frames
    def __init__(self) -> None:
        super().__init__(Settings.from_environment())

    @property
    def shared(self) -> SharedSecrets:
        """The secrets that everybody may read."""
        return SharedSecrets(self._settings)

    @without_inner_frames
    def put(self, key: str, /, **fields: str) -> None:
        """Store `fields` as the whole secret `key`; an older version of it is replaced.

        Raises:
            InvalidKey: `key` cannot name a secret.
            InvalidValue: a value is not text, or there is none.
            TooLarge: it is more than Vault keeps in one secret.
        """
        body = encoded(checked_fields(fields))
        self._request("POST", "data", checked_key(key), body).at("data", "version")
        log.info("stored secret %r", key)

    @without_inner_frames
    def update(self, key: str, /, **fields: str) -> None:
        """Set `fields` of the secret `key`, new or not, and leave its other fields as they are.

        Raises:
            InvalidKey: `key` cannot name a secret.
            InvalidValue: a value is not text, or there is none.
            TooLarge: it would be more than Vault keeps in one secret.
            Conflict: others made and deleted it meanwhile, again and again.
        """
        checked_key(key)
        checked_fields(fields)
        for _ in range(_ATTEMPTS):
            answer = self._request("PATCH", "data", key, encoded(fields))
            if answer.status == 404:
                # No secret, or a deleted one, whose version the answer has.
                deleted = answer.payload.get("data") or {}
                answer = self._request("POST", "data", key, encoded(fields, cas=deleted.get("version", 0)))
            if not is_conflict(answer):
                answer.at("data", "version")
                log.info("updated secret %r", key)
                return
        raise Conflict(f"The secret {key!r} was made and deleted by others again and again. Try again.")

    @without_inner_frames
    def delete(self, key: str, field: str | None = None, *, version: int | None = None) -> None:
        """Remove the secret `key` with all its versions, or one field; the last takes the secret along.

        Args:
            version: only delete this version, which `undelete` brings back.

        Raises:
            SecretNotFound: there is no such secret, field or version.
            InvalidValue: both a field and a version are given.
        """
        if version is not None:
            if field is not None:
                raise InvalidValue("A field cannot be deleted from a version. Give a field or a version, not both.")
            self._change_version("delete", key, version)
            return
        if field is None:
            self._metadata(key)
            self._request("DELETE", "metadata", key)
        else:
            self._delete_field(key, field)
        log.info("deleted %s %r", "secret" if field is None else f"field {field!r} of secret", key)

    @without_inner_frames
    def undelete(self, key: str, version: int | None = None) -> None:
        """Bring back a deleted version of the secret `key`, the newest one unless `version` is given.

        A version that is not deleted stays as it is. A secret that was deleted as a whole is gone for good.

        Raises:
            SecretNotFound: there is no such secret or version, or it was destroyed.
        """
        self._change_version("undelete", key, version)

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

    def _change_version(self, change: str, key: str, version: int | None) -> None:
        wanted = None if version is None else checked_version(version)
        # Vault says nothing about a version that it does not have.
        known = {entry.version: entry for entry in self.history(key)}
        number = wanted or max(known, default=1)
        if number not in known:
            raise SecretNotFound(f"The secret {key!r} has no version {number}. history({key!r}) shows what it has.")
        if known[number].destroyed:
            raise SecretNotFound(f"Version {number} of the secret {key!r} was destroyed, for good.")
        self._request("POST", change, key, json.dumps({"versions": [number]}).encode())
        log.info("%sd version %d of secret %r", change, number, key)

    def _delete_field(self, key: str, field: str) -> None:
        answer = self._read(key)
        left = set(fields_of(answer)) - {field}
        if len(left) == len(fields_of(answer)):
            raise self._no_field(key, field)
        version = answer.at("data", "metadata", "version")
        dropped = self._request("PATCH", "data", key, encoded({field: None}, cas=version))
        if is_conflict(dropped):
            # Somebody changed the secret since. The field goes whatever they did; what is left is read anew.
            self._request("PATCH", "data", key, encoded({field: None}))
            answer = self._request("GET", "data", key)
            left = set(fields_of(answer)) if answer.status == 200 else {field}
        if not left:
            self._request("DELETE", "metadata", key)
