"""A user's secrets over HTTP for as long as one request of the page takes. Touches the network."""

import json
from dataclasses import dataclass, field
from typing import Any

from hub.secretspage.keys import as_path
from hub.vaulterrors import VaultRefused
from hub.vaulthttp import Answer, VaultHttp

_MERGE = {"Content-Type": "application/merge-patch+json"}
_NOT_MATCHED = "check-and-set parameter did not match"


class Changed(Exception):
    """Somebody else has changed the secret since the page was shown; nothing was written."""


class NotThere(Exception):
    """There is no such secret, or no such version of it."""


@dataclass(frozen=True)
class Secret:
    """One version of a secret."""

    version: int
    fields: dict[str, Any] = field(repr=False)


@dataclass(frozen=True)
class Version:
    """One version in the history."""

    number: int
    created: str
    deleted: bool
    destroyed: bool


class Store:
    """One user's part of Vault, with a token that lives as long as this object is used."""

    def __init__(self, http: VaultHttp, token: str, mount: str, home: str) -> None:
        """Args: home: where the user's secrets are below the mount."""
        self._http, self._mount, self._home = http, mount, home
        self._headers = {"X-Vault-Token": token}

    async def names(self, folder: str, shared: bool = False) -> list[str]:
        """What is in a folder, such as `team/`; folders end in a slash."""
        answer = await self._call("GET", f"metadata/{self._path(folder, shared)}?list=true")
        return [] if answer.status == 404 else [str(name) for name in _data(answer)["keys"]]

    async def secret(self, key: str, version: int = 0) -> Secret:
        """A secret, by default its newest version.

        Raises:
            NotThere: there is none, or it is deleted.
        """
        answer = await self._call("GET", f"data/{self._path(key)}?version={version}")
        if answer.status == 404:
            raise NotThere
        found = _data(answer)
        return Secret(int(found["metadata"]["version"]), dict(found["data"]))

    async def history(self, key: str) -> list[Version]:
        """All versions that are kept, newest first.

        Raises:
            NotThere: there is no such secret.
        """
        answer = await self._call("GET", f"metadata/{self._path(key)}")
        if answer.status == 404:
            raise NotThere
        versions = _data(answer)["versions"]
        return [
            Version(int(number), str(one["created_time"])[:19], bool(one["deletion_time"]), bool(one["destroyed"]))
            for number, one in sorted(versions.items(), key=lambda pair: -int(pair[0]))
        ]

    async def create(self, key: str, fields: dict[str, Any], over: int = 0) -> None:
        """Write a whole secret.

        Args:
            over: the version that must be the newest one; 0 when there must be none.

        Raises:
            Changed: it is another one.
        """
        body = {"data": fields, "options": {"cas": over}}
        _written(await self._call("POST", f"data/{self._path(key)}", body))

    async def change(self, key: str, fields: dict[str, Any], over: int) -> None:
        """Set fields, or drop those that are None; the others stay.

        Raises:
            Changed: the newest version is another one.
            NotThere: there is no such secret any more.
        """
        body = {"data": fields, "options": {"cas": over}}
        answer = await self._call("PATCH", f"data/{self._path(key)}", body, _MERGE)
        if answer.status == 404:
            raise NotThere
        _written(answer)

    async def delete(self, key: str) -> None:
        """Delete the newest version; it can be brought back."""
        _written(await self._call("DELETE", f"data/{self._path(key)}"))

    async def undelete(self, key: str, version: int) -> None:
        """Bring a deleted version back."""
        _written(await self._call("POST", f"undelete/{self._path(key)}", {"versions": [version]}))

    async def destroy(self, key: str) -> None:
        """Delete every version for good."""
        _written(await self._call("DELETE", f"metadata/{self._path(key)}"))

    async def close(self) -> None:
        """Give the token back."""
        await self._http.call("POST", "auth/token/revoke-self", {}, self._headers)

    def _path(self, key: str, shared: bool = False) -> str:
        folder = f"{self._home.rpartition('/users/')[0]}/shared" if shared else self._home
        return as_path(f"{folder}/{key}")

    async def _call(
        self, method: str, path: str, body: dict[str, Any] | None = None, headers: dict[str, str] | None = None
    ) -> Answer:
        kind, _, rest = path.partition("/")
        answer = await self._http.call(
            method, f"{self._mount}/{kind}/{rest}", body, {**self._headers, **(headers or {})}
        )
        if answer.status == 403:
            raise VaultRefused(f"{method} of {kind} is refused: {answer.reason}")
        return answer


def text_of(value: Any) -> str:
    """A value as it is shown; what is not text comes as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _data(answer: Answer) -> dict[str, Any]:
    data = answer.body.get("data")
    if answer.status != 200 or not isinstance(data, dict):
        raise VaultRefused(f"an answer that is not Vault's: {answer.reason}")
    return data


def _written(answer: Answer) -> None:
    if answer.status == 400 and _NOT_MATCHED in answer.reason:
        raise Changed
    if answer.status >= 300:
        raise VaultRefused(answer.reason)
