"""What a cluster lacks for a stack: found before anything is touched, each with what to do."""

from pathlib import Path
from typing import Any

import pytest

from tests.kubernetes.site import Site, kept

DEFAULT_CLASS = "storageclass.kubernetes.io/is-default-class"

ABSENT: dict[str, tuple[dict[str, Any], str, str]] = {
    "ingress class": (
        {"ingress": {"class_name": "nobody"}},
        "ingress.class_name: the cluster has no IngressClass nobody",
        "kubectl get ingressclass",
    ),
    "gateway": (
        {"ingress": {"kind": "gateway", "gateway": {"name": "public"}}},
        "ingress.kind: the cluster has no Gateway API",
        "install its CRDs",
    ),
    "storage class": (
        {"storage": {"class_name": "nobody"}},
        "storage.class_name: the cluster has no StorageClass nobody",
        "kubectl get storageclass",
    ),
    "claim": (
        {"storage": {"volumes": {"dags": {"claim": "airflow-dags", "path": "/dags"}}}},
        "storage.volumes.dags.claim: claim airflow-dags is not in namespace",
        "make it, or remove the volume",
    ),
    "pull secret": (
        {"images": {"pull_secrets": ["registry"]}},
        "images.pull_secrets: Secret registry is not in namespace",
        "kubectl create secret docker-registry",
    ),
}


@pytest.mark.parametrize("name", ABSENT)
def test_what_the_cluster_lacks_is_found_before_anything_is_touched(name: str, changed: Site) -> None:
    spec, message, hint = ABSENT[name]
    changed.declare(**spec)
    before = kept(changed)

    said = changed.inv("install", "--yes", code=5).stderr

    assert message in said
    assert hint in said
    assert "the cluster lacks 1 thing that the stack needs; nothing was changed." in said
    assert kept(changed) == before


@pytest.mark.alone
def test_a_cluster_without_a_default_storage_class_is_found(changed: Site) -> None:
    changed.declare(hub={"host": "hub.lab.internal", "title": "A change"})
    folder = "/apis/storage.k8s.io/v1/storageclasses"
    marked = [one for one in changed.kube.items(folder) if one["metadata"].get("annotations", {}).get(DEFAULT_CLASS)]
    assert marked, "the cluster has a default StorageClass"
    _mark(changed, marked, "false")
    try:
        said = changed.inv("install", "--yes", code=5).stderr
    finally:
        _mark(changed, marked, "true")

    assert "storage.class_name: the cluster has no default StorageClass" in said
    assert "nothing was changed" in said


def _mark(site: Site, classes: list[dict[str, Any]], default: str) -> None:
    for one in classes:
        path = f"/apis/storage.k8s.io/v1/storageclasses/{one['metadata']['name']}"
        metadata = {"name": one["metadata"]["name"], "annotations": {DEFAULT_CLASS: default}}
        body = {"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": metadata}
        site.kube.apply(path, body | {"provisioner": one["provisioner"]}, "buunstack-test")


def test_gpus_that_are_asked_for_and_not_there_are_found(changed: Site) -> None:
    lab = changed.content["profiles"]["lab"]
    changed.declare(
        profiles={"lab": lab, "cuda": {**lab, "default": False, "gpu": {"limit": 1}}}, gpu={"enabled": True}
    )

    said = changed.inv("plan", code=5).stderr

    assert "gpu.enabled: no node has nvidia.com/gpu" in said
    assert "gpu.runtime_class: the cluster has no RuntimeClass nvidia" in said
    assert "lacks 2 things" in said


def test_a_profile_that_no_node_can_start_is_left_out_and_named(changed: Site) -> None:
    lab = changed.content["profiles"]["lab"]
    changed.declare(profiles={"lab": lab, "cuda": {**lab, "default": False, "gpu": {"limit": 1}}})

    plan = changed.plan()

    assert "profile cuda is not offered: it asks for a GPU, and the cluster has none" in plan["notes"]
    assert not any("cuda" in line for change in plan["changes"] for line in change["details"])


def test_a_chart_for_newer_clusters_is_refused(changed: Site, tmp_path: Path) -> None:
    chart = tmp_path / "jupyterhub"
    chart.mkdir()
    (chart / "Chart.yaml").write_text("apiVersion: v2\nname: jupyterhub\nversion: 4.9.0\nkubeVersion: '>=1.99.0-0'\n")
    changed.declare(chart={"version": "4.9.0", "source": str(chart)})

    said = changed.inv("plan", code=5).stderr

    assert "the chart needs >=1.99.0-0; nothing was changed" in said
    assert "upgrade the cluster, or name an older chart.version" in said
