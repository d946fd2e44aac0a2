"""Sign-in with a provider on a cluster: the hub's Secret, where references lead, and the installer's account."""

import contextlib
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

from apply import clustervault, references, vaultlogin
from apply.clientsecret import Delivery, MountedSecret, SecretDelivery, field_of
from apply.keycloaklogin import installer
from apply.loginlayer import LoginLayer
from apply.references import Places
from render.artifacts import Artifacts
from render.cluster import KEYCLOAK
from render.login import IN_CLUSTER, SECRET_FILE, provider_settings
from spec.errors import StackError
from spec.login import client_secret

if TYPE_CHECKING:
    from apply.cluster import ClusterTarget
    from apply.vault import Vault


@contextlib.contextmanager
def login_layer(target: "ClusterTarget", artifacts: Artifacts) -> Iterator[LoginLayer]:
    """The login of a stack with a provider; a Vault that a reference needed is closed behind it."""
    declared = json.loads(artifacts[KEYCLOAK]) if KEYCLOAK in artifacts else None
    with places_of(target) as places:
        told = provider_settings(target.stack, f"https://{target.stack.hub.host}/", SECRET_FILE, target.stack.ca)
        delivery = _delivery(target, places)
        yield LoginLayer(target.stack, told, declared, places, delivery, lambda: installer(target.stack, places))


@contextlib.contextmanager
def places_of(target: "ClusterTarget") -> Iterator[Places]:
    """Where references of a stack on a cluster lead; a Vault that one needed is closed behind it."""
    with contextlib.ExitStack() as opened:
        yield Places(
            target.file.resolve().parent,
            vault=lambda: opened.enter_context(_vault(target)),
            kube=lambda: target.kube,
            namespace=target.namespace,
        )


def _delivery(target: "ClusterTarget", places: Places) -> Delivery:
    reference = client_secret(target.stack.auth)
    if reference is not None and reference.startswith(IN_CLUSTER):
        return MountedSecret(lambda: references.kept(reference, field_of(target.stack), places))
    return SecretDelivery(lambda: target.kube, target.stack)


def _vault(target: "ClusterTarget") -> "Vault":
    if not target.stack.vault.address:
        hint = f"set vault.address, or write {references.FORMS}"
        raise StackError("the stack names no Vault (vault.address), where a reference leads", hint)
    return clustervault.signed_in(target, vaultlogin.credential() or vaultlogin.asked())
