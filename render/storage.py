"""Homes, shared folders and further volumes on a cluster. Pure."""

from typing import Any

from spec.model import Stack

HOME_TEMPLATE = "claim-{username}"
"""One home per user, whatever the server is called. Never changed: a new name would be a new, empty home
(zero-to-jupyterhub-k8s #3574, kubespawner #937)."""


def homes_claim(stack: Stack) -> str:
    """The claim of the NFS volume with every home: the one that the file names, else install's own."""
    return stack.storage.nfs.claim or made_claim(stack)


def made_claim(stack: Stack) -> str:
    """The claim that install makes for such a volume."""
    return f"{stack.name}-homes"


def homes_volume(stack: Stack) -> str:
    """The NFS volume: no namespace holds it, so its name must be of this stack alone."""
    return f"{stack.target.namespace}-{stack.name}-homes"


def shared_claim(stack: Stack) -> str:
    """The claim that holds the shared folders."""
    return homes_claim(stack) if stack.storage.kind == "nfs" else f"{stack.name}-shared"


def storage_values(stack: Stack) -> dict[str, Any]:
    """`singleuser.storage`."""
    values: dict[str, Any] = {"capacity": stack.storage.capacity}
    if stack.storage.kind == "nfs":
        values |= {"type": "static", "static": {"pvcName": homes_claim(stack), "subPath": stack.storage.nfs.folder}}
    else:
        dynamic = {"pvcNameTemplate": HOME_TEMPLATE}
        if stack.storage.class_name:
            dynamic["storageClass"] = stack.storage.class_name
        values |= {"type": "dynamic", "dynamic": dynamic}
    if stack.storage.volumes:
        volumes = sorted(stack.storage.volumes.items())
        values["extraVolumes"] = [
            {"name": f"extra-{name}", "persistentVolumeClaim": {"claimName": volume.claim}} for name, volume in volumes
        ]
        values["extraVolumeMounts"] = [
            {"name": f"extra-{name}", "mountPath": volume.path, "readOnly": volume.read_only}
            for name, volume in volumes
        ]
    return values


def homes(stack: Stack) -> dict[str, str]:
    """What decides where homes are: a change of any of it leaves users with empty ones."""
    if stack.storage.kind == "dynamic":
        return {"storage.kind": "dynamic", "name": HOME_TEMPLATE}
    nfs = stack.storage.nfs
    place = {"claim": nfs.claim} if nfs.claim else {"server": nfs.server or "", "path": nfs.path or ""}
    return {"storage.kind": "nfs", **{f"storage.nfs.{key}": name for key, name in place.items()}, "name": nfs.folder}
