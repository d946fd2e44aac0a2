"""Shared folders in each form that the chart's versions give to volumes."""

from pathlib import Path
from typing import Any

from tests.hub.cluster.chart import HubFolder
from tests.hub.cluster.conftest import probed
from tests.hub.cluster.stacks import make_stack, values

_SHARED = {"data": {"path": "/shared/{data}"}, "more": {"read_only": True}}


def _pod(folder: HubFolder) -> dict[str, Any]:
    (made,) = probed(folder, [{"user": "carol", "groups": [], "options": {}}])["pods"]
    pod: dict[str, Any] = made["pod"]["spec"]
    return pod


def _mounts(pod: dict[str, Any]) -> list[tuple[str, str, str]]:
    mounts = pod["containers"][0]["volumeMounts"]
    folders = [mount for mount in mounts if mount["name"] != "files"]
    return sorted((mount["mountPath"], mount["name"], mount["subPath"]) for mount in folders)


def test_folders_beside_homes_on_nfs_are_in_the_volume_of_the_homes(tmp_path: Path) -> None:
    stack = make_stack(
        storage={"kind": "nfs", "nfs": {"server": "nfs.example.net", "path": "/homes"}, "shared": _SHARED}
    )
    static = {"type": "static", "static": {"pvcName": "lab-homes", "subPath": "homes/{username}"}}

    pod = _pod(HubFolder(tmp_path, stack, values(stack, storage=static)))

    claims = [volume["persistentVolumeClaim"]["claimName"] for volume in pod["volumes"] if volume["name"] != "files"]
    assert claims == ["lab-homes"]
    assert _mounts(pod) == [
        ("/home/jovyan", "home", "homes/carol"),
        ("/shared/more", "home", "shared/more"),
        ("/shared/{data}", "home", "shared/data"),
    ]


def test_folders_are_added_to_the_lists_of_older_charts(tmp_path: Path) -> None:
    stack = make_stack(storage={"shared": _SHARED})
    given = values(stack)
    given["hub"]["config"]["KubeSpawner"] |= {
        "volumes": [{"name": "home", "persistentVolumeClaim": {"claimName": "{pvc_name}"}}],
        "volume_mounts": [{"name": "home", "mountPath": "/home/jovyan", "subPath": "x"}],
    }

    pod = _pod(HubFolder(tmp_path, stack, given))

    assert [mount[0] for mount in _mounts(pod)] == ["/home/jovyan", "/shared/more", "/shared/{data}"]
    assert [volume["name"] for volume in pod["volumes"]] == ["home", "buunstack-shared"]
