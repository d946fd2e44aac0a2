"""The hub's Vault token where it has one that lasts: seen, made, brought to the cluster. It is never shown."""

import base64
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from apply.generations import KIND, STACK
from apply.kube import Kube, Refused
from apply.plan import Change
from apply.vaultobjects import LAYER

if TYPE_CHECKING:
    from apply.vault import Vault

_FIELD = "token"
_TITLE = "vault token of the hub"
_THERE_ALREADY = 409


@dataclass(frozen=True)
class AdminToken:
    """The token that Vault keeps for the hub."""

    token: str = field(repr=False)
    version: int
    """Of the secret it is kept in."""
    life: dict[str, Any] | None
    """What Vault knows of it; None when it is dead."""

    @property
    def accessor(self) -> str:
        """Its name, with which nobody can act."""
        return str((self.life or {}).get("accessor", ""))

    def fault(self, declared: dict[str, Any]) -> str:
        """Why another one is needed; empty when none is."""
        if self.life is None:
            return "it is dead"
        if self.life["policies"] != [declared["policy"]]:
            return f"policies: {', '.join(self.life['policies'])} -> {declared['policy']}"
        # The role gives it its period, also when that is changed later; another token ends at the server's maximum.
        if self.life.get("role") != declared["role"]:
            return f"it was not made by role {declared['role']}, so it ends whatever is done"
        return ""


def seen(vault: "Vault", declared: dict[str, Any]) -> AdminToken | None:
    """What is kept now; None when nothing is."""
    kept = vault.read(declared["path"])
    token = _token_of(kept)
    if kept is None or not token:
        return None
    return AdminToken(token, int(kept["metadata"]["version"]), vault.life_of(token))


def _token_of(kept: dict[str, Any] | None) -> str:
    """The token in a version of the secret; empty where there is none, or it is deleted."""
    return str(((kept or {}).get("data") or {}).get(_FIELD) or "")


def changes(found: AdminToken | None, declared: dict[str, Any], secret: dict[str, Any] | None) -> list[Change]:
    """What would be done.

    Args:
        secret: the cluster's Secret, which install writes where no operator does.
    """
    fault = "" if found is None else found.fault(declared)
    made = []
    if found is None:
        made.append(Change("create", _TITLE, layer=LAYER))
    elif fault:
        made.append(Change("update", _TITLE, (fault,), layer=LAYER))
    if declared["plain_secret"]:
        title = f"Secret {declared['secret']}"
        if secret is None:
            made.append(Change("create", title, layer=LAYER))
        elif fault or found is None or content(secret) != found.token:
            made.append(Change("update", title, ("token: changed",), layer=LAYER))
    return made


def make(vault: "Vault", declared: dict[str, Any], over: AdminToken | None) -> AdminToken:
    """Make a token and keep it in place of `over`, which nobody may have replaced meanwhile.

    Raises:
        StackError: Vault refuses.
    """
    token = vault.create_token(declared["role"])
    version = 0 if over is None else over.version
    vault.write(declared["path"], {"data": {_FIELD: token}, "options": {"cas": version}})
    return AdminToken(token, version + 1, vault.life_of(token))


def end_former(vault: "Vault", declared: dict[str, Any], present: AdminToken) -> int:
    """Revoke the tokens of all versions before the present one; how many of them were alive."""
    ended = 0
    for version in range(present.version - 1, 0, -1):
        token = _token_of(vault.read(declared["path"], version))
        if not token:
            break  # older ones are gone, or were taken away with their tokens
        ended += token != present.token and vault.end(token)
    return ended


def content(secret: dict[str, Any]) -> str:
    """The token in a Secret."""
    return base64.b64decode((secret.get("data") or {}).get(_FIELD) or "").decode("utf-8", "replace")


def secret_path(namespace: str, declared: dict[str, Any]) -> str:
    """Where the cluster has the Secret."""
    return f"/api/v1/namespaces/{namespace}/secrets/{declared['secret']}"


def write_secret(kube: Kube, namespace: str, stack: str, declared: dict[str, Any], token: str) -> None:
    """Make the Secret hold the token.

    Raises:
        Refused: the cluster says no.
    """
    path = secret_path(namespace, declared)
    body: dict[str, Any] = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": declared["secret"], "labels": {STACK: stack, KIND: "vault-token"}},
        "stringData": {_FIELD: token},
    }
    there = kube.get(path)
    if there is None:
        try:
            kube.create(path.rpartition("/")[0], body)
            return
        except Refused as refusal:
            if refusal.status != _THERE_ALREADY:
                raise
            there = kube.get(path) or {"metadata": body["metadata"]}
    if content(there) != token:
        kube.replace(path, body | {"metadata": there["metadata"]})
