"""Manifests have their addresses in the API; a difference names the leaf, and never a secret's value."""

import pytest

from apply.manifests import address, differences, holds, objects, owned, title, value_differences

_NETWORK = "networking.k8s.io/v1"
_HOOK = """
apiVersion: batch/v1
kind: Job
metadata: {name: awaiter, annotations: {helm.sh/hook: pre-install}}
---
---
apiVersion: v1
kind: ConfigMap
metadata: {name: hub}
"""


def item(kind: str, version: str = "v1", name: str = "hub", **fields: object) -> dict:
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name, "namespace": "jupyter"}, **fields}


def test_hooks_come_and_go_with_an_upgrade_and_are_no_part_of_the_stack() -> None:
    assert [title(found) for found in objects(_HOOK)] == ["ConfigMap hub"]


@pytest.mark.parametrize(
    ("found", "path"),
    [
        (item("Secret"), "/api/v1/namespaces/jupyter/secrets/hub"),
        (item("NetworkPolicy", _NETWORK), f"/apis/{_NETWORK}/namespaces/jupyter/networkpolicies/hub"),
        (item("Ingress", _NETWORK), f"/apis/{_NETWORK}/namespaces/jupyter/ingresses/hub"),
        (item("PersistentVolume"), "/api/v1/persistentvolumes/hub"),
        (item("Service", name="a/../b"), "/api/v1/namespaces/jupyter/services/a%2F..%2Fb"),
    ],
)  # fmt: skip
def test_an_object_has_one_address_and_its_name_cannot_leave_it(found: dict, path: str) -> None:
    assert address(found) == path


def test_what_helm_adds_is_no_difference() -> None:
    plain = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "hub"}, "data": {"a": "1"}}
    mine = owned(plain, "jupyterhub", "jupyter")
    live = {**mine, "metadata": {**mine["metadata"], "uid": "1", "resourceVersion": "7", "managedFields": []}}

    assert mine["metadata"]["namespace"] == "jupyter"
    assert differences(live, mine) == ()


def test_a_difference_names_the_leaf_with_both_values() -> None:
    before = item("Deployment", "apps/v1", spec={"containers": [{"name": "hub", "image": "hub:1"}]})
    after = item("Deployment", "apps/v1", spec={"containers": [{"name": "hub", "image": "hub:2"}]})

    assert differences(before, after) == ("spec.containers.[hub].image: hub:1 -> hub:2",)


def test_a_list_is_compared_by_names_so_that_an_insertion_is_one_difference() -> None:
    before = {"profiles": [{"slug": "base", "image": "a:1"}, {"slug": "spark", "image": "b:1"}]}
    after = {"profiles": [{"slug": "new", "image": "c:1"}, *before["profiles"]]}

    found = value_differences(before, after)

    assert len(found) == 1
    assert found[0].startswith("profiles.[new]: nothing -> ")


def test_a_secrets_value_is_never_shown() -> None:
    before, after = (item("Secret", data={"token": value}) for value in ("b2xk", "bmV3"))

    assert differences(before, after) == ("data.token: changed",)
    assert value_differences({"hub": {"password": "old"}}, {"hub": {"password": "new"}}) == ("hub.password: changed",)


def test_a_secret_in_a_part_that_comes_or_goes_whole_is_not_shown() -> None:
    variables = [{"name": "DB_PASSWORD", "value": "s3cret"}, {"name": "TZ", "value": "UTC"}]
    before, after = {"env": {"API_TOKEN": "s3cret", "TZ": "UTC"}, "list": variables}, {}

    said = " ".join(value_differences(before, after))

    assert "UTC" in said
    assert "s3cret" not in said


def test_a_variable_of_a_list_is_hidden_by_its_name() -> None:
    before, after = ({"env": [{"name": "DB_PASSWORD", "value": value}]} for value in ("a", "b"))

    assert value_differences(before, after) == ("env.[DB_PASSWORD].value: changed",)


def test_a_text_of_many_lines_is_only_counted() -> None:
    assert value_differences({"code": "a\nb"}, {"code": "a\nb\nc"}) == ("code: a text of 2 lines -> a text of 3 lines",)


def test_a_value_cannot_steer_the_terminal_and_stays_short() -> None:
    (line,) = value_differences({"a": ""}, {"a": "\x1b[31m" + "x" * 1000})

    assert "\x1b" not in line
    assert len(line) < 200


def test_an_object_holds_what_is_wanted_whatever_others_have_added() -> None:
    wanted = {"spec": {"replicas": 1, "containers": [{"name": "hub", "image": "hub:1"}]}}

    assert holds({"spec": {"replicas": 1, "x": 2, "containers": [{"name": "hub", "image": "hub:1", "y": 3}]}}, wanted)
    assert not holds({"spec": {"replicas": 2, "containers": [{"name": "hub", "image": "hub:1"}]}}, wanted)
    assert not holds({"spec": {"replicas": 1, "containers": [{"name": "hub", "image": "hub:1"}, {}]}}, wanted)
    assert not holds({"spec": {"replicas": 1}}, wanted)
