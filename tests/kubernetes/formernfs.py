"""buun-stack's volume with every home, as its recipe leaves it: a claim that is bound to a volume made by hand.

What stands in for what: a folder of the node for the NFS export, since kernels of test machines have no NFS. The volume
and its class have no namespace, so they bear that of the site beside buun-stack's names; the claim has its very name.
"""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.e2e.stack import eventually
from tests.kubernetes.site import IMAGES, Site

CLAIM = "jupyter-nfs-pvc"
_VOLUMES, _CLASSES = "/api/v1/persistentvolumes", "/apis/storage.k8s.io/v1/storageclasses"
_LABELS = {"type": "jupyter-nfs", "app": "jupyterhub"}


def volume_of(site: Site) -> str:
    """The name of the site's volume."""
    return f"jupyter-nfs-pv-{site.namespace}"


@contextlib.contextmanager
def homes_on_volume(site: Site, folder: Path, values: dict[str, Any]) -> Iterator[None]:
    """With the volume, which the release's values name.

    Args:
        folder: of the node.
    """
    _export(site, folder)
    storage, size = f"jupyter-nfs-static-{site.namespace}", {"storage": "10Gi"}
    waits = {"provisioner": "kubernetes.io/no-provisioner", "volumeBindingMode": "WaitForFirstConsumer"}
    site.kube.create(_CLASSES, {"metadata": {"name": storage}, "reclaimPolicy": "Retain", **waits})
    volume = {
        "capacity": size,
        "accessModes": ["ReadWriteOnce"],
        "persistentVolumeReclaimPolicy": "Retain",
        "storageClassName": storage,
        "hostPath": {"path": str(folder)},
    }
    site.kube.create(_VOLUMES, {"metadata": {"name": volume_of(site), "labels": _LABELS}, "spec": volume})
    claim = {
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": size},
        "storageClassName": storage,
        "selector": {"matchLabels": _LABELS},
        "volumeName": volume_of(site),
    }
    claims = f"/api/v1/namespaces/{site.namespace}/persistentvolumeclaims"
    site.kube.create(claims, {"metadata": {"name": CLAIM}, "spec": claim})
    values["singleuser"]["storage"] = {"type": "static", "static": {"pvcName": CLAIM}, "capacity": "10Gi"}
    try:
        yield
    finally:
        site.kube.delete(f"{_VOLUMES}/{volume_of(site)}")
        site.kube.delete(f"{_CLASSES}/{storage}")


def phase_of(site: Site) -> str:
    """Of the volume."""
    return str((site.kube.get(f"{_VOLUMES}/{volume_of(site)}") or {"status": {}})["status"].get("phase"))


def _export(site: Site, folder: Path) -> None:
    """Make the folder on the node one in which everybody may write, as an export of homes is."""
    container = {
        "name": "export",
        "image": IMAGES[2],
        "imagePullPolicy": "Never",
        "command": ["chmod", "0777", "/export"],
        "securityContext": {"runAsUser": 0},
        "volumeMounts": [{"name": "export", "mountPath": "/export"}],
    }
    volume = {"name": "export", "hostPath": {"path": str(folder), "type": "DirectoryOrCreate"}}
    spec = {"restartPolicy": "Never", "containers": [container], "volumes": [volume]}
    pods = f"/api/v1/namespaces/{site.namespace}/pods"
    site.kube.create(pods, {"metadata": {"name": "export"}, "spec": spec})
    path = f"{pods}/export"
    eventually(lambda: (site.kube.get(path) or {})["status"]["phase"] == "Succeeded", "the folder is made", 60)
    site.kube.delete(path)
