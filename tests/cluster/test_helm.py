"""Helm as this project runs it, with a tiny chart on a real cluster."""

import subprocess
import time
from pathlib import Path

import pytest

from apply.charts import Chart
from apply.helm import Helm, Release
from apply.kube import Kube
from apply.manifests import address, differences, objects, owned
from apply.run import found
from spec.errors import StackError

CHART = Path(__file__).parent / "chart"


def release(namespace: str, **values: str) -> Release:
    return Release("tiny", namespace, CHART, values)


def revisions(kube: Kube, namespace: str) -> list[tuple[str, str]]:
    records = kube.items(f"/api/v1/namespaces/{namespace}/secrets", "owner=helm,name=tiny", metadata=True)
    labels = [record["metadata"]["labels"] for record in records]
    return sorted((label["version"], label["status"]) for label in labels)


def never() -> bool:
    return False


def test_what_is_rendered_is_what_is_there_after_an_upgrade(kube: Kube, namespace: str, helm: Helm) -> None:
    """So that a plan needs no call of Helm to the cluster."""
    wanted = release(namespace, text="hello")
    assert helm.upgrade(wanted, "1m", {"buunstack/stack": "lab"}, never) is None

    (item,) = [owned(found, "tiny", namespace) for found in objects(helm.manifests(wanted, None))]
    live = kube.get(address(item)) or {}

    assert differences(live, kube.apply(address(item), item, "helm", dry_run=True)) == ()
    assert live["data"] == {"text": "hello"}


def test_a_change_and_a_change_by_hand_are_both_seen_before_anything_is_touched(
    kube: Kube, namespace: str, helm: Helm
) -> None:
    assert helm.upgrade(release(namespace, text="hello"), "1m", {}, never) is None
    (item,) = [owned(found, "tiny", namespace) for found in objects(helm.manifests(release(namespace), None))]

    live = kube.get(address(item)) or {}
    would = kube.apply(address(item), item, "helm", dry_run=True)

    assert differences(live, would) == ("data.text: hello -> first",)


def test_labels_of_an_upgrade_are_on_helms_record(kube: Kube, namespace: str, helm: Helm) -> None:
    helm.upgrade(release(namespace), "1m", {"buunstack/input": "abc"}, never)

    (record,) = kube.items(f"/api/v1/namespaces/{namespace}/secrets", "buunstack/input=abc", metadata=True)
    assert record["metadata"]["labels"]["status"] == "deployed"


def test_an_upgrade_without_hope_is_ended_and_the_old_state_is_back(kube: Kube, namespace: str, helm: Helm) -> None:
    helm.upgrade(release(namespace, text="good"), "1m", {}, never)
    began = time.monotonic()

    def hopeless() -> bool:
        pods = kube.items(f"/api/v1/namespaces/{namespace}/pods")
        statuses = [status for pod in pods for status in pod["status"].get("containerStatuses", [])]
        return any(status["state"].get("waiting", {}).get("reason") == "ErrImageNeverPull" for status in statuses)

    said = helm.upgrade(release(namespace, text="bad", image="absent.example/none:1"), "2m", {}, hopeless)

    assert said
    assert time.monotonic() - began < 100, "not only the time-out ended it"
    live = kube.get(f"/api/v1/namespaces/{namespace}/configmaps/tiny") or {}
    assert live["data"] == {"text": "good"}
    assert revisions(kube, namespace)[-1] == ("3", "deployed")


def test_rollback_and_uninstall_may_be_repeated(kube: Kube, namespace: str, helm: Helm) -> None:
    helm.upgrade(release(namespace, text="one"), "1m", {}, never)
    helm.upgrade(release(namespace, text="two"), "1m", {}, never)

    helm.rollback("tiny", namespace, 1)
    assert (kube.get(f"/api/v1/namespaces/{namespace}/configmaps/tiny") or {})["data"] == {"text": "one"}

    helm.uninstall("tiny", namespace)
    helm.uninstall("tiny", namespace)
    assert kube.get(f"/api/v1/namespaces/{namespace}/configmaps/tiny") is None


def test_a_failure_of_helm_is_told_in_its_own_last_words(namespace: str, helm: Helm) -> None:
    with pytest.raises(StackError, match=r"rolling tiny back to revision 7 failed: .*not found"):
        helm.rollback("tiny", namespace, 7)


def test_values_reach_helm_through_no_argument(namespace: str, helm: Helm, tmp_path: Path) -> None:
    """A program in Helm's place writes down what it was called with."""
    spy = tmp_path / "helm"
    spy.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/arguments\nexec {found(helm.program)} "$@"\n')
    spy.chmod(0o755)
    spied = Helm(None)
    spied.__dict__["program"] = str(spy)

    assert spied.upgrade(release(namespace, text="s3cr3t"), "1m", {}, never) is None

    assert "upgrade tiny" in (tmp_path / "arguments").read_text()
    assert "s3cr3t" not in (tmp_path / "arguments").read_text()


def test_a_chart_is_read_from_a_folder_as_from_an_archive(helm: Helm, tmp_path: Path) -> None:
    subprocess.run([helm.program, "package", str(CHART), "-d", str(tmp_path)], check=True, capture_output=True)
    archive, folder = Chart(tmp_path / "tiny-0.1.0.tgz"), Chart(CHART)

    assert archive.facts() == folder.facts()
    assert (
        archive.values()
        == folder.values()
        == {"text": "first", "image": "", "command": [], "memory": "16Mi", "pod": {}, "container": {}}
    )
    assert archive.read("absent") == folder.read("absent") == ""
    assert archive.digest() != folder.digest()
