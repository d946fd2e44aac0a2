"""Requests to the user's own and the shared part of a KV v2 mount, with a live token. Talks to Vault."""

import json
import unicodedata
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from buunstack.auth import TokenKeeper
from buunstack.errors import InvalidKey, InvalidValue, NotAllowed, SecretStoreError, TooLarge
from buunstack.grants import Grant, Place
from buunstack.settings import Settings
from buunstack.transport import Answer, Transport, not_understood

_EXPECTED = (200, 204, 404)

Sent = bytes | int | None


class Vault:
    """The user's secrets as HTTP: one call here is one request, unless a token needs attention."""

    def __init__(self, settings: Settings) -> None:
        self._transport = Transport("Vault", settings.timeout_seconds, settings.ca_file)
        self._tokens = TokenKeeper(settings, self._transport)

    def grant(self) -> Grant:
        """The token in use, and what it opens."""
        return self._tokens.grant()

    def is_alive(self, grant: Grant) -> bool:
        """Whether Vault still knows the token."""
        url = f"{grant.address}/v1/auth/token/lookup-self"
        return self._transport.exchange("GET", url, grant.headers).given().status == 200

    def request(self, place: Place, method: str, kind: str, key: str, sent: Sent = None) -> Answer:
        """The answer of KV v2 about `key`; statuses are 200, 204, 404 and 400 with a failed check-and-set.

        A token that died is replaced and the request repeated; a live one that may not do this is NotAllowed.

        Args:
            kind: `data`, `metadata`, `delete` or `undelete`.
            sent: the body, or the version that is asked for.
        """
        grant = self._tokens.grant()
        answer = self._send(grant, place, method, kind, key, sent)
        if answer.status == 403:
            if self.is_alive(grant):
                raise _not_allowed(key)
            grant = self._tokens.replacement(grant)
            answer = self._send(grant, place, method, kind, key, sent)
            if answer.status == 403:
                raise _not_allowed(key)
        return _expected(answer, method, key)

    def _send(self, grant: Grant, place: Place, method: str, kind: str, key: str, sent: Sent) -> Answer:
        path = quote(f"{grant.mount}/{kind}/{grant.folder(place)}/{key}", safe="/")
        form = "application/merge-patch+json" if method == "PATCH" else "application/json"
        headers = grant.headers | {"Content-Type": form}
        url = f"{grant.address}/v1/{path}"
        if isinstance(sent, int):
            return self._transport.exchange(method, f"{url}?version={sent}", headers)
        return self._transport.exchange(method, url, headers, sent)


def is_conflict(answer: Answer) -> bool:
    """Whether the secret was changed since it was read."""
    return answer.status == 400


def checked_key(key: str) -> str:
    """`key` itself when it can name a secret."""
    if not isinstance(key, str):
        raise InvalidKey(f"The name of a secret is text, not {type(key).__name__}.")
    if not key:
        raise InvalidKey("The name of a secret is empty.")
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in key):
        raise InvalidKey(f"The name {key!r} holds a control character or half of a character.")
    parts = key.split("/")
    if "" in parts:
        raise InvalidKey(f"The name {key!r} has a slash at an end, or two in a row.")
    if "." in parts or ".." in parts:
        # Clients and proxies would tidy the path and reach another secret.
        raise InvalidKey(f"The name {key!r} has a part that is `.` or `..`.")
    return key


def checked_version(version: int) -> int:
    """`version` itself when it can be the number of a version."""
    if isinstance(version, bool) or not isinstance(version, int):
        raise InvalidValue(f"A version is a whole number, not {type(version).__name__}. history() has the numbers.")
    if version < 1:
        # To Vault 0 is the newest one, which is not what a miscounted number should give.
        raise InvalidValue(f"Versions count from 1, so there is no version {version}. history() has the numbers.")
    return version


def encoded(fields: Mapping[str, str | None], cas: int | None = None) -> bytes:
    """The body that stores `fields`; a None drops the field.

    Args:
        cas: the version that must still be the newest one (0: there is none).
    """
    body: dict[str, Any] = {"data": fields}
    if cas is not None:
        body["options"] = {"cas": cas}
    return json.dumps(body, ensure_ascii=False).encode()


def checked_fields(fields: Mapping[str, str]) -> Mapping[str, str]:
    """`fields` themselves when they can be stored."""
    if not fields:
        raise InvalidValue("A secret needs at least one field, like put('api-keys', openai='…').")
    for name, value in fields.items():
        if not isinstance(value, str):
            raise InvalidValue(
                f"Field {name!r} is {type(value).__name__}, and only text (str) is stored. Use str() or json.dumps()."
            )
        if not (_is_text(name) and _is_text(value)):
            raise InvalidValue(f"Field {name!r} is not text that can be stored: it holds half of a character.")
    return fields


def _is_text(text: str) -> bool:
    # JSON could carry half a surrogate pair, but the server would store another character for it.
    return not any("\ud800" <= character <= "\udfff" for character in text)


def _expected(answer: Answer, method: str, key: str) -> Answer:
    if answer.status == 413 or (answer.status == 500 and "too large" in answer.reasons):
        raise TooLarge(f"The secret {key!r} is larger than Vault stores in one (1 MiB as a rule). Nothing was changed.")
    answer.given()
    if answer.status == 404 and not answer.payload and method != "PATCH":
        raise not_understood(404)  # Vault says in JSON that something is not there, but to a PATCH
    conflict = answer.status == 400 and "check-and-set parameter did not match" in answer.reasons
    no_mount = answer.status == 404 and answer.reasons
    if no_mount or (answer.status not in _EXPECTED and not conflict):
        raise SecretStoreError(f"Vault refuses this request about {key!r} ({answer.status}): {answer.reasons}")
    return answer


def _not_allowed(key: str) -> NotAllowed:
    return NotAllowed(
        f"Your Vault token is valid but may not do this with {key!r}. The policy or the path is at fault, so "
        "a restart will not help; ask an administrator."
    )
