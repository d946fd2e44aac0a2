"""Our own chart: each object as it must be, nothing that is not asked for, and wrong values refused."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import jupyterhub.metrics
import pytest
import yaml
from prometheus_client import Histogram

CHART = Path(__file__).parent.parent.parent / "charts" / "buunstack"
NFS = {"server": "nas", "path": "/homes", "capacity": "5Gi", "claim": "lab-homes", "volume": "ns-lab-homes"}
MONITORING = {
    "namespace": "monitoring",
    "alerts": True,
    "dashboard": True,
    "release": "kube-prometheus-stack",
    "tokenSecret": {"name": "buunstack-lab-keys", "key": "metrics_token"},
}
EVERYTHING: dict[str, Any] = {
    "stack": "lab",
    "nfs": {**NFS, "mountOptions": ["nfsvers=4.2"]},
    "shared": {"claim": "lab-shared", "capacity": "1Gi", "storageClass": "fast"},
    "runtimeClass": {"name": "nvidia", "handler": "nvidia"},
    "monitoring": MONITORING,
    "externalSecrets": [
        {
            "name": "login",
            "store": "vault-secret-store",
            "refreshInterval": "1h",
            "path": "jupyterhub/login",
            "data": {"token": "value"},
        }
    ],
}


def helm(*words: str, values: dict[str, Any]) -> subprocess.CompletedProcess[str]:
    program = os.environ.get("HELM") or shutil.which("helm")
    if not program:
        pytest.skip("Helm is neither HELM nor on PATH: our chart is not rendered")
    command = [program, *words, "--values=-"]
    return subprocess.run(command, input=json.dumps(values), capture_output=True, text=True, check=False)


def rendered(**values: Any) -> dict[str, Any]:
    """`Kind name` -> object."""
    done = helm("template", "lab-extras", str(CHART), "--namespace=ns", values={"stack": "lab", **values})
    assert done.returncode == 0, done.stderr
    found = [item for item in yaml.safe_load_all(done.stdout) if item]
    return {f"{item['kind']} {item['metadata']['name']}": item for item in found}


@pytest.mark.parametrize("values", [{"stack": "lab"}, EVERYTHING], ids=["nothing", "everything"])
def test_helm_has_no_complaint(values: dict[str, Any]) -> None:
    done = helm("lint", "--strict", str(CHART), values=values)

    assert done.returncode == 0, done.stdout
    assert "WARNING" not in done.stdout


def test_what_is_not_asked_for_is_not_made() -> None:
    assert rendered() == {}


def test_every_object_says_whose_it_is() -> None:
    for item in rendered(**EVERYTHING).values():
        labels = item["metadata"]["labels"]
        assert labels["app.kubernetes.io/name"] == "buunstack"
        assert labels["app.kubernetes.io/instance"] == "lab-extras"
        assert labels["buunstack/stack"] == "lab"


def test_homes_on_nfs_are_one_volume_that_is_kept_and_that_no_other_claim_takes() -> None:
    found = rendered(nfs=EVERYTHING["nfs"])
    volume, claim = found["PersistentVolume ns-lab-homes"], found["PersistentVolumeClaim lab-homes"]

    assert volume["spec"]["nfs"] == {"server": "nas", "path": "/homes"}
    assert volume["spec"]["persistentVolumeReclaimPolicy"] == "Retain"
    assert volume["spec"]["mountOptions"] == ["nfsvers=4.2"]
    assert (volume["spec"]["claimRef"]["namespace"], volume["spec"]["claimRef"]["name"]) == ("ns", "lab-homes")
    assert (claim["spec"]["volumeName"], claim["spec"]["storageClassName"]) == ("ns-lab-homes", "")
    for item in (volume, claim):
        assert item["spec"]["accessModes"] == ["ReadWriteMany"]
        assert item["metadata"]["annotations"] == {"helm.sh/resource-policy": "keep"}


def test_shared_folders_have_a_claim_of_the_declared_class_or_of_the_clusters_default() -> None:
    named = rendered(shared=EVERYTHING["shared"])["PersistentVolumeClaim lab-shared"]
    default = rendered(shared={"claim": "lab-shared", "capacity": "1Gi"})["PersistentVolumeClaim lab-shared"]

    assert named["spec"]["storageClassName"] == "fast"
    assert "storageClassName" not in default["spec"]
    assert named["metadata"]["annotations"] == {"helm.sh/resource-policy": "keep"}


def test_metrics_are_collected_with_a_token_that_is_named_and_not_written() -> None:
    found = rendered(monitoring=MONITORING)
    (endpoint,) = found["ServiceMonitor lab-hub"]["spec"]["endpoints"]

    assert endpoint["path"] == "/hub/metrics"
    assert endpoint["authorization"]["credentials"] == {"name": "buunstack-lab-keys", "key": "metrics_token"}
    assert found["ServiceMonitor lab-hub"]["metadata"]["labels"]["release"] == "kube-prometheus-stack"
    assert "Secret" not in {name.partition(" ")[0] for name in found}


def test_prometheus_alone_gets_a_way_to_the_hub() -> None:
    (rule,) = rendered(monitoring=MONITORING)["NetworkPolicy lab-metrics"]["spec"]["ingress"]

    assert rule["from"] == [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}}]
    assert rule["ports"] == [{"port": 8081, "protocol": "TCP"}]


@pytest.mark.parametrize(
    ("switch", "gone"), [("alerts", "PrometheusRule lab"), ("dashboard", "ConfigMap lab-dashboard")]
)
def test_alerts_and_dashboard_are_left_out_when_nobody_wants_them(switch: str, gone: str) -> None:
    assert gone in rendered(monitoring=MONITORING)
    assert gone not in rendered(monitoring={**MONITORING, switch: False})


def test_each_alert_says_what_happens_and_what_to_look_at() -> None:
    (group,) = rendered(monitoring=MONITORING)["PrometheusRule lab"]["spec"]["groups"]

    for rule in group["rules"]:
        assert rule["labels"]["severity"] in ("critical", "warning")
        assert {"summary", "description"} == rule["annotations"].keys()
        assert 'namespace="ns"' in rule["expr"]


def test_alerts_and_dashboard_name_metrics_that_the_hub_has() -> None:
    found = rendered(monitoring=MONITORING)
    text = json.dumps(found["PrometheusRule lab"]) + json.dumps(found["ConfigMap lab-dashboard"])

    named = set(re.findall(r"jupyterhub_[a-z_]+(?=\{)", text))

    assert len(named) > 6
    assert named - _metrics() == set()


def test_the_dashboard_is_json_with_the_stacks_own_name() -> None:
    (text,) = rendered(monitoring=MONITORING)["ConfigMap lab-dashboard"]["data"].values()
    dashboard = json.loads(text)

    assert dashboard["title"] == "JupyterHub: lab in ns"
    assert len(dashboard["panels"]) == 8
    assert "@@" not in text


def test_an_external_secret_is_read_from_its_store_and_stays_when_the_store_is_away() -> None:
    spec = rendered(externalSecrets=EVERYTHING["externalSecrets"])["ExternalSecret login"]["spec"]

    assert spec["secretStoreRef"] == {"kind": "ClusterSecretStore", "name": "vault-secret-store"}
    assert spec["target"] == {"name": "login", "creationPolicy": "Owner", "deletionPolicy": "Retain"}
    assert spec["data"] == [{"secretKey": "token", "remoteRef": {"key": "jupyterhub/login", "property": "value"}}]


@pytest.mark.parametrize(
    "values",
    [
        {"nsf": NFS},
        {"nfs": {key: value for key, value in NFS.items() if key != "server"}},
        {"nfs": {**NFS, "path": "homes"}},
        {"nfs": {**NFS, "capacity": "much"}},
        {"monitoring": {**MONITORING, "alerts": "yes"}},
        {"runtimeClass": {"name": "Nvidia", "handler": "nvidia"}},
    ],
)
def test_a_value_that_is_wrong_is_refused(values: dict[str, Any]) -> None:
    done = helm("template", "lab-extras", str(CHART), values={"stack": "lab", **values})

    assert done.returncode != 0
    assert next(iter(values)) in done.stderr


def _metrics() -> set[str]:
    """Every series that JupyterHub's own metrics have."""
    found = set()
    for metric in vars(jupyterhub.metrics).values():
        if hasattr(metric, "_name") and hasattr(metric, "_type"):
            suffixes = ("_bucket", "_count", "_sum") if isinstance(metric, Histogram) else ("",)
            found |= {f"{metric._name}{suffix}" for suffix in suffixes}
    return found
