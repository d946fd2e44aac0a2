"""What somebody changed by hand in a running stack is told, with who and when; what nobody touched is not."""

import json
from typing import Any

from tests.kubernetes.site import Site

BY_HAND = "kubectl-edit"


def path_of(site: Site, kind: str, name: str, group: str = "/api/v1") -> str:
    return f"{group}/namespaces/{site.namespace}/{kind}/{name}"


def edit(site: Site, path: str, **body: Any) -> None:
    """As `kubectl edit` does it."""
    kind = {"deployments": ("apps/v1", "Deployment"), "services": ("v1", "Service")}[path.split("/")[-2]]
    wanted = {"apiVersion": kind[0], "kind": kind[1], "metadata": {"name": path.rpartition("/")[2]}, **body}
    site.kube.apply(path, wanted, BY_HAND)


def test_a_stack_that_nobody_touched_has_no_drift(installed: Site) -> None:
    said = installed.inv("drift", "--check")

    assert said.stdout == "nothing differs from what was installed\n"
    assert installed.drifts() == []


def test_three_edits_by_hand_are_three_lines_with_who_and_when(installed: Site) -> None:
    apps = "/apis/apps/v1"
    proxy, hub = (path_of(installed, "deployments", name, apps) for name in ("proxy", "hub"))
    policy = path_of(installed, "networkpolicies", "singleuser", "/apis/networking.k8s.io/v1")
    variable = {"name": "hub", "env": [{"name": "MINE", "value": "1"}]}
    edit(installed, proxy, spec={"replicas": 0})
    edit(installed, hub, spec={"template": {"spec": {"containers": [variable]}}})
    installed.kube.delete(policy)

    found = installed.drifts("--check", code=3)

    told = [(one["object"], one["field"], one["then"], one["now"], one["who"]) for one in found]
    assert sorted(told) == [
        (
            "Deployment hub",
            "spec.template.spec.containers.[hub].env.[MINE]",
            "nothing",
            '{"name": "MINE", "value": "1"}',
            BY_HAND,
        ),
        ("Deployment proxy", "spec.replicas", "1", "0", BY_HAND),
        ("NetworkPolicy singleuser", "", "there", "nothing", "nobody tells"),
    ]
    assert all(one["when"].startswith("20") for one in found if one["who"] == BY_HAND)
    assert "MINE" not in json.dumps(installed.plan()["changes"]), "a plan alone does not show it"

    installed.kube.apply(hub, {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "hub"}}, BY_HAND)
    installed.inv("install", "--repair", "--yes")
    assert installed.drifts() == []


def test_what_was_taken_out_of_an_object_and_what_was_added_beside_it_is_told(installed: Site) -> None:
    path = path_of(installed, "services", "proxy-public")
    live = installed.kube.get(path) or {}
    labels = dict(live["metadata"]["labels"])
    removed = labels.pop("component")
    installed.kube.replace(path, {**live, "metadata": {**live["metadata"], "labels": labels}})
    own = {"name": "of-mine", "labels": {"release": "lab", "app": "jupyterhub"}}
    folder = path_of(installed, "configmaps", "of-mine")
    installed.kube.create(folder.rpartition("/")[0], {"apiVersion": "v1", "kind": "ConfigMap", "metadata": own})

    found = installed.drifts()

    told = [(one["object"], one["field"], one["then"], one["now"]) for one in found]
    assert told == [
        ("Service proxy-public", "metadata.labels.component", removed, "nothing"),
        ("ConfigMap of-mine", "", "nothing", "there"),
    ]
    installed.kube.delete(folder)
    installed.inv("install", "--repair", "--yes")
    assert installed.drifts() == []


def test_a_label_of_the_namespace_that_was_changed_or_removed_is_told_and_one_of_others_is_not(installed: Site) -> None:
    path, level = f"/api/v1/namespaces/{installed.namespace}", "pod-security.kubernetes.io/enforce"
    weaker = {"name": installed.namespace, "labels": {level: "privileged", "of-others": "1"}}
    installed.kube.apply(path, {"apiVersion": "v1", "kind": "Namespace", "metadata": weaker}, BY_HAND)
    (changed,) = installed.drifts("--check", code=3)
    live = installed.kube.get(path) or {}
    del live["metadata"]["labels"][level]
    installed.kube.replace(path, live)

    (removed,) = installed.drifts("--check", code=3)

    where = (f"Namespace {installed.namespace}", f"metadata.labels.{level}", "restricted")
    told = [tuple(one[key] for key in ("object", "field", "then", "now", "who")) for one in (changed, removed)]
    assert told == [(*where, "privileged", BY_HAND), (*where, "nothing", "nobody tells")]
    assert changed["when"].startswith("20")
    installed.inv("install", "--repair", "--yes")
    assert installed.drifts() == []


def test_no_value_of_a_secret_is_shown(installed: Site) -> None:
    path = path_of(installed, "secrets", "hub")
    live = installed.kube.get(path) or {}
    installed.kube.replace(path, {**live, "stringData": {"values.yaml": "very-secret-text"}})

    said = installed.inv("drift").stdout

    assert said.count("\n") == 1
    assert said.startswith("Secret hub: data.values.yaml: a value -> another one (")
    assert "very-secret" not in said
    installed.inv("install", "--repair", "--yes")
    assert installed.drifts() == []
