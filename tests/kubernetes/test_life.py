"""The life of a stack on a cluster, from nothing to nothing: the whole way that its users and its operators go."""

import base64
from typing import Any

import yaml

from tests.e2e.stack import eventually
from tests.kubernetes.site import Site, profile

CULLING = {"idle_timeout": "20s", "every": "5s", "max_age": "1d"}


def test_a_stack_is_installed_used_changed_taken_back_culled_and_removed(site: Site) -> None:
    said = site.inv("install", "--yes", "--prove", "spawn")
    assert said.stdout.strip() == "https://hub.lab.internal/"
    assert "a server has started and ended" in said.stderr

    assert site.inv("install").stderr.startswith("nothing changed")
    assert site.plan()["changes"] == []

    site.add_user("ada")
    with site.reached():
        ada = site.person("ada")
        ada.spawn("lab")
        assert ada.run("import os; kept = 6 * 7; print(os.environ['JUPYTERHUB_USER'], kept)") == "ada 42\n"
        server = _server_of(site, "ada")

        site.declare(profiles=site.content["profiles"] | {"big": profile(display_name="Big", memory={"limit": "1Gi"})})
        assert any("[big]" in line for change in site.plan()["changes"] for line in change["details"])
        site.inv("install", "--yes")
        assert _server_of(site, "ada") == server

    with site.reached():
        ada = site.person("ada")
        assert ada.run("print('still here')") == "still here\n"
        assert [one["slug"] for one in _offered(site)] == ["lab", "big"]

    assert site.inv("history").stdout.count("\n") == 3
    site.inv("rollback", "--to", "1", "--yes")
    assert all(
        "[big]" in line for change in site.plan()["changes"] for line in change["details"] if "profileList" in line
    )
    assert _server_of(site, "ada") == server

    site.declare(culling=CULLING)
    site.inv("install", "--yes")
    eventually(lambda: not site.objects("pods", selector="component=singleuser-server"), "idle servers end", 120)

    homes = [claim["metadata"]["name"] for claim in site.objects("persistentvolumeclaims")]
    assert sorted(homes) == ["claim-ada", "hub-db-dir"]
    said = site.inv("uninstall")
    assert "1 home, the hub's database and its keys" in said.stderr
    assert sorted(claim["metadata"]["name"] for claim in site.objects("persistentvolumeclaims")) == sorted(homes)

    site.inv("uninstall", "--purge", "--yes")
    assert site.kube.get(f"/api/v1/namespaces/{site.namespace}") is None


def _offered(site: Site) -> list[dict[str, Any]]:
    """The profiles as the chart has them."""
    values = yaml.safe_load(base64.b64decode(site.kube.get(_hub_secret(site))["data"]["values.yaml"]))
    found: list[dict[str, Any]] = values["singleuser"]["profileList"]
    return found


def _hub_secret(site: Site) -> str:
    return f"/api/v1/namespaces/{site.namespace}/secrets/hub"


def _server_of(site: Site, user: str) -> tuple[str, str]:
    """The identity of a user's running pod."""
    (pod,) = site.objects("pods", selector="component=singleuser-server")
    assert pod["metadata"]["annotations"]["hub.jupyter.org/username"] == user
    return pod["metadata"]["uid"], pod["status"]["containerStatuses"][0]["containerID"]
