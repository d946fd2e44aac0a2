"""Pods that a real KubeSpawner makes on a real cluster from the rendered values."""

import os
from pathlib import Path
from typing import Any

from apply.kube import Kube
from tests.hub.cluster.chart import HubFolder
from tests.hub.cluster.charthub import ChartHub
from tests.hub.cluster.stacks import make_stack, values
from tests.hub.realhub import eventually

GPU = "nvidia.com/gpu"


def test_gpus_of_a_start_that_failed_are_not_in_the_next(kube: Kube, namespace: str, tmp_path: Path) -> None:
    stack = make_stack(gpu={"runtime_class": None})
    given = values(stack, startTimeout=5, storage={"type": "none"})
    folder = HubFolder(tmp_path / "etc", stack, given, namespace)
    state = tmp_path / "srv"
    state.mkdir()

    with ChartHub(folder, Path(os.environ["KUBECONFIG"]), state) as hub:
        hub.start("alice", profile="gpu-lab")
        assert _limits(_pod(kube, namespace))[GPU] == "1"
        eventually(lambda: "failed to start in 5 seconds" in hub.log.read_text(), "the start has failed", 40)
        eventually(lambda: not kube.items(f"/api/v1/namespaces/{namespace}/pods"), "its pod is gone", 40)
        hub.start("alice", profile="minimal")

        assert GPU not in _limits(_pod(kube, namespace))


def _pod(kube: Kube, namespace: str) -> dict[str, Any]:
    found = eventually(lambda: kube.items(f"/api/v1/namespaces/{namespace}/pods"), "there is a pod")
    pod: dict[str, Any] = found[0]
    return pod


def _limits(pod: dict[str, Any]) -> dict[str, str]:
    limits: dict[str, str] = pod["spec"]["containers"][0]["resources"].get("limits", {})
    return limits
