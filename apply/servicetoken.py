"""The token of the admin service on a cluster: made once, kept in a Secret and where asked in Vault. Never shown."""

from typing import TYPE_CHECKING, Any

from apply import keys
from apply.generations import KIND, STACK
from apply.kept import Kept, new_token, of_fields
from apply.kube import Kube, Object, Refused
from apply.plan import Change
from apply.vaultobjects import LAYER
from render.extras import keys_secret
from render.hubfiles import layout
from render.services import ADMIN_SERVICE
from render.values import token_key

if TYPE_CHECKING:
    from apply.vault import Vault
    from spec.model import Stack

FORMER_KEY = token_key(ADMIN_SERVICE)
"""Of the stack's keys, where earlier installs kept the token."""
_THERE_ALREADY = 409
_TITLE = "vault token of the admin service"
_MOVED = ("that of the running hub is kept",)


def secret_path(stack: "Stack") -> str:
    """Where the cluster has the Secret."""
    return f"/api/v1/namespaces/{stack.target.namespace}/secrets/{layout(stack).service_secret}"


def held(kube: Kube, stack: "Stack") -> str | None:
    """The token that the hub takes; of an install before it had a Secret of its own from the stack's keys."""
    found = of_fields(keys.read(kube.get(secret_path(stack))))
    if found is not None:
        return found.token
    path = f"/api/v1/namespaces/{stack.target.namespace}/secrets/{keys_secret(stack.name)}"
    return keys.read(kube.get(path)).get(FORMER_KEY)


def changes(stack: "Stack", secret: Object | None, of_stack: keys.Keys, by_operator: bool) -> list[Change]:
    """What install would do to the Secret.

    Args:
        of_stack: the stack's keys, where an earlier install kept the token.
    """
    if secret is not None or (by_operator and FORMER_KEY not in of_stack):
        return []
    moved = _MOVED if FORMER_KEY in of_stack else ()
    return [Change("create", f"secret {layout(stack).service_secret}", moved, layer="secrets")]


def ensure(kube: Kube, stack: "Stack", of_stack: keys.Keys, by_operator: bool) -> None:
    """Make the Secret unless it is there; the operator makes it where there never was a token.

    Raises:
        Refused: the cluster says no.
    """
    former = of_stack.get(FORMER_KEY)
    if former or not by_operator:
        create(kube, stack, former or new_token())


def drop_former(kube: Kube, stack: "Stack", of_stack: keys.Keys) -> None:
    """Take the token out of the stack's keys, once nothing reads it there.

    Raises:
        Refused: the cluster says no.
    """
    if FORMER_KEY not in of_stack:
        return
    path = f"/api/v1/namespaces/{stack.target.namespace}/secrets/{keys_secret(stack.name)}"
    secret = kube.get(path)
    if secret is not None and secret["data"].pop(FORMER_KEY, None):
        kube.replace(path, secret)


def create(kube: Kube, stack: "Stack", token: str) -> None:
    """Make the Secret; one that is there stays as it is.

    Raises:
        Refused: the cluster says no.
    """
    path = secret_path(stack)
    if kube.get(path) is not None:
        return
    try:
        kube.create(path.rpartition("/")[0], _body(stack, Kept(token)))
    except Refused as refusal:
        if refusal.status != _THERE_ALREADY:
            raise


def replace(kube: Kube, stack: "Stack", kept: Kept) -> None:
    """Make the Secret, which is there, hold just this.

    Raises:
        Refused: the cluster says no, or somebody else was quicker.
    """
    there = kube.get(secret_path(stack)) or {"metadata": {}}
    kube.replace(secret_path(stack), _body(stack, kept) | {"metadata": there["metadata"]})


def vault_changes(vault: "Vault", declared: dict[str, Any], present: str | None) -> list[Change]:
    """What install would do to the token in Vault.

    Args:
        present: the one that the hub takes, which counts.
    """
    found = kept_in_vault(vault, declared)[0]
    if found is None:
        return [Change("create", _TITLE, layer=LAYER)]
    return [Change("update", _TITLE, ("token: changed",), layer=LAYER)] if _differs(found, present) else []


def ensure_in_vault(vault: "Vault", declared: dict[str, Any], present: str | None) -> str:
    """Keep the token in Vault; the one that is kept there then.

    Raises:
        StackError: Vault refuses.
    """
    found, version = kept_in_vault(vault, declared)
    if found is not None and not _differs(found, present):
        return found.token
    token = present or new_token()
    keep_in_vault(vault, declared, Kept(token), version)
    return token


def kept_in_vault(vault: "Vault", declared: dict[str, Any]) -> tuple[Kept | None, int]:
    """What Vault keeps, and its version; 0 where there is none."""
    found = vault.read(declared["path"])
    if found is None:
        return None, 0
    return of_fields(found.get("data") or {}), int(found["metadata"]["version"])


def keep_in_vault(vault: "Vault", declared: dict[str, Any], kept: Kept, over: int) -> None:
    """Keep this in Vault in place of version `over`, which nobody may have replaced meanwhile.

    Raises:
        StackError: Vault refuses.
    """
    vault.write(declared["path"], {"data": kept.fields(), "options": {"cas": over}})


def _differs(found: Kept, present: str | None) -> bool:
    """A change that was cut short is left to its repetition."""
    return present is not None and not found.next and found.token != present


def _body(stack: "Stack", kept: Kept) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": layout(stack).service_secret,
            "labels": {STACK: stack.name, KIND: "service-token"},
        },
        "stringData": kept.fields(),
    }
