"""What a stack needs of its cluster and does not make itself: looked for before anything is touched."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from apply.kube import Kube, Refused, has_api, has_resource, in_parallel, segment

Need = dict[str, Any]
_DEFAULT = "storageclass.kubernetes.io/is-default-class"
"""The annotation by which Kubernetes itself knows the default (kubernetes.io, storage classes)."""


@dataclass(frozen=True)
class Finding:
    """Something that is not there, or that cannot be seen."""

    path: str
    """Place in the stack file."""
    message: str
    hint: str
    fatal: bool


def absent(kube: Kube, namespace: str, needs: list[Need]) -> list[Finding]:
    """What is missing, in the order of the needs; one request for each of them at most.

    What may not be looked at is not taken for missing: it is told, and stops nothing.
    """
    return [found for found in in_parallel(lambda need: _look(kube, namespace, need), needs) if found is not None]


def _look(kube: Kube, namespace: str, need: Need) -> Finding | None:
    try:
        there = _KINDS[need["kind"]](kube, namespace, need["name"])
    except Refused as refusal:
        if refusal.status != 403:
            raise
        message = f"cannot see whether it is there ({refusal.message}); if it is not: {need['message']}"
        return Finding(need["path"], message, need["hint"], fatal=False)
    return None if there else Finding(need["path"], need["message"], need["hint"], bool(need["fatal"]))


def _object(path: str) -> Callable[[Kube, str, str], bool]:
    """Whether there is an object of this name; the path may hold the namespace."""
    return lambda kube, namespace, name: kube.get(f"{path.format(namespace=namespace)}/{segment(name)}") is not None


def _has_default_storage_class(kube: Kube, _namespace: str, _name: str) -> bool:
    classes = kube.items("/apis/storage.k8s.io/v1/storageclasses", metadata=True)
    return any((found["metadata"].get("annotations") or {}).get(_DEFAULT) == "true" for found in classes)


_KINDS: dict[str, Callable[[Kube, str, str], bool]] = {
    "ingress_class": _object("/apis/networking.k8s.io/v1/ingressclasses"),
    "storage_class": _object("/apis/storage.k8s.io/v1/storageclasses"),
    "default_storage_class": _has_default_storage_class,
    "runtime_class": _object("/apis/node.k8s.io/v1/runtimeclasses"),
    "secret_store": _object("/apis/external-secrets.io/v1/clustersecretstores"),
    "resource": lambda kube, _namespace, name: has_resource(kube, name),
    "api": lambda kube, _namespace, name: has_api(kube, name),
    "claim": _object("/api/v1/namespaces/{namespace}/persistentvolumeclaims"),
    "secret": _object("/api/v1/namespaces/{namespace}/secrets"),
}


def kube_version_misfit(constraint: str, version: str) -> str | None:
    """Words when a cluster is older than a chart's `kubeVersion`, such as `>=1.28.0-0`; None when it fits.

    Args:
        version: as the cluster says it, such as `v1.29.3-gke.100`: what follows the numbers does not count.
    """
    oldest = re.match(r">=\s*v?([0-9]+)\.([0-9]+)", constraint)
    found = re.match(r"v?([0-9]+)\.([0-9]+)", version)
    if oldest is None or found is None:
        return None
    if (int(found[1]), int(found[2])) >= (int(oldest[1]), int(oldest[2])):
        return None
    return f"the cluster runs Kubernetes {version}, and the chart needs {constraint}"
