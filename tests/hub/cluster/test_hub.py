"""The hub as users and services of a cluster meet it: a real JupyterHub with the chart's own configuration."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.hub.cluster.chart import HubFolder
from tests.hub.cluster.charthub import ChartHub
from tests.hub.cluster.kubeconfig import of_nowhere
from tests.hub.cluster.stacks import make_stack, values

WITHOUT_CULLER = """
c.JupyterHub.services = [one for one in c.JupyterHub.services if "culler" not in one["name"]]
c.JupyterHub.load_roles = [one for one in c.JupyterHub.load_roles if "culler" not in one["name"]]
"""


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


def test_a_whole_configuration_is_said_to_be_healthy_to_those_who_may_know(hub: ChartHub) -> None:
    answer = hub.api("GET", "stack/health")
    stranger = requests.get(f"{hub.url}/stack/health", timeout=10)

    assert answer.json() == {"stack": "lab", "problems": [], "vault_accessor": None}
    assert stranger.status_code == 403


def test_a_culler_that_was_lost_is_said_by_the_running_hub(tmp_path: Path) -> None:
    stack = make_stack(auth={"kind": "native", "admin_users": ["admin"]})
    given = values(stack)
    given["hub"]["extraConfig"] = {"own": WITHOUT_CULLER}
    folder = HubFolder(tmp_path / "etc", stack, given)
    (tmp_path / "srv").mkdir()

    with ChartHub(folder, of_nowhere(folder.path / "kubeconfig"), tmp_path / "srv") as broken:
        problems = broken.api("GET", "stack/health").json()["problems"]

    assert [problem.partition(":")[0] for problem in problems] == [
        "service jupyterhub-idle-culler is lost",
        "service jupyterhub-idle-culler is not registered; idle servers are never ended",
    ]
