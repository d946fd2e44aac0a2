"""What the hub's pod is given: this stack's services, its settings, and code that its image can load."""

import json
from typing import Any

import pytest

from render.found import Found
from render.hubfiles import cluster_files
from render.services import local_services, services
from tests.hub.cluster.stacks import FOUND, make_stack


@pytest.mark.parametrize(
    ("monitoring", "found", "collected"),
    [("auto", True, True), ("auto", False, False), (True, False, True), (False, True, False)],
)
def test_metrics_are_collected_where_monitoring_is(monitoring: Any, found: bool, collected: bool) -> None:
    stack = make_stack(monitoring={"enabled": monitoring})

    assert ("metrics" in services(stack, Found(monitoring=found))) == collected


def test_the_local_culler_may_remove_users_only_where_it_does() -> None:
    assert "culler" not in local_services(make_stack(culling={"enabled": False}))
    assert "delete:users" not in local_services(make_stack())["culler"]
    assert "delete:users" in local_services(make_stack(culling={"users": True}))["culler"]


def test_the_charts_culler_is_the_only_one_on_a_cluster() -> None:
    assert set(services(make_stack(), FOUND)) == {"admin-service", "metrics"}


def test_the_files_are_the_hubs_without_those_of_one_machine() -> None:
    files = cluster_files(make_stack(), FOUND)

    assert "jupyterhub_config.d/buunstack.py" in files
    assert "hub/cluster/config.py" in files
    assert "hub/templates/page.html" in files
    assert not [path for path in files if path.startswith("hub/local/") or path.endswith("jupyterhub_config.py")]


def test_the_settings_bring_no_token_but_the_name_of_the_variable_with_it() -> None:
    settings = json.loads(cluster_files(make_stack(), FOUND)["buunstack/settings.json"])

    assert [service["token_variable"] for service in settings["services"]] == ["BUUNSTACK_ADMIN_SERVICE_TOKEN", None]
    assert settings["local"] is None


def test_the_same_files_for_the_same_stack() -> None:
    assert cluster_files(make_stack(), FOUND) == cluster_files(make_stack(), FOUND)
