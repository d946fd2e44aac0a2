"""A release of buun-stack's layout as the cluster has it: read for `inv migrate`, nothing is changed."""

from datetime import UTC, datetime, timedelta
from typing import Any

from apply.kube import Kube, Object, at_once, has_api
from apply.kubeconfig import access
from apply.preview import record
from apply.rollout import records
from apply.spawned import SERVERS
from render.needs import EXTERNAL_SECRETS, MONITORING
from spec.adoption import Release
from spec.errors import StackError
from spec.model import Culling
from spec.quantities import seconds

DEFAULT = "jupyterhub"
"""What buun-stack calls its release."""
_CHART = "jupyterhub"
_DATABASE = "hub-db-dir"
_MONITOR = "jupyterhub-hub"
_OWN = (
    ("configmaps", "vault-token-renewer-config"),
    ("secrets", "jupyterhub-crypt-key"),
)
"""Objects that buun-stack's recipes make beside the release, and that nothing reads after the adoption."""


def read(context: str | None, name: str, namespace: str | None) -> Release:
    """The release.

    Args:
        namespace: where it is; without one it is looked for everywhere.

    Raises:
        StackError: there is none, there are several, or it is of another chart.
        Refused: a right is missing.
    """
    kube = Kube(access(context))
    namespace = namespace or _found(kube, name)
    core = f"/api/v1/namespaces/{namespace}"
    revisions = records(kube.items(f"{core}/secrets", f"owner=helm,name={name}", metadata=True), name)
    if not revisions:
        raise _none(name, namespace)
    kept = record(kube, namespace, name, revisions[-1][0])
    chart = (kept.get("chart") or {}).get("metadata") or {}
    if chart.get("name") != _CHART:
        raise StackError(f"release {name} of namespace {namespace} is of chart {chart.get('name')}, not {_CHART}")
    return Release(
        name=name,
        namespace=namespace,
        chart=str(chart.get("version")),
        values=kept.get("config") or {},
        **_beside(kube, namespace, name),
    )


def _beside(kube: Kube, namespace: str, name: str) -> dict[str, Any]:
    """What is known of a release from other objects than Helm's record."""
    core = f"/api/v1/namespaces/{namespace}"
    database, monitored, stores, own, servers = at_once(
        (
            lambda: kube.get(f"{core}/persistentvolumeclaims/{_DATABASE}"),
            lambda: _monitored(kube, namespace),
            lambda: _stores(kube, namespace),
            lambda: [f"{kind[:-1]}/{one}" for kind, one in _OWN if kube.get(f"{core}/{kind}/{one}") is not None],
            lambda: kube.items(f"{core}/pods", SERVERS),
        )
    )
    spec = (database or {}).get("spec") or {}
    own += ["externalsecret/jupyterhub-crypt-key"] if "jupyterhub-crypt-key" in stores else []
    # The one of this stack has the same name where the stack has buun-stack's.
    own += [f"servicemonitor/{_MONITOR}"] if monitored and name != DEFAULT else []
    return {
        "database_class": str(spec.get("storageClassName") or ""),
        "database_size": str(((spec.get("resources") or {}).get("requests") or {}).get("storage") or ""),
        "monitored": monitored,
        "store": stores.get("jupyterhub-vault-token", ""),
        "leftovers": tuple(own),
        "old_servers": sum(map(_is_old, servers)),
    }


def _found(kube: Kube, name: str) -> str:
    """The namespace of the one release of this name."""
    there = kube.items("/api/v1/secrets", f"owner=helm,name={name}", metadata=True)
    namespaces = sorted({str(one["metadata"]["namespace"]) for one in there})
    if not namespaces:
        raise _none(name, None)
    if len(namespaces) > 1:
        raise StackError(f"release {name} is in namespaces {', '.join(namespaces)}", "--namespace, one of them")
    return namespaces[0]


def _none(name: str, namespace: str | None) -> StackError:
    where = f"namespace {namespace}" if namespace else "any namespace"
    return StackError(f"there is no release {name} in {where}", "helm list -A; then --release and --namespace")


def _monitored(kube: Kube, namespace: str) -> bool:
    path = f"/apis/{MONITORING}/namespaces/{namespace}/servicemonitors/{_MONITOR}"
    return has_api(kube, MONITORING) and kube.get(path) is not None


def _stores(kube: Kube, namespace: str) -> dict[str, str]:
    """ExternalSecret -> the ClusterSecretStore that it reads."""
    if not has_api(kube, EXTERNAL_SECRETS):
        return {}
    there = kube.items(f"/apis/{EXTERNAL_SECRETS}/namespaces/{namespace}/externalsecrets")
    return {one["metadata"]["name"]: _store(one) for one in there}


def _store(item: Object) -> str:
    reference: dict[str, Any] = item["spec"].get("secretStoreRef") or {}
    return str(reference.get("name", "")) if reference.get("kind") == "ClusterSecretStore" else ""


def _is_old(pod: Object) -> bool:
    """Whether a server is older than this stack lets one be: buun-stack's own culler never ran."""
    started = (pod.get("status") or {}).get("startTime")
    oldest = datetime.now(UTC) - timedelta(seconds=seconds(Culling().max_age))
    return started is not None and datetime.fromisoformat(started) < oldest
