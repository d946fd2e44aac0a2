"""The hub as users and services of a cluster meet it: a real JupyterHub with the chart's own configuration."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from apply.kube import Kube
from tests.hub.cluster.chart import HubFolder
from tests.hub.cluster.charthub import ChartHub
from tests.hub.cluster.kubeconfig import of_nowhere
from tests.hub.cluster.stacks import make_stack, values
from tests.hub.realhub import eventually

GPU = "nvidia.com/gpu"


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChartHub]:
    """A hub with passwords of its own, whose cluster is not there."""
    stack = make_stack(auth={"kind": "native", "admin_users": ["admin"]})
    folder = HubFolder(tmp_path_factory.mktemp("etc"), stack, values(stack))
    with ChartHub(folder, of_nowhere(folder.path / "kubeconfig"), tmp_path_factory.mktemp("srv")) as hub:
        yield hub


def test_a_profile_of_others_is_refused_at_the_api(hub: ChartHub) -> None:
    answer = hub.start("carol", profile="gpu-lab")

    assert answer.status_code == 403
    assert answer.json()["message"].startswith("Profile 'gpu-lab' is for other groups of users.")
    assert hub.server("carol") == {}


def test_refusals_do_not_end_the_hub_as_failures_would(hub: ChartHub) -> None:
    """The chart's hub ends itself after five failures in a row."""
    answers = [hub.start("carol", profile="other-lab").status_code for _ in range(6)]

    assert answers == [403] * 6
    assert "consecutive spawns failed" not in hub.log.read_text()
    assert "Aborting" not in hub.log.read_text()


def test_an_account_is_made_and_removed_by_the_admin_service(hub: ChartHub) -> None:
    account = {"name": "dora", "password": "correct horse battery", "admin": False}

    made = hub.api("POST", "stack/users", json=account)
    listed = hub.api("GET", "stack/users").json()["users"]
    removed = hub.api("DELETE", "stack/users/dora")

    assert made.status_code == 201
    assert {user["name"]: user["has_password"] for user in listed}["dora"]
    assert removed.status_code == 204


def test_gpus_of_a_start_that_failed_are_not_in_the_next(kube: Kube, namespace: str, tmp_path: Path) -> None:
    stack = make_stack()
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
