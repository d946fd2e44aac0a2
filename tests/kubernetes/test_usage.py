"""`inv usage` and the metrics of a stack on a real cluster."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from apply import tunnel
from tests.e2e.stack import eventually
from tests.kubernetes.site import Site, data_of, service_token


@pytest.fixture(scope="module")
def used(installed: Site) -> Iterator[Site]:
    """With a server of ada's that runs."""
    installed.add_user("ada")
    with installed.reached():
        installed.person("ada").spawn(profile="lab", seconds=120)
        eventually(lambda: row(installed, "ada")["runs"], "the start is noted", 60)
    yield installed
    installed.inv("server.stop", "ada")


def row(site: Site, user: str) -> dict[str, Any]:
    rows = json.loads(site.inv("usage", "--json").stdout)["users"]
    return next(row for row in rows if row["user"] == user)


def scrape(site: Site, token: str) -> requests.Response:
    """As Prometheus does it, through a tunnel instead of the NetworkPolicy."""
    pod = tunnel.ready_pod(site.kube, site.namespace, "component=hub")
    with tunnel.opened(site.kube, site.namespace, pod, 8081) as url, requests.Session() as session:
        session.trust_env = False
        return session.get(f"{url}/hub/metrics", headers={"Authorization": f"Bearer {token}"}, timeout=30)


def test_a_server_of_a_cluster_is_told_with_its_home_and_what_its_node_knows(used: Site) -> None:
    found = row(used, "ada")

    assert (found["servers"], found["runs"], found["gpu_hours"]) == ([""], 1, 0)
    assert found["profiles"].keys() == {"lab"}
    assert found["home_capacity_bytes"] == 100 * 2**20
    # A kubelet tells of a new pod with its next look.
    eventually(lambda: row(used, "ada")["memory_bytes"], "the kubelet has seen the server", 60)
    assert "ada" in used.inv("usage").stdout


def test_the_hub_of_a_cluster_is_scraped_with_the_token_of_the_stacks_keys_alone(used: Site) -> None:
    token = data_of(used, "buunstack-lab-keys")["metrics_token"]

    answer = scrape(used, token)

    assert answer.status_code == 200
    assert "jupyterhub_running_servers 1.0" in answer.text
    assert 'buunstack_spawn_failures_total{cause="timeout"} 0.0' in answer.text
    assert [scrape(used, wrong).status_code for wrong in ("wrong", service_token(used))] == [403, 403]
