"""GPUs, homes on NFS, shared folders, a hub that was installed by hand: on a real cluster with the real chart."""

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest

from apply.charts import cache
from apply.helm import Helm, Release
from apply.kube import Kube
from tests.e2e.stack import eventually
from tests.kubernetes.site import CHART, Site, chart_values, profile

GPU = "nvidia.com/gpu"


@pytest.fixture
def gpu_node(site: Site) -> Iterator[Kube]:
    """A node that says it has a GPU, as one with a device plugin does."""
    name = site.kube.items("/api/v1/nodes")[0]["metadata"]["name"]
    path = f"/api/v1/nodes/{name}/status"
    body: dict[str, Any] = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}}
    amounts = {"capacity": {GPU: "1"}, "allocatable": {GPU: "1"}}
    site.kube.apply(path, body | {"status": amounts}, "tests-gpu")
    yield site.kube
    site.kube.apply(path, body, "tests-gpu")


@pytest.mark.alone
def test_gpus_are_found_given_to_the_profile_that_asks_and_not_to_the_next_server(gpu_node: Kube, site: Site) -> None:
    cuda = profile(display_name="Cuda", gpu={"limit": 1})
    site.declare(
        profiles={"datascience": {"enabled": False}, "lab": profile(default=True), "cuda": cuda},
        gpu={"create_runtime_class": True},
    )
    try:
        assert "the cluster has GPUs (gpu.enabled: auto)" in site.plan()["notes"]
        site.inv("install", "--yes")
        site.add_user("ada")
        with site.reached():
            ada = site.person("ada")
            ada.spawn("cuda")
            assert _of_server(site) == ("1", "nvidia")
            assert ada.run("print(1 + 1)") == "2\n"
            ada.stop()
            _wait_for_no_server(site)
            ada.spawn("lab")
            assert _of_server(site) == (None, None)
            eventually(lambda: len(_profiles(site)) == 2, "both runs are noted", 60)
            assert _profiles(site)["cuda"]["gpu_hours"] == _profiles(site)["cuda"]["hours"] > 0
            assert _profiles(site)["lab"]["gpu_hours"] == 0
    finally:
        site.inv("uninstall", code=None)
        gpu_node.delete("/apis/node.k8s.io/v1/runtimeclasses/nvidia")


def _profiles(site: Site) -> dict[str, dict[str, float]]:
    """Profile -> what ada has used of it."""
    rows = json.loads(site.inv("usage", "--json").stdout)["users"]
    found: dict[str, dict[str, float]] = next(row for row in rows if row["user"] == "ada")["profiles"]
    return found


def test_homes_on_nfs_have_one_volume_that_outlives_the_stack(site: Site) -> None:
    nfs = {"kind": "nfs", "capacity": "500Gi", "nfs": {"server": "192.0.2.1", "path": "/homes"}}
    site.declare(storage={**nfs, "shared": {"courses": {"read_only": True}}})
    volume = f"/api/v1/persistentvolumes/{site.namespace}-lab-homes"
    claims = f"/api/v1/namespaces/{site.namespace}/persistentvolumeclaims"

    site.inv("install", "--yes")
    claim = site.kube.get(f"{claims}/lab-homes") or {}
    assert claim["status"]["phase"] == "Bound"
    assert claim["status"]["capacity"] == {"storage": "500Gi"}
    assert "would be new and empty for everybody whose home is on the volume" in _moved(site, nfs)

    site.inv("uninstall")
    assert site.kube.get(volume) is not None
    assert site.kube.get(f"{claims}/lab-homes") is not None

    site.inv("uninstall", "--purge", "--yes")
    assert site.kube.get(volume) is None


def test_a_hub_installed_by_hand_keeps_its_keys_its_database_and_its_homes(site: Site) -> None:
    site.kube.create(
        "/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": site.namespace}}
    )
    values = chart_values() | {"proxy": chart_values()["proxy"] | {"service": {"type": "ClusterIP"}}}
    values |= {"prePuller": {"hook": {"enabled": False}, "continuous": {"enabled": False}}}
    values["scheduling"] = {"userScheduler": {"enabled": False}}
    by_hand = Release("lab", site.namespace, cache() / f"jupyterhub-{CHART}.tgz", values)
    assert Helm(None).upgrade(by_hand, "2m", {}, lambda: False) is None
    before = {name: _secret(site, name) for name in ("cookie_secret", "crypt_key")}
    database = site.objects("persistentvolumeclaims")[0]["metadata"]["uid"]

    plan = site.plan()
    site.inv("install", "--yes")

    kept = [change["what"] for change in plan["changes"] if change["details"] == ["that of the running hub is kept"]]
    assert kept == ["secret cookie_secret", "secret crypt_key", "secret proxy_token"]
    assert {name: _secret(site, name) for name in before} == before
    assert site.objects("persistentvolumeclaims")[0]["metadata"]["uid"] == database
    assert [release["revision"] for release in site.status()["releases"]] == [1, 2]


def _of_server(site: Site) -> tuple[str | None, str | None]:
    """(GPUs, runtime class) of the one server."""
    (pod,) = site.objects("pods", selector="component=singleuser-server")
    limits = pod["spec"]["containers"][0]["resources"].get("limits", {})
    return limits.get(GPU), pod["spec"].get("runtimeClassName")


def _wait_for_no_server(site: Site) -> None:
    eventually(lambda: not site.objects("pods", selector="component=singleuser-server"), "the server is gone", 60)


def _moved(site: Site, nfs: dict[str, Any]) -> str:
    site.declare(storage={**nfs, "nfs": {"server": "192.0.2.2", "path": "/homes"}})
    return site.inv("plan", code=1).stderr


def _secret(site: Site, name: str) -> str:
    """As the running hub has it."""
    keys = {"cookie_secret": "hub.config.JupyterHub.cookie_secret", "crypt_key": "hub.config.CryptKeeper.keys"}
    secret = site.kube.get(f"/api/v1/namespaces/{site.namespace}/secrets/hub") or {}
    return base64.b64decode(secret["data"][keys[name]]).decode()
