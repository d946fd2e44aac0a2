"""What is wrong with a stack in a cluster, judged by what was seen: what no test can make real on a shared cluster."""

from typing import Any

import pytest

from apply.causes import Cause
from apply.clustercheck import _KINDS, reports
from apply.clusterseen import ClusterSeen, External, PodFault
from apply.findings import Finding


def judged(**seen: Any) -> list[Finding]:
    return [one for report in reports(ClusterSeen(**seen)) for one in report.findings]


def fault(kind: str, message: str = "it says so", owner: str = "") -> tuple[PodFault, ...]:
    return (PodFault(Cause("pod-1", "", kind, message, "", final=False), owner),)


SEEN: list[tuple[dict[str, Any], list[str]]] = [
    ({}, []),
    ({"nodes": (("a", "it is cordoned"), ("b", "it is not ready"))}, ["NODE101", "NODE101"]),
    ({"needs": (("default_storage_class", "none", "name one"),)}, ["STOR103"]),
    ({"needs": (("runtime_class", "none", "make it"),)}, ["GPU102"]),
    ({"needs": (("secret_store", "none", "make it"),)}, ["ESO103"]),
    ({"needs": (("api", "none", "install it"),)}, ["NEED101"]),
    ({"faults": fault("unschedulable", "0/1 nodes: insufficient nvidia.com/gpu")}, ["GPU103"]),
    ({"faults": fault("unschedulable", "0/1 nodes: insufficient cpu")}, ["POD105"]),
    ({"faults": fault("claim")}, []),
    ({"faults": fault("probe"), "unready": ("hub",)}, ["POD103"]),
    ({"faults": fault("terminating", owner="eve"), "unready": ("hub",)}, ["POD108", "PROC201"]),
    ({"faults": fault("quota")}, ["POD106"]),
    ({"problems": ("the hub cannot log in to Vault, so no server gets secrets: denied",)}, ["HUB105"]),
    ({"problems": ("c.KubeSpawner.profile_list is replaced",)}, ["HUB103"]),
    ({"problems": ("service jupyterhub-idle-culler is lost; idle servers are never ended",)}, ["HUB104"]),
    ({"externals": (External("token", ready=None),)}, ["ESO102"]),
    ({"hub_fault": "it does not answer"}, ["HUB101"]),
    ({"page_fault": "it answers 502"}, ["WAY101"]),
]


@pytest.mark.parametrize(("seen", "codes"), SEEN)
def test_each_observation_has_its_findings(seen: dict[str, Any], codes: list[str]) -> None:
    assert [one.code for one in judged(**seen)] == codes


@pytest.mark.parametrize("kind", _KINDS)
def test_each_cause_of_a_pod_has_a_code_and_says_whose_server_it_is(kind: str) -> None:
    for one in judged(faults=fault(kind, owner="eve")):
        assert "the server of eve" in one.what
