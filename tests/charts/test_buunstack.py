"""Our own chart: each object as it must be, nothing that is not asked for, and wrong values refused."""

import json
import re
from typing import Any

import jupyterhub.metrics
import pytest
import yaml
from prometheus_client import Counter, Histogram
from prometheus_client.metrics import MetricWrapperBase

import hub.metrics
from hub.renewer.metrics import Metrics as RenewerMetrics
from tests.charts.rendering import CHART, MONITORING, Rendered, expressions, run

RENEWER_PORT = 9180
OWN_SELECTOR = re.compile(r"\b((?:jupyterhub|buunstack)_\w+)\{(.*?)\}")
OTHERS = {
    *("kubelet_volume_stats_available_bytes", "kubelet_volume_stats_capacity_bytes"),
    *("kube_pod_container_status_restarts_total", "container_memory_working_set_bytes"),
    "certmanager_certificate_expiration_timestamp_seconds",
}
"""Metrics of kubelet, kube-state-metrics, cAdvisor and cert-manager, by their documents."""
NFS = {"server": "nas", "path": "/homes", "capacity": "5Gi", "claim": "lab-homes", "volume": "ns-lab-homes"}
EVERYTHING: dict[str, Any] = {
    "stack": "lab",
    "nfs": {**NFS, "mountOptions": ["nfsvers=4.2"]},
    "shared": {"claim": "lab-shared", "capacity": "1Gi", "storageClass": "fast"},
    "runtimeClass": {"name": "nvidia", "handler": "nvidia"},
    "monitoring": {**MONITORING, "renewer": True},
    "externalSecrets": [
        {
            "name": "login",
            "store": "vault-secret-store",
            "refreshInterval": "1h",
            "path": "jupyterhub/login",
            "data": {"token": "value"},
        },
        {
            "name": "service",
            "store": "vault-secret-store",
            "refreshInterval": "30s",
            "creationPolicy": "Orphan",
            "path": "jupyterhub/service",
            "data": {"token": "token"},
        },
    ],
}


@pytest.mark.parametrize("values", [{}, EVERYTHING], ids=["defaults", "everything"])
def test_helm_has_no_complaint(helm: str, values: dict[str, Any]) -> None:
    done = run(helm, "lint", "--strict", str(CHART), values=values)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "WARNING" not in done.stdout


def test_what_is_not_asked_for_is_not_made(helm: str) -> None:
    done = run(helm, "template", "lab-extras", str(CHART), values={})

    assert done.returncode == 0, done.stderr
    assert not [item for item in yaml.safe_load_all(done.stdout) if item]


def test_what_is_asked_for_is_made_and_nothing_else(rendered: Rendered) -> None:
    assert rendered(**EVERYTHING).keys() == {
        "PersistentVolume ns-lab-homes",
        "PersistentVolumeClaim lab-homes",
        "PersistentVolumeClaim lab-shared",
        "RuntimeClass nvidia",
        "ServiceMonitor lab-hub",
        "ServiceMonitor lab-renewer",
        "Service lab-renewer",
        "NetworkPolicy lab-metrics",
        "PrometheusRule lab",
        "ConfigMap lab-dashboard",
        "ExternalSecret login",
        "ExternalSecret service",
    }


def test_every_object_says_whose_it_is(rendered: Rendered) -> None:
    for item in rendered(**EVERYTHING).values():
        labels = item["metadata"]["labels"]
        assert labels["app.kubernetes.io/name"] == "buunstack"
        assert labels["app.kubernetes.io/instance"] == "lab-extras"
        assert labels["app.kubernetes.io/part-of"] == "jupyterhub"
        assert labels["buunstack/stack"] == "lab"


def test_names_that_look_like_numbers_or_switches_stay_text(rendered: Rendered) -> None:
    values: dict[str, Any] = {
        "nfs": {**NFS, "claim": "1", "volume": "2"},
        "shared": {"claim": "3", "capacity": "4", "storageClass": "5"},
        "runtimeClass": {"name": "6", "handler": "7"},
        "monitoring": {"namespace": "8", "alerts": True, "dashboard": True, "release": "9", "renewer": False}
        | {"tokenSecret": {"name": "10", "key": "11"}},
        "externalSecrets": [{**EVERYTHING["externalSecrets"][0], "name": "12", "store": "13"}],
    }

    found = rendered(namespace="2024", stack="true", **values)

    hub_port = 8081
    assert {leaf for leaf in _leaves(found) if not isinstance(leaf, str)} == {hub_port}


def test_homes_on_nfs_are_one_volume_that_is_kept_and_that_no_other_claim_takes(rendered: Rendered) -> None:
    found = rendered(nfs=EVERYTHING["nfs"])
    volume, claim = found["PersistentVolume ns-lab-homes"], found["PersistentVolumeClaim lab-homes"]

    assert volume["spec"]["nfs"] == {"server": "nas", "path": "/homes"}
    assert volume["spec"]["persistentVolumeReclaimPolicy"] == "Retain"
    assert volume["spec"]["mountOptions"] == ["nfsvers=4.2"]
    assert (volume["spec"]["claimRef"]["namespace"], volume["spec"]["claimRef"]["name"]) == ("ns", "lab-homes")
    assert claim["spec"]["volumeName"] == "ns-lab-homes"
    assert volume["spec"]["capacity"] == claim["spec"]["resources"]["requests"] == {"storage": "5Gi"}
    for item in (volume, claim):
        assert item["spec"]["accessModes"] == ["ReadWriteMany"]
        assert item["spec"]["storageClassName"] == ""
        assert item["metadata"]["annotations"] == {"helm.sh/resource-policy": "keep"}


def test_shared_folders_have_a_claim_of_the_declared_class_or_of_the_clusters_default(rendered: Rendered) -> None:
    named = rendered(shared=EVERYTHING["shared"])["PersistentVolumeClaim lab-shared"]
    default = rendered(shared={"claim": "lab-shared", "capacity": "1Gi"})["PersistentVolumeClaim lab-shared"]

    assert named["spec"]["storageClassName"] == "fast"
    assert "storageClassName" not in default["spec"]
    for claim in (named, default):
        assert claim["spec"]["accessModes"] == ["ReadWriteMany"]
        assert claim["spec"]["resources"] == {"requests": {"storage": "1Gi"}}
        assert claim["metadata"]["annotations"] == {"helm.sh/resource-policy": "keep"}


def test_a_runtime_class_names_its_handler_and_is_in_no_namespace(rendered: Rendered) -> None:
    found = rendered(runtimeClass={"name": "gpu", "handler": "nvidia"})["RuntimeClass gpu"]

    assert found["handler"] == "nvidia"
    assert "namespace" not in found["metadata"]


def test_metrics_are_collected_with_a_token_that_is_named_and_not_written(rendered: Rendered) -> None:
    found = rendered(monitoring=MONITORING)
    spec = found["ServiceMonitor lab-hub"]["spec"]
    (endpoint,) = spec["endpoints"]
    credentials = {"name": "buunstack-lab-keys", "key": "metrics_token"}

    assert spec["selector"] == {"matchLabels": {"component": "hub", "release": "lab"}}
    assert (endpoint["port"], endpoint["path"]) == ("hub", "/hub/metrics")
    assert endpoint["authorization"] == {"type": "Bearer", "credentials": credentials}
    assert endpoint.keys() == {"port", "path", "interval", "scrapeTimeout", "authorization"}
    assert found["ServiceMonitor lab-hub"]["metadata"]["labels"]["release"] == "kube-prometheus-stack"
    assert "Secret" not in {name.partition(" ")[0] for name in found}


def test_prometheus_alone_gets_a_way_to_the_hub(rendered: Rendered) -> None:
    spec = rendered(monitoring=MONITORING)["NetworkPolicy lab-metrics"]["spec"]
    (rule,) = spec["ingress"]

    assert spec["podSelector"] == {"matchLabels": {"component": "hub", "release": "lab"}}
    assert spec["policyTypes"] == ["Ingress"]
    assert rule["from"] == [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}}]
    assert rule["ports"] == [{"port": 8081, "protocol": "TCP"}]


def test_the_renewers_numbers_have_a_service_of_their_own_where_it_runs(rendered: Rendered) -> None:
    found = rendered(monitoring={**MONITORING, "renewer": True})
    service, monitor = found["Service lab-renewer"], found["ServiceMonitor lab-renewer"]["spec"]
    (rule,) = found["NetworkPolicy lab-metrics"]["spec"]["ingress"]

    assert service["spec"]["selector"] == {"component": "hub", "release": "lab"}
    assert service["spec"]["ports"] == [{"name": "metrics", "port": RENEWER_PORT, "targetPort": RENEWER_PORT}]
    assert monitor["selector"]["matchLabels"].items() <= service["metadata"]["labels"].items()
    # The hub's own monitor takes services of the hub's labels, and this one is none of them.
    assert service["metadata"]["labels"]["component"] != "hub"
    assert [port["port"] for port in rule["ports"]] == [8081, RENEWER_PORT]


@pytest.mark.parametrize(
    ("switch", "gone"), [("alerts", "PrometheusRule lab"), ("dashboard", "ConfigMap lab-dashboard")]
)
def test_alerts_and_dashboard_are_left_out_when_nobody_wants_them(rendered: Rendered, switch: str, gone: str) -> None:
    assert gone in rendered(monitoring=MONITORING)
    assert gone not in rendered(monitoring={**MONITORING, switch: False})


def test_each_alert_says_what_happens_and_what_to_look_at(rendered: Rendered) -> None:
    (group,) = rendered(monitoring=MONITORING)["PrometheusRule lab"]["spec"]["groups"]

    for rule in group["rules"]:
        assert rule["labels"]["severity"] in ("critical", "warning")
        assert {"summary", "description", "runbook"} == rule["annotations"].keys()
        assert 'namespace="ns"' in rule["expr"]


def test_alerts_and_dashboard_name_metrics_that_our_parts_have(rendered: Rendered) -> None:
    named = {name for text in expressions(rendered) for name in re.findall(r"\b[a-z]+_[a-z_]+(?=\{)", text)}
    ours = {name for name in named if name.startswith(("jupyterhub_", "buunstack_"))}

    assert len(ours) > 15
    assert ours - _metrics().keys() == set()
    assert named - ours <= OTHERS


def test_alerts_and_dashboard_choose_by_labels_and_outcomes_that_the_hub_has(rendered: Rendered) -> None:
    metrics = _metrics()
    outcomes = {status.value for status in jupyterhub.metrics.ServerSpawnStatus}
    chosen = [found for text in expressions(rendered) for found in OWN_SELECTOR.findall(text)]
    statuses, outcomes_of_vault = set(), set()

    for name, conditions in chosen:
        wanted = dict(re.findall(r'(\w+)(?:=~?|!=)"(.*?)"', conditions))
        assert wanted.pop("namespace") in ("ns", "$namespace")
        assert wanted.keys() <= set(metrics[name]._labelnames)
        outcomes_of_vault |= {wanted["outcome"]} if "outcome" in wanted else set()
        statuses |= set(wanted.get("status", "success").split("|"))

    assert outcomes_of_vault <= {"done", "renewed"}
    assert len(statuses) > 1
    assert statuses - outcomes == set()


def test_the_dashboard_is_json_with_the_stacks_own_name(rendered: Rendered) -> None:
    (text,) = rendered(monitoring=MONITORING)["ConfigMap lab-dashboard"]["data"].values()
    dashboard = json.loads(text)

    assert dashboard["title"] == "JupyterHub: lab in ns"
    assert len(dashboard["panels"]) == 16
    assert len({panel["id"] for panel in dashboard["panels"]}) == 16
    assert "@@" not in text


def test_an_external_secret_is_read_from_its_store_and_stays_when_the_store_is_away(rendered: Rendered) -> None:
    spec = rendered(externalSecrets=EVERYTHING["externalSecrets"])["ExternalSecret login"]["spec"]

    assert spec["secretStoreRef"] == {"kind": "ClusterSecretStore", "name": "vault-secret-store"}
    assert spec["refreshInterval"] == "1h"
    assert spec["target"] == {"name": "login", "creationPolicy": "Owner", "deletionPolicy": "Retain"}
    assert spec["data"] == [{"secretKey": "token", "remoteRef": {"key": "jupyterhub/login", "property": "value"}}]


def test_a_secret_that_has_to_outlive_what_brings_it_is_owned_by_nobody(rendered: Rendered) -> None:
    spec = rendered(externalSecrets=EVERYTHING["externalSecrets"])["ExternalSecret service"]["spec"]

    assert spec["target"] == {"name": "service", "creationPolicy": "Orphan", "deletionPolicy": "Retain"}


@pytest.mark.parametrize(
    "values",
    [
        {"nsf": NFS},
        {"nfs": {key: value for key, value in NFS.items() if key != "server"}},
        {"nfs": {**NFS, "path": "homes"}},
        {"nfs": {**NFS, "capacity": "much"}},
        {"monitoring": {**MONITORING, "alerts": "yes"}},
        {"runtimeClass": {"name": "Nvidia", "handler": "nvidia"}},
        {"stack": "a" * 64},
        {"monitoring": {**MONITORING, "release": "a" * 64}},
    ],
)
def test_a_value_that_is_wrong_is_refused(helm: str, values: dict[str, Any]) -> None:
    done = run(helm, "template", "lab-extras", str(CHART), values={"stack": "lab", **values})

    assert done.returncode != 0
    assert next(iter(values)) in done.stderr


def _metrics() -> dict[str, MetricWrapperBase]:
    """Every series of JupyterHub's metrics, of the hub's and of the renewer's -> the metric it belongs to."""
    found = {}
    for metric in (*vars(jupyterhub.metrics).values(), *vars(hub.metrics).values(), *vars(RenewerMetrics()).values()):
        if isinstance(metric, MetricWrapperBase):
            suffixes = {Histogram: ("_bucket", "_count", "_sum"), Counter: ("_total",)}.get(type(metric), ("",))
            found |= {f"{metric._name}{suffix}": metric for suffix in suffixes}
    return found


def _leaves(value: Any) -> list[Any]:
    """What is neither a list nor a mapping, at any depth."""
    if isinstance(value, dict):
        return [leaf for item in value.values() for leaf in _leaves(item)]
    return [leaf for item in value for leaf in _leaves(item)] if isinstance(value, list) else [value]
