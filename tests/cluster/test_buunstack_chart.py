"""Our own chart on a real cluster: accepted, unchanged by a second upgrade, and homes stay when it goes."""

from pathlib import Path
from typing import Any

from apply.helm import Helm, Release
from apply.kube import Kube
from tests.charts.test_buunstack import CHART, MONITORING, NFS


def test_homes_stay_when_the_release_goes(kube: Kube, helm: Helm, namespace: str) -> None:
    volume = f"{namespace}-lab-homes"
    values: dict[str, Any] = {"stack": "lab", "nfs": {**NFS, "volume": volume}, "monitoring": MONITORING}
    release = Release("lab-extras", namespace, Path(CHART), values)
    claims = f"/api/v1/namespaces/{namespace}/persistentvolumeclaims"
    try:
        assert helm.upgrade(release, "1m", {}, lambda: False) is None
        before = _versions(kube, namespace, volume)
        assert helm.upgrade(release, "1m", {}, lambda: False) is None
        assert _versions(kube, namespace, volume) == before

        helm.uninstall("lab-extras", namespace)

        assert kube.get(f"/api/v1/persistentvolumes/{volume}") is not None
        assert [claim["metadata"]["name"] for claim in kube.items(claims)] == ["lab-homes"]
        assert kube.items(f"/apis/monitoring.coreos.com/v1/namespaces/{namespace}/servicemonitors") == []
    finally:
        kube.delete(f"{claims}/lab-homes")
        kube.delete(f"/api/v1/persistentvolumes/{volume}")


def _versions(kube: Kube, namespace: str, volume: str) -> dict[str, str]:
    kinds = {
        "servicemonitors": "/apis/monitoring.coreos.com/v1",
        "prometheusrules": "/apis/monitoring.coreos.com/v1",
        "networkpolicies": "/apis/networking.k8s.io/v1",
        "configmaps": "/api/v1",
    }
    found = {
        f"{kind}/{item['metadata']['name']}": item["metadata"]["resourceVersion"]
        for kind, group in kinds.items()
        for item in kube.items(f"{group}/namespaces/{namespace}/{kind}", "buunstack/stack=lab")
    }
    spec = (kube.get(f"/api/v1/persistentvolumes/{volume}") or {})["spec"]
    return found | {"volume": str(sorted(spec))}
