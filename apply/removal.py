"""Taking a stack out of its cluster: what install made goes; homes, accounts and keys stay unless they are purged."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from apply.generations import KIND, MADE, STACK
from apply.kube import Kube
from apply.rollout import records
from apply.spawned import HOMES, SERVERS
from apply.target import Tell
from render.extras import keys_secret, release_name
from render.hubfiles import layout
from render.storage import homes_volume, made_claim
from spec.errors import StackError
from spec.login import embedded, managed
from spec.model import Stack
from spec.ways import ways

if TYPE_CHECKING:
    from apply.cluster import ClusterTarget

_DATABASE = "hub-db-dir"
"""The claim with the hub's database, as the z2jh chart calls it (templates/_helpers-names.tpl)."""
_PATIENCE_SECONDS = 90


def remove(target: "ClusterTarget", purge: bool, confirm: Callable[[str], None], tell: Tell) -> str:
    """Remove everything of the stack, and say in words what stays.

    Raises:
        StackError: something cannot be removed; the command can be repeated.
    """
    kube, namespace, stack, elsewhere = target.kube, target.namespace, target.stack, _elsewhere(target)
    there = kube.get(f"/api/v1/namespaces/{namespace}")
    if there is None:
        return f"nothing is installed: there is no namespace {namespace}"
    if purge:
        confirm(f"Delete all homes, accounts and keys of stack {stack.name} in namespace {namespace}?")
    with target.locked("uninstall", tell):
        _stop_servers(target, tell)
        _remove_releases(target, tell)
        _remove_servers(kube, namespace, stack.name, tell)
        _remove_secrets(kube, stack, purge)
        if purge:
            _remove_claims(target, tell)
    if not purge:
        return _stays(kube, target)
    if (there["metadata"].get("annotations") or {}).get(MADE) != stack.name:
        return f"stack {stack.name} is gone; namespace {namespace} stays, since install did not make it{elsewhere}"
    if others := _others(kube, namespace):
        return f"stack {stack.name} is gone; namespace {namespace} stays: {', '.join(others)} is in it{elsewhere}"
    kube.delete(f"/api/v1/namespaces/{namespace}")
    _await(lambda: kube.get(f"/api/v1/namespaces/{namespace}") is None, f"namespace {namespace}", tell)
    return f"stack {stack.name} and namespace {namespace} are gone{elsewhere}"


def _remove_releases(target: "ClusterTarget", tell: Tell) -> None:
    """z2jh first: its pods use what the other release has made."""
    secrets = target.kube.items(f"/api/v1/namespaces/{target.namespace}/secrets", "owner=helm", metadata=True)
    for name in (target.stack.name, release_name(target.stack)):
        if records(secrets, name):
            tell(f"removing release {name}")
            target.helm.uninstall(name, target.namespace)


def _remove_servers(kube: Kube, namespace: str, stack: str, tell: Tell) -> None:
    """Users' pods are the hub's, not Helm's: nobody else would remove them now."""
    of_stack = f"{SERVERS},release={stack}"
    for kind in ("pods", "services", "secrets"):
        path = f"/api/v1/namespaces/{namespace}/{kind}"
        for item in kube.items(path, of_stack, metadata=True):
            tell(f"removing {kind[:-1]} {item['metadata']['name']}")
            kube.delete(f"{path}/{item['metadata']['name']}")
    _await(lambda: not kube.items(f"/api/v1/namespaces/{namespace}/pods", of_stack, metadata=True), "servers", tell)


def _remove_secrets(kube: Kube, stack: Stack, purge: bool) -> None:
    """What belongs to the hub's database stays with it."""
    path = f"/api/v1/namespaces/{stack.target.namespace}/secrets"
    kept = {keys_secret(stack.name), layout(stack).service_secret}
    names = {item["metadata"]["name"] for item in kube.items(path, f"{STACK}={stack.name},{KIND}", metadata=True)}
    for name in sorted(names | kept if purge else names - kept):
        kube.delete(f"{path}/{name}")


def _remove_claims(target: "ClusterTarget", tell: Tell) -> None:
    kube, stack = target.kube, target.stack
    path = f"/api/v1/namespaces/{target.namespace}/persistentvolumeclaims"
    names = [item["metadata"]["name"] for item in kube.items(path, f"{HOMES},release={stack.name}", metadata=True)]
    for name in (*names, _DATABASE, made_claim(stack), f"{stack.name}-shared"):
        tell(f"removing claim {name}")
        kube.delete(f"{path}/{name}")
    if stack.storage.kind == "nfs" and not stack.storage.nfs.claim:
        kube.delete(f"/api/v1/persistentvolumes/{homes_volume(stack)}")


def _stays(kube: Kube, target: "ClusterTarget") -> str:
    path = f"/api/v1/namespaces/{target.namespace}/persistentvolumeclaims"
    homes = len(kube.items(path, HOMES, metadata=True))
    count = f"{homes} home{'' if homes == 1 else 's'}"
    return (
        f"stack {target.stack.name} is removed; in namespace {target.namespace} stay {count}, the hub's database and "
        f"its keys; inv uninstall --purge removes them too{_elsewhere(target)}"
    )


def client_stays(stack: Stack) -> str:
    """Words for what install has made in a realm; empty where it has made nothing, or the Keycloak is its own."""
    keycloak = stack.auth.keycloak
    if stack.auth.kind != "keycloak" or embedded(stack) or managed(keycloak) == "none":
        return ""
    return f"\nin realm {keycloak.realm} at {keycloak.url} stay client {keycloak.client_id} and what else is there"


def _elsewhere(target: "ClusterTarget") -> str:
    """Nothing of a Vault or a Keycloak that others use as well is taken away: users' secrets are there."""
    stays = ""
    if target.stack.vault.enabled:
        stays = f"\nin Vault at {target.stack.vault.address} stay users' secrets, policies and roles"
    return stays + client_stays(target.stack)


def _stop_servers(target: "ClusterTarget", tell: Tell) -> None:
    """By the hub, who alone can end the tokens that servers have; the pods would go without it as well."""
    if not target.stack.vault.enabled:
        return
    try:
        with target.hub() as hub:
            for user, server in hub.servers():
                tell(f"stopping the server of {user}")
                hub.stop_server(user, server)
            _await(lambda: not hub.servers(), "servers", tell)
    except StackError as error:
        life = ways(target.stack.vault).ttl
        tell(f"{error.message}; tokens of servers that still run end by themselves within {life}")


def _others(kube: Kube, namespace: str) -> list[str]:
    """What somebody else has in the namespace."""
    core = f"/api/v1/namespaces/{namespace}"
    kinds = ("pods", "secrets", "persistentvolumeclaims")
    found = [item["metadata"] for kind in kinds for item in kube.items(f"{core}/{kind}", metadata=True)]
    return sorted(metadata["name"] for metadata in found if not metadata.get("deletionTimestamp"))[:5]


def _await(gone: Callable[[], bool], what: str, tell: Tell) -> None:
    until = time.monotonic() + _PATIENCE_SECONDS
    while not gone():
        if time.monotonic() > until:
            raise StackError(f"{what}: still there after {_PATIENCE_SECONDS} s", hint="run the command again")
        tell(f"waiting for {what} to go")
        time.sleep(1)
