"""Our own chart on a real cluster: accepted, unchanged by a second upgrade, and homes stay when it goes."""

from typing import Any

from apply.helm import Helm, Release
from apply.kube import Kube
from tests.charts.rendering import CHART, MONITORING
from tests.charts.test_buunstack import NFS


def test_homes_stay_when_the_release_goes(kube: Kube, helm: Helm, namespace: str) -> None:
    volume, runtime = f"{namespace}-lab-homes", f"{namespace}-gpu"
    values: dict[str, Any] = {
        "stack": "lab",
        "nfs": {**NFS, "volume": volume, "mountOptions": ["nfsvers=4.2"]},
        "shared": None,
        "runtimeClass": {"name": runtime, "handler": "nvidia"},
        "monitoring": {**MONITORING, "renewer": True},
        "externalSecrets": [],
    }
    release = Release("lab-extras", namespace, CHART, values)
    homes = f"/api/v1/namespaces/{namespace}/persistentvolumeclaims/lab-homes"
    try:
        assert helm.upgrade(release, "1m", {}, lambda: False) is None
        before = _versions(kube, namespace)
        assert len(before) == 9
        assert kube.get(homes)["status"]["phase"] == "Bound"

        assert helm.upgrade(release, "1m", {}, lambda: False) is None
        assert _versions(kube, namespace) == before

        helm.uninstall("lab-extras", namespace)
        assert _versions(kube, namespace).keys() == {f"persistentvolumes/{volume}", "persistentvolumeclaims/lab-homes"}
    finally:
        kube.delete(homes)
        kube.delete(f"/api/v1/persistentvolumes/{volume}")
        kube.delete(f"/apis/node.k8s.io/v1/runtimeclasses/{runtime}")


def _versions(kube: Kube, namespace: str) -> dict[str, str]:
    """`kind/name` of each object of the stack -> the version the cluster keeps of it."""
    inside = f"namespaces/{namespace}/"
    places = {
        "persistentvolumes": "/api/v1/",
        "persistentvolumeclaims": f"/api/v1/{inside}",
        "configmaps": f"/api/v1/{inside}",
        "services": f"/api/v1/{inside}",
        "runtimeclasses": "/apis/node.k8s.io/v1/",
        "networkpolicies": f"/apis/networking.k8s.io/v1/{inside}",
        "servicemonitors": f"/apis/monitoring.coreos.com/v1/{inside}",
        "prometheusrules": f"/apis/monitoring.coreos.com/v1/{inside}",
    }
    return {
        f"{kind}/{item['metadata']['name']}": item["metadata"]["resourceVersion"]
        for kind, place in places.items()
        for item in kube.items(f"{place}{kind}", "buunstack/stack=lab")
        # Volumes and runtime classes are in no namespace: those of other tests are left out by their names.
        if place.endswith(inside) or item["metadata"]["name"].startswith(namespace)
    }
