"""The Vault part of a stack on a cluster: looked at with the deployer's credential, planned and written."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from apply import vaultobjects
from apply.namedfiles import named_text
from apply.plan import Change
from apply.vaultlogin import WAYS, Credential
from apply.vaultobjects import ClusterKeys
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
    keys = cluster_keys(target)
    with signed_in(target, found) as vault:
        return vaultobjects.changes(vaultobjects.objects(declared, vault.read, keys)), ()


def write(target: "ClusterTarget", declared: dict[str, Any], found: Credential, tell: "Tell") -> list[Change]:
    """Make Vault agree; what was written.

    Raises:
        StackError: Vault does not answer, or refuses the first write.
        AppliedInPart: it refuses a later one.
    """
    keys = cluster_keys(target)
    with signed_in(target, found) as vault:
        seen = vaultobjects.objects(declared, vault.read, keys)
        done: list[str] = []
        for one in vaultobjects.differing(seen):
            tell(f"vault: writing {one.title}")
            try:
                vault.write(one.path, one.body)
            except StackError as error:
                if not done:
                    raise
                message = f"{error.message}\nwritten in Vault before: {', '.join(done)}"
                raise AppliedInPart(message, error.hint) from error
            done.append(one.title)
        return vaultobjects.changes(seen)


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
