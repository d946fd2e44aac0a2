"""A roll-out that fails names its pod and why, and the old state is back; what a killed Helm left is put right."""

import contextlib
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from apply.helm import Helm, Release
from apply.kube import Kube
from apply.rollout import records, recover, roll_out
from apply.takeover import take_over
from spec.errors import StackError
from tests.nodeimages import image_names

CHART = Path(__file__).parent / "chart"
IMAGE = "local/python:latest"
SLEEPING = {"image": IMAGE, "command": ["sleep", "1000"]}


def told(text: str) -> None:
    print(text)


def release(namespace: str, **values: Any) -> Release:
    return Release("tiny", namespace, CHART, values)


def state(kube: Kube, namespace: str) -> list[tuple[int, str]]:
    secrets = kube.items(f"/api/v1/namespaces/{namespace}/secrets", metadata=True)
    return [(revision, status) for revision, status, _ in records(secrets, "tiny")]


def text(kube: Kube, namespace: str) -> str:
    return (kube.get(f"/api/v1/namespaces/{namespace}/configmaps/tiny") or {"data": {"text": ""}})["data"]["text"]


@pytest.fixture
def local_image(kube: Kube) -> None:
    """An image the cluster's nodes have already: these tests pull none."""
    if not any(IMAGE in name for name in image_names(kube)):
        pytest.skip(f"the cluster has no image {IMAGE}")


def test_what_each_pod_does_is_told(kube: Kube, namespace: str, helm: Helm, local_image: None) -> None:
    lines: list[str] = []

    roll_out(kube, helm, release(namespace, text="one", **SLEEPING), "1m", {}, lines.append)

    assert lines[-1] == "release tiny is healthy"
    assert any(line.startswith("tiny-") for line in lines)


def test_an_image_that_is_not_there_is_named_long_before_the_time_is_up(
    kube: Kube, namespace: str, helm: Helm, local_image: None
) -> None:
    roll_out(kube, helm, release(namespace, text="good", **SLEEPING), "1m", {}, told)
    began = time.monotonic()

    with pytest.raises(
        StackError, match=r"image absent.example/none:1 cannot be pulled \(ErrImageNeverPull\)"
    ) as caught:
        roll_out(kube, helm, release(namespace, text="bad", image="absent.example/none:1"), "5m", {}, told)

    assert time.monotonic() - began < 150
    assert "hint:" in caught.value.message
    assert text(kube, namespace) == "good"
    assert state(kube, namespace)[-1][1] == "deployed"


def test_a_crash_is_told_with_its_last_lines(kube: Kube, namespace: str, helm: Helm, local_image: None) -> None:
    command = ["sh", "-c", "echo no database here; exit 3"]

    with pytest.raises(StackError, match="ends with exit code 3") as caught:
        roll_out(kube, helm, release(namespace, image=IMAGE, command=command), "25s", {}, told)

    assert "| no database here" in caught.value.message
    assert text(kube, namespace) == "", "a first install that fails leaves nothing"


def test_a_pod_that_no_node_can_take_is_named(kube: Kube, namespace: str, helm: Helm, local_image: None) -> None:
    with pytest.raises(StackError, match=r"no node takes it: .*memory"):
        roll_out(kube, helm, release(namespace, **SLEEPING, memory="900Ti"), "10s", {}, told)


def test_a_quota_that_lets_no_pod_be_made_is_named(kube: Kube, namespace: str, helm: Helm, local_image: None) -> None:
    quota = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "few"}, "spec": {"hard": {"pods": "0"}}}
    kube.create(f"/api/v1/namespaces/{namespace}/resourcequotas", quota)

    with pytest.raises(StackError, match=r"ReplicaSet tiny-.*: a quota is used up"):
        roll_out(kube, helm, release(namespace, **SLEEPING), "4m", {}, told)


def test_a_probe_that_fails_is_told_with_what_it_said(
    kube: Kube, namespace: str, helm: Helm, local_image: None
) -> None:
    probe = {"exec": {"command": ["sh", "-c", "echo no port yet; exit 1"]}, "periodSeconds": 1}

    with pytest.raises(StackError, match="it runs, but a probe fails: Readiness probe failed: no port yet"):
        roll_out(kube, helm, release(namespace, **SLEEPING, container={"readinessProbe": probe}), "10s", {}, told)


def test_a_claim_that_nobody_fills_is_named(kube: Kube, namespace: str, helm: Helm, local_image: None) -> None:
    claim = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "homes"},
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            "storageClassName": "",
            "resources": {"requests": {"storage": "1Mi"}},
        },
    }
    kube.create(f"/api/v1/namespaces/{namespace}/persistentvolumeclaims", claim)
    pod = {"volumes": [{"name": "homes", "persistentVolumeClaim": {"claimName": "homes"}}]}

    with pytest.raises(StackError, match=r"its claim homes is not bound: .*no storage class is set") as caught:
        roll_out(kube, helm, release(namespace, **SLEEPING, pod=pod), "10s", {}, told)

    assert "storage.class_name" in caught.value.message


def test_a_runtime_class_that_is_not_there_is_named(kube: Kube, namespace: str, helm: Helm, local_image: None) -> None:
    pod = {"runtimeClassName": "nobody"}

    with pytest.raises(StackError, match=r"its RuntimeClass is not there: .*nobody") as caught:
        roll_out(kube, helm, release(namespace, **SLEEPING, pod=pod), "4m", {}, told)

    assert "gpu.runtime_class" in caught.value.message


def test_a_node_without_the_runtime_of_a_runtime_class_is_named(
    kube: Kube, namespace: str, helm: Helm, local_image: None
) -> None:
    made = {
        "apiVersion": "node.k8s.io/v1",
        "kind": "RuntimeClass",
        "metadata": {"name": namespace},
        "handler": "absent",
    }
    kube.create("/apis/node.k8s.io/v1/runtimeclasses", made)
    try:
        with pytest.raises(StackError, match="its node lacks the runtime of its RuntimeClass"):
            roll_out(kube, helm, release(namespace, **SLEEPING, pod={"runtimeClassName": namespace}), "10s", {}, told)
    finally:
        kube.delete(f"/apis/node.k8s.io/v1/runtimeclasses/{namespace}")


def test_a_pod_whose_node_is_gone_is_named_when_it_does_not_end(
    kube: Kube, namespace: str, helm: Helm, local_image: None
) -> None:
    roll_out(kube, helm, release(namespace, text="one", **SLEEPING), "1m", {}, told)
    (made,) = kube.items(f"/apis/apps/v1/namespaces/{namespace}/replicasets")
    node, pod = ghost(namespace, made)
    kube.create("/api/v1/nodes", node)
    path = f"/api/v1/namespaces/{namespace}/pods"
    try:
        # One more than the ReplicaSet wants: it deletes this one, and no kubelet ever says that it has ended.
        kube.create(path, pod)
        # Recreate waits until the old pods are gone before it makes the new one.
        with pytest.raises(StackError, match=f"should have ended at .*, and its node {namespace} does not say"):
            roll_out(kube, helm, release(namespace, **SLEEPING, memory="17Mi"), "45s", {}, told)
    finally:
        kube.delete(f"{path}/old", grace_seconds=0)
        kube.delete(f"/api/v1/nodes/{namespace}")


def ghost(name: str, replica_set: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """A node that nothing runs, and a pod of a ReplicaSet on it."""
    owner = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "controller": True}
    owner |= {key: replica_set["metadata"][key] for key in ("name", "uid")}
    labels = replica_set["spec"]["template"]["metadata"]["labels"]
    spec = {
        "nodeName": name,
        "terminationGracePeriodSeconds": 1,
        "tolerations": [{"operator": "Exists"}],
        "containers": [{"name": "tiny", **SLEEPING}],
    }
    metadata = {"name": "old", "labels": labels, "ownerReferences": [owner]}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}
    return {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}}, pod


def test_a_users_server_that_fails_does_not_stop_a_release(
    kube: Kube, namespace: str, helm: Helm, local_image: None
) -> None:
    """It has no owner; given up after 20 seconds, the roll-out would fail for what any user can do."""
    container = {"name": "notebook", "image": "absent.example/none:1", "imagePullPolicy": "Never"}
    labels = {"component": "singleuser-server"}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "jupyter-alice", "labels": labels}}
    kube.create(f"/api/v1/namespaces/{namespace}/pods", pod | {"spec": {"containers": [container]}})
    slow = {"readinessProbe": {"exec": {"command": ["true"]}, "initialDelaySeconds": 28}}

    roll_out(kube, helm, release(namespace, text="well", **SLEEPING, container=slow), "1m", {}, told)

    assert text(kube, namespace) == "well"


@pytest.mark.parametrize("first", [True, False], ids=["install", "upgrade"])
def test_what_a_killed_helm_left_is_put_right(
    kube: Kube, namespace: str, helm: Helm, local_image: None, first: bool
) -> None:
    if not first:
        roll_out(kube, helm, release(namespace, text="old", **SLEEPING), "1m", {}, told)
    command = [helm.program, "upgrade", "tiny", str(CHART), "--install", "--wait", f"--namespace={namespace}"]
    killed = subprocess.Popen([*command, "--set=image=absent.example/none:1,text=half"], stdout=subprocess.DEVNULL)
    while text(kube, namespace) != "half":
        assert killed.poll() is None
        time.sleep(0.1)
    killed.kill()
    killed.wait()
    assert state(kube, namespace)[-1][1].startswith("pending-")

    secrets = kube.items(f"/api/v1/namespaces/{namespace}/secrets", metadata=True)
    recover(helm, namespace, "tiny", records(secrets, "tiny"), told)
    roll_out(kube, helm, release(namespace, text="new", **SLEEPING), "1m", {}, told)

    assert text(kube, namespace) == "new"
    assert state(kube, namespace)[-1][1] == "deployed"


def test_helm_dies_with_the_installer_so_that_nothing_goes_on_unseen(
    kube: Kube, namespace: str, helm: Helm, local_image: None, tmp_path: Path
) -> None:
    script = (
        "import sys\nfrom pathlib import Path\nfrom apply.helm import Helm, Release\n"
        f"values = {{'image': 'absent.example/none:1'}}\nrelease = Release('tiny', sys.argv[1], "
        f"Path({str(CHART)!r}), values)\n"
        "Helm(None).upgrade(release, '2m', {}, lambda: False)\n"
    )
    root = Path(__file__).parent.parent.parent
    installer = subprocess.Popen(
        [sys.executable, "-c", script, namespace], cwd=root, env={**os.environ, "PYTHONPATH": "."}
    )
    while not state(kube, namespace):
        time.sleep(0.1)
    children = Path(f"/proc/{installer.pid}/task/{installer.pid}/children")
    (child,) = children.read_text().split()
    installer.kill()
    installer.wait()

    until = time.monotonic() + 10
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        while "zombie" not in Path(f"/proc/{child}/status").read_text():
            assert time.monotonic() < until, "Helm is still running"
            time.sleep(0.05)
    assert state(kube, namespace) == [(1, "pending-install")]


def test_an_object_that_is_nobodys_becomes_the_releases(kube: Kube, namespace: str, helm: Helm) -> None:
    path = f"/api/v1/namespaces/{namespace}/configmaps"
    kube.create(path, {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "tiny"}, "data": {"text": "old"}})
    wanted = release(namespace, text="new")
    with pytest.raises(StackError, match="invalid ownership metadata"):
        roll_out(kube, helm, wanted, "1m", {}, told)
    secrets = kube.items(f"/api/v1/namespaces/{namespace}/secrets", metadata=True)
    recover(helm, namespace, "tiny", records(secrets, "tiny"), told)

    for _ in range(2):
        take_over(kube, "tiny", namespace, helm.manifests(wanted, None))
    roll_out(kube, helm, wanted, "1m", {}, told)

    assert text(kube, namespace) == "new"
