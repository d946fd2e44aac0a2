"""What users take of a cluster now: their claims, and what the kubelets tell of volumes and servers."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from apply.kube import Refused, at_once, in_parallel, segment
from apply.spawned import HOMES, SERVERS, owner
from spec.quantities import bytes_of

if TYPE_CHECKING:
    from apply.cluster import ClusterTarget

_NANO = 1e9


def taken(cluster: "ClusterTarget", users: Iterable[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """User -> `home_used_bytes`, `home_capacity_bytes`, `memory_bytes`, `cores`; what nobody tells is left out."""
    core = f"/api/v1/namespaces/{segment(cluster.namespace)}"
    claims, pods = at_once(
        (
            lambda: cluster.kube.items(f"{core}/persistentvolumeclaims", HOMES),
            lambda: cluster.kube.items(f"{core}/pods", SERVERS),
        )
    )
    nodes = sorted({pod["spec"]["nodeName"] for pod in pods if pod["spec"].get("nodeName")})
    told = [pod for summary in in_parallel(lambda node: _summary(cluster, node), nodes) for pod in summary]
    mine = {pod["podRef"]["name"]: pod for pod in told if pod["podRef"]["namespace"] == cluster.namespace}
    used = _used(mine.values())
    found: dict[str, dict[str, Any]] = {user["name"]: {} for user in users}
    for claim in claims:
        capacity = (claim["status"].get("capacity") or claim["spec"]["resources"]["requests"])["storage"]
        home = found.setdefault(owner(claim), {})
        _add(home, "home_capacity_bytes", bytes_of(capacity))
        _add(home, "home_used_bytes", used.get(claim["metadata"]["name"]))
    for pod in pods:
        stats, load = mine.get(pod["metadata"]["name"], {}), found.setdefault(owner(pod), {})
        cores = stats.get("cpu", {}).get("usageNanoCores")
        _add(load, "memory_bytes", stats.get("memory", {}).get("workingSetBytes"))
        _add(load, "cores", None if cores is None else cores / _NANO)
    return found


def _summary(cluster: "ClusterTarget", node: str) -> list[dict[str, Any]]:
    """What a kubelet tells of its pods; nothing to whoever may not ask it, which is a right on the whole cluster."""
    try:
        answer = cluster.kube.get(f"/api/v1/nodes/{segment(node)}/proxy/stats/summary")
    except Refused:
        return []
    return list((answer or {}).get("pods") or [])


def _used(pods: Iterable[dict[str, Any]]) -> dict[str, int]:
    """Claim -> bytes; a volume is told with the pods that have mounted it, and not for each kind of volume."""
    volumes = [volume for pod in pods for volume in pod.get("volume") or []]
    return {one["pvcRef"]["name"]: one["usedBytes"] for one in volumes if "pvcRef" in one and "usedBytes" in one}


def _add(total: dict[str, Any], key: str, value: float | None) -> None:
    if value is not None:
        total[key] = total.get(key, 0) + value
