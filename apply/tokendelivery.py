"""The hub's Vault token on its way from Vault to the hub's pod: through a Secret, and sooner than by itself."""

import time
from typing import TYPE_CHECKING, Any

from apply import admintoken
from apply.admintoken import AdminToken
from apply.kube import Object, Refused

if TYPE_CHECKING:
    from apply.cluster import ClusterTarget

_NOW = "force-sync"
"""An annotation whose change makes the operator look again (external-secrets.io, FAQ)."""
_MANAGER, _SEEN, _POKED = "buunstack-rotation", "buunstack/vault-token", "buunstack/look-again"
_FORBIDDEN, _GONE = 403, 404
_OPERATOR_SECONDS, _PAUSE_SECONDS = 15, 0.5


def bring(target: "ClusterTarget", declared: dict[str, Any], present: AdminToken) -> None:
    """To the cluster's Secret: by hand, or by an operator that is told not to wait for its next round.

    Raises:
        Refused: the cluster says no.
    """
    if declared["plain_secret"]:
        admintoken.write_secret(target.kube, target.namespace, target.stack.name, declared, present.token)
        return
    look_again(target, declared["secret"], present.version)


def look_again(target: "ClusterTarget", secret: str, version: int) -> None:
    """Tell the operator that Vault has something else now.

    Args:
        version: of what Vault has.

    Raises:
        Refused: the cluster says no.
    """
    path = f"/apis/external-secrets.io/v1/namespaces/{target.namespace}/externalsecrets/{secret}"
    if target.kube.get(path) is None:
        return  # it comes with the release, and brings the token then
    body = {
        "apiVersion": "external-secrets.io/v1",
        "kind": "ExternalSecret",
        "metadata": {"name": secret, "annotations": {_NOW: str(version)}},
    }
    target.kube.apply(path, body, _MANAGER)


def touched(target: "ClusterTarget", declared: dict[str, Any], present: AdminToken | None = None) -> bool:
    """Once the Secret has the token, make the kubelet look at it; whether that is done.

    By itself it brings a changed Secret into a running pod within about a minute (kubernetes.io, Secrets); a change
    of the pod makes it look at once. Who may not change pods waits that minute.

    Args:
        present: the token it must be; None for whichever it is.
    """
    secret = target.kube.get(admintoken.secret_path(target.namespace, declared))
    if secret is None or (present is not None and admintoken.content(secret) != present.token):
        return False
    _annotate(target, {_SEEN: secret["metadata"]["resourceVersion"]})
    return True


def poke(target: "ClusterTarget") -> None:
    """Make the kubelet look at all that the hub's pod mounts."""
    _annotate(target, {_POKED: str(int(time.time()))})


def _annotate(target: "ClusterTarget", annotations: dict[str, str]) -> None:
    for pod in _hubs(target):
        name = pod["metadata"]["name"]
        metadata = {"name": name, "annotations": annotations}
        body = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata}
        try:
            target.kube.apply(f"{_pods(target)}/{name}", body, _MANAGER)
        except Refused as refusal:
            if refusal.status not in (_FORBIDDEN, _GONE):
                raise


def hurry(target: "ClusterTarget", declared: dict[str, Any], present: AdminToken) -> None:
    """Bring the token, and make a hub that runs already see it soon; what is late comes by itself.

    Raises:
        Refused: the cluster says no.
    """
    bring(target, declared, present)
    until = time.monotonic() + _OPERATOR_SECONDS
    while _hubs(target) and not touched(target, declared, present) and time.monotonic() < until:
        time.sleep(_PAUSE_SECONDS)


def _hubs(target: "ClusterTarget") -> list[Object]:
    return target.kube.items(_pods(target), f"component=hub,release={target.stack.name}", metadata=True)


def _pods(target: "ClusterTarget") -> str:
    return f"/api/v1/namespaces/{target.namespace}/pods"
