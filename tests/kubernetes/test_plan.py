"""What a plan says of a running stack, what it refuses before anything is touched, and what it never shows."""

import base64
from typing import Any

import pytest

from apply.cluster import ClusterTarget
from apply.imagedigests import folder_of, write_pushed
from apply.kube import Kube
from apply.target import Options
from spec.load import load
from spec.pushed import FILE, Pushed
from tests.kubernetes.site import Site, chart_values, kept

OPTIONS = Options()


def test_an_unchanged_install_writes_nothing_and_restarts_nothing(installed: Site) -> None:
    before = kept(installed)

    said = installed.inv("install")

    assert said.stderr.startswith("nothing changed")
    assert kept(installed) == before


def test_an_unchanged_install_asks_once_for_each_layer(installed: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = _asked(monkeypatch)
    target = ClusterTarget(load(installed.spec), installed.spec)

    target.install(OPTIONS, _never, lambda _: None)

    kinds = sorted(path.partition("?")[0].rpartition("/")[2] for _, path in asked)
    assert kinds == sorted([installed.namespace, "secrets", "deployments", "nodes", "v1", "buunstack-lab-first-login"])


def test_a_plan_asks_twice_for_each_object_at_most_and_loads_no_model_of_the_api(
    installed: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = _asked(monkeypatch)
    target = ClusterTarget(load(installed.spec), installed.spec)

    assert target.examine(OPTIONS, lambda _: None).changes == []

    paths = [path.partition("?")[0] for method, path in asked if method != "GET" or "/secrets?" not in path]
    assert max(paths.count(path) for path in paths if "deployments/" in path or "services/" in path) == 2
    assert {method for method, _ in asked} == {"GET", "PATCH"}


def test_what_somebody_changed_by_hand_is_seen_and_put_back(installed: Site) -> None:
    path = f"/apis/apps/v1/namespaces/{installed.namespace}/deployments/proxy"
    live = installed.kube.get(path) or {}
    live["spec"]["replicas"] = 0
    installed.kube.replace(path, live)

    changes = installed.plan()["changes"]
    assert [(change["what"], change["details"]) for change in changes][-1] == (
        "Deployment proxy",
        ["spec.replicas: 0 -> 1"],
    )
    installed.inv("install", "--yes")

    assert (installed.kube.get(path) or {})["status"]["readyReplicas"] == 1
    assert installed.inv("install").stderr.startswith("nothing changed")


def test_an_object_that_somebody_removed_is_made_again_by_a_repair(installed: Site) -> None:
    path = f"/apis/networking.k8s.io/v1/namespaces/{installed.namespace}/networkpolicies/singleuser"
    installed.kube.delete(path)

    installed.inv("install", "--repair", "--yes")

    assert installed.kube.get(path) is not None


def test_a_change_is_shown_by_its_path_with_both_values_and_who_is_hit(changed: Site) -> None:
    changed.declare(hub={"host": "hub.lab.internal", "title": "Renamed"}, culling={"idle_timeout": "3h"})

    text = changed.inv("plan").stdout
    markdown = changed.inv("plan", "--markdown").stdout

    assert "cull.timeout: 7200 -> 10800" in text
    assert "hub.extraFiles: 1 of the hub's files differ" in text
    assert "note: signing in and starting servers pauses" in text
    assert "- update `Deployment hub`" in markdown
    assert "### Somebody notices\n\n| who | what | by |\n" in markdown
    assert "2h -> 3h | `culling.idle_timeout` |" in markdown
    assert changed.inv("plan", "--check", code=3).stderr.strip().endswith("hint: inv install")


def test_a_plan_for_a_merge_request_has_the_sizes_of_what_was_applied_last(changed: Site) -> None:
    address = changed.content["profiles"]["lab"]["image"]
    write_pushed(changed.spec, {address: Pushed(f"sha256:{'1' * 64}", "f1", 981_200_000)})
    try:
        changed.inv("install", "--yes")
        write_pushed(changed.spec, {address: Pushed(f"sha256:{'2' * 64}", "f2", 1_314_000_000)})
        markdown = changed.inv("plan", "--markdown").stdout
    finally:
        (folder_of(changed.spec) / FILE).unlink()
        changed.inv("install", "--yes")

    (row,) = [line for line in markdown.splitlines() if line.startswith("| everybody | lab: ")]
    assert f"{address} as it was pushed last" in row
    assert "981 MB -> 1.31 GB; each node pulls up to 1.31 GB again | `pushed.yaml` |" in row


def test_no_form_of_a_plan_shows_a_secret(changed: Site) -> None:
    values = chart_values()
    values["hub"]["extraEnv"] = {"DB_PASSWORD": "alpha-" + "x" * 20}
    changed.declare(chart_values=values)
    changed.inv("install", "--yes")
    values["hub"]["extraEnv"] = {"DB_PASSWORD": "omega-" + "y" * 20}
    changed.declare(chart_values=values)
    keys = {base64.b64decode(text).decode() for text in _data(changed, "buunstack-lab-keys").values()}

    said = [changed.inv("plan", *form) for form in ((), ("--json",), ("--markdown",))]
    said.append(changed.inv("install", "--yes"))

    assert "hub.extraEnv.DB_PASSWORD: changed" in said[0].stdout
    for done in said:
        printed = done.stdout + done.stderr
        assert not any(secret in printed for secret in {*keys, "alpha-", "omega-"})


def test_a_value_that_the_chart_does_not_know_is_refused_at_its_line(changed: Site) -> None:
    values = chart_values()
    values["hub"]["conifg"] = {"a": "of-a-secret"}
    changed.declare(chart_values=values)
    line = next(n for n, text in enumerate(changed.spec.read_text().splitlines(), 1) if "conifg" in text)

    said = changed.inv("plan", code=2).stderr

    assert f"{changed.spec}:{line}:" in said
    assert "chart_values.hub.conifg: the chart knows no value hub.conifg" in said
    assert "of-a-secret" not in said


def test_homes_that_would_be_new_and_empty_are_refused_with_their_owners(changed: Site) -> None:
    _leave_home(changed.kube, changed.namespace, "ada")
    changed.declare(storage={"kind": "nfs", "nfs": {"server": "nas", "path": "/homes"}})
    before = kept(changed)

    said = changed.inv("install", "--yes", code=1).stderr

    assert "homes would be new and empty for ada; nothing was changed" in said
    assert "storage.kind: dynamic -> nfs" in said
    assert kept(changed) == before
    assert "PersistentVolume" in changed.inv("plan", "--new-homes").stdout


def test_a_field_that_cannot_change_is_refused_before_anything_is_touched(changed: Site) -> None:
    values = chart_values()
    values["hub"]["db"] = {"pvc": {"accessModes": ["ReadWriteMany"]}}
    changed.declare(chart_values=values)
    before = kept(changed)

    said = changed.inv("install", "--yes", code=5).stderr

    assert "PersistentVolumeClaim hub-db-dir" in said
    assert "immutable" in said
    assert "nothing was changed" in said
    assert kept(changed) == before


def _asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """(method, path) of every request from now on; the requests go their usual way."""
    found: list[tuple[str, str]] = []
    send = Kube._send

    def noted(kube: Kube, method: str, path: str, *rest: Any) -> Any:
        found.append((method, path))
        return send(kube, method, path, *rest)

    monkeypatch.setattr(Kube, "_send", noted)
    return found


def _data(site: Site, secret: str) -> dict[str, str]:
    found = site.kube.get(f"/api/v1/namespaces/{site.namespace}/secrets/{secret}") or {}
    data: dict[str, str] = found["data"]
    return data


def _leave_home(kube: Kube, namespace: str, user: str) -> None:
    kube.create(
        f"/api/v1/namespaces/{namespace}/persistentvolumeclaims",
        {
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "metadata": {
                "name": f"claim-{user}",
                "labels": {"component": "singleuser-storage"},
                "annotations": {"hub.jupyter.org/username": user},
            },
            "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Mi"}}},
        },
    )


def _never(_: Any) -> None:
    raise AssertionError("there is nothing to confirm")
