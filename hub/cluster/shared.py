"""Folders that groups share, mounted for their members alone. Pure."""

from collections.abc import Iterable
from typing import Any

from hub.offer import admits
from hub.settings import SharedFolder

_VOLUME = "buunstack-shared"


def mount_shared(spawner: Any, folders: Iterable[SharedFolder]) -> None:
    """Add the folders of the user's groups to what the spawner mounts."""
    for folder in folders:
        if admits(folder.groups, spawner):
            mount = {
                "name": _volume(spawner, folder.claim),
                "mountPath": _literal(folder.path),
                "subPath": _literal(folder.sub_path),
                "readOnly": folder.read_only,
            }
            spawner.volume_mounts = _with(spawner.volume_mounts, f"{_VOLUME}-{folder.name}", mount)


def _volume(spawner: Any, claim: str) -> str:
    """The name of the pod's volume with this claim; a pod that names a claim twice may never start."""
    volumes = spawner.volumes.values() if isinstance(spawner.volumes, dict) else spawner.volumes
    for volume in volumes:
        if volume.get("persistentVolumeClaim", {}).get("claimName") == claim:
            return str(volume["name"])
    added = {"name": _VOLUME, "persistentVolumeClaim": {"claimName": claim}}
    spawner.volumes = _with(spawner.volumes, _VOLUME, added)
    return _VOLUME


def _with(present: Any, key: str, item: dict[str, Any]) -> Any:
    """With the item: the chart's older versions have lists where later ones have names."""
    return {**present, key: item} if isinstance(present, dict) else [*present, item]


def _literal(text: str) -> str:
    """As KubeSpawner's template of exactly this text."""
    return text.replace("{", "{{").replace("}", "}}")
