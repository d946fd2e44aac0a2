"""The Vault part of a stack on a cluster: looked at with the deployer's credential, planned and written."""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from apply import admintoken, servicetoken, tokendelivery, userpolicies, vaultobjects
from apply.namedfiles import named_text
from apply.plan import Change
from apply.vaultlogin import WAYS, Credential
from apply.vaultobjects import ClusterKeys
from render.hubfiles import layout
from spec.errors import AppliedInPart, StackError, TargetUnreachable

if TYPE_CHECKING:
    from apply.cluster import ClusterTarget
    from apply.target import Tell
    from apply.vault import Vault

_ISSUER, _KEYS = "/.well-known/openid-configuration", "/openid/v1/jwks"
"""Where an API server tells how to verify its service accounts' tokens (kubernetes.io, issuer discovery)."""


def examine(
    target: "ClusterTarget", declared: dict[str, Any], found: Credential | None
) -> tuple[list[Change], tuple[str, ...]]:
    """What would change in Vault, and warnings: without a credential nobody looks.

    Raises:
        StackError: Vault does not answer, or refuses the credential.
    """
    if found is None:
        message = f"Vault was not looked at: no credential ({WAYS}); inv vault.apply by somebody who has one is enough"
        return [], (message,)
    keys = _keys(target, declared)
    with signed_in(target, found) as vault:
        changes = vaultobjects.changes(vaultobjects.objects(declared, vault.read, keys))
        if "admin" in declared:
            changes += _admin_changes(target, declared["admin"], vault)
        if "service" in declared:
            present = servicetoken.held(target.kube, target.stack)
            changes += servicetoken.vault_changes(vault, declared["service"], present)
        return changes, ()


def write(target: "ClusterTarget", declared: dict[str, Any], found: Credential, tell: "Tell") -> list[Change]:
    """Make Vault agree; what was written.

    Raises:
        StackError: Vault does not answer, or refuses the first write.
        AppliedInPart: it refuses a later one.
    """
    keys = _keys(target, declared)
    with signed_in(target, found) as vault:
        seen = vaultobjects.objects(declared, vault.read, keys)
        changes = vaultobjects.changes(seen)
        steps: list[tuple[str, Callable[[], None]]] = [
            (one.title, partial(vault.write, one.path, one.body)) for one in vaultobjects.differing(seen)
        ]
        if "admin" in declared:
            changes += (of_token := _admin_changes(target, declared["admin"], vault))
            if of_token:
                steps.append(("token of the hub", lambda: ensure_admin_token(target, declared["admin"], vault)))
        if "service" in declared:
            present = servicetoken.held(target.kube, target.stack)
            changes += (of_service := servicetoken.vault_changes(vault, declared["service"], present))
            if of_service:
                steps.append(("token of the admin service", lambda: _ensure_service_token(target, declared, vault)))
        _take(steps, tell)
        return changes


def _take(steps: "list[tuple[str, Callable[[], None]]]", tell: "Tell") -> None:
    done: list[str] = []
    for title, step in steps:
        tell(f"vault: writing {title}")
        try:
            step()
        except StackError as error:
            if not done:
                raise
            message = f"{error.message}\nwritten in Vault before: {', '.join(done)}"
            raise AppliedInPart(message, error.hint) from error
        done.append(title)


def _admin_changes(target: "ClusterTarget", declared: dict[str, Any], vault: "Vault") -> list[Change]:
    secret = target.kube.get(admintoken.secret_path(target.namespace, declared)) if declared["plain_secret"] else None
    # The path is below the mount, which may not be there yet.
    return admintoken.changes(admintoken.seen(vault, declared), declared, secret)


def ensure_admin_token(target: "ClusterTarget", declared: dict[str, Any], vault: "Vault") -> None:
    """Make a token unless there is a good one, and bring it to the cluster where no operator does.

    Raises:
        StackError: Vault or the cluster refuses.
    """
    found = admintoken.seen(vault, declared)
    if found is None or found.fault(declared):
        found = admintoken.make(vault, declared, found)
    # Without the namespace there is nobody who would read it: the install that makes it brings it.
    if target.kube.get(f"/api/v1/namespaces/{target.namespace}"):
        tokendelivery.hurry(target, declared, found)


def _ensure_service_token(target: "ClusterTarget", declared: dict[str, Any], vault: "Vault") -> None:
    """Keep the token in Vault; it is in the cluster before the hub needs it, sooner than the operator brings it."""
    present = servicetoken.held(target.kube, target.stack)
    token = servicetoken.ensure_in_vault(vault, declared["service"], present)
    if target.kube.get(f"/api/v1/namespaces/{target.namespace}"):
        servicetoken.create(target.kube, target.stack, token)


def user_policies(target: "ClusterTarget", found: Credential, *, write: bool, tell: "Tell") -> list[Change]:
    """The policies of everybody whom the hub knows, where each user has one; a hub that does not answer is told.

    Args:
        write: put right what differs; else only say it.

    Raises:
        StackError: Vault refuses.
    """
    names = layout(target.stack)
    if not names.per_user:
        return []
    try:
        with target.hub() as hub:
            users = hub.names()
    except StackError as error:
        tell(f"vault: policies of users whom the file does not name wait for the hub ({error.message})")
        return []
    with signed_in(target, found) as vault:
        if write:
            return userpolicies.ensure(vault, names, users)
        return vaultobjects.changes(userpolicies.missing(vault, names, users))


def signed_in(target: "ClusterTarget", found: Credential) -> "Vault":
    """A client that acts with the credential; to be used as a context.

    Raises:
        StackError: the login is refused.
    """
    from apply.vault import Vault

    vault = Vault(str(target.stack.vault.address), authority(target), target.stack.vault.namespace)
    found.sign_in(vault)
    return vault


def authority(target: "ClusterTarget") -> Path | None:
    """The file of the private authority, found from the stack file's own folder."""
    return (target.file.parent / target.stack.ca).resolve() if target.stack.ca else None


def authority_text(target: "ClusterTarget") -> str:
    """What that file holds; empty when the stack names none.

    Raises:
        StackError: it cannot be read.
    """
    path = authority(target)
    return "" if path is None else named_text(path, "ca", "a PEM file")


def _keys(target: "ClusterTarget", declared: dict[str, Any]) -> ClusterKeys | None:
    return cluster_keys(target) if "login" in declared else None


def cluster_keys(target: "ClusterTarget") -> ClusterKeys:
    """With what this cluster signs its service accounts' tokens.

    Raises:
        StackError: the API server does not tell.
    """
    import jwt
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    # As text, since the keys come with a media type of their own only.
    about, keys = target.kube.text(_ISSUER), target.kube.text(_KEYS)
    if not about or not keys:
        message = "the API server does not tell with what it signs service accounts' tokens"
        raise TargetUnreachable(message, hint=f"kubectl get --raw {_KEYS}")
    form = (Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    pems = [jwt.PyJWK(key).key.public_bytes(*form).decode() for key in json.loads(keys)["keys"]]
    return ClusterKeys(str(json.loads(about)["issuer"]), pems)
