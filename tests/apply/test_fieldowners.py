"""What somebody else than the release has in an object, told from the record of who owns which field."""

import copy
from typing import Any

from apply.fieldowners import added, drifts, label

RECORDED: dict[str, Any] = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "hub", "labels": {"app": "jupyterhub"}, "annotations": None},
    "spec": {
        "replicas": 1,
        "minReadySeconds": 0,
        "template": {
            "spec": {
                "containers": [
                    {"name": "hub", "image": "hub:1", "env": [{"name": "A", "value": "1"}], "resources": {"cpu": 0.5}}
                ]
            }
        },
    },
}
HUB = 'k:{"name":"hub"}'


def live(**fields: Any) -> dict[str, Any]:
    """The object as the API server has it, with what `by-hand` owns in it."""
    found = copy.deepcopy(RECORDED)
    del found["metadata"]["annotations"], found["spec"]["minReadySeconds"]
    found["status"] = {"replicas": 1}
    entry = {"manager": "by-hand", "operation": "Update", "time": "2026-11-28T12:00:00Z", "fieldsV1": fields}
    found["metadata"]["managedFields"] = [
        entry,
        {"manager": "helm", "fieldsV1": {"f:spec": {"f:replicas": {}}}},
        {"manager": "kube-controller-manager", "fieldsV1": {"f:metadata": {"f:annotations": {"f:x": {}}}}},
        {"manager": "by-hand", "subresource": "status", "fieldsV1": {"f:status": {"f:replicas": {}}}},
    ]
    return found


def containers(**fields: Any) -> dict[str, Any]:
    return {"f:template": {"f:spec": {"f:containers": {HUB: fields}}}}


def test_an_object_that_the_release_alone_has_is_as_it_was() -> None:
    assert drifts(RECORDED, live()) == []


def test_a_changed_field_has_both_values_its_manager_and_its_time() -> None:
    there = live(**{"f:spec": {"f:replicas": {}}})
    there["spec"]["replicas"] = 0

    (found,) = drifts(RECORDED, there)

    assert found.line() == "Deployment hub: spec.replicas: 1 -> 0 (by-hand, 2026-11-28T12:00:00Z)"


def test_an_added_variable_is_one_line_and_its_neighbour_none() -> None:
    key = 'k:{"name":"B"}'
    there = live(**{"f:spec": containers(**{"f:env": {key: {".": {}, "f:name": {}, "f:value": {}}}})})
    there["spec"]["template"]["spec"]["containers"][0]["env"].append({"name": "B", "value": "2"})

    (found,) = drifts(RECORDED, there)

    assert (found.field, found.then) == ("spec.template.spec.containers.[hub].env.[B]", "nothing")
    assert found.now == '{"name": "B", "value": "2"}'


def test_a_variable_that_may_be_a_secret_is_told_without_its_value() -> None:
    key = 'k:{"name":"DB_PASSWORD"}'
    there = live(**{"f:spec": containers(**{"f:env": {key: {".": {}, "f:name": {}, "f:value": {}}}})})
    there["spec"]["template"]["spec"]["containers"][0]["env"].append({"name": "DB_PASSWORD", "value": "of-a-secret"})

    (found,) = drifts(RECORDED, there)

    assert "of-a-secret" not in repr(found)


def test_a_removed_field_is_told_with_who_came_last() -> None:
    there = live()
    del there["spec"]["template"]["spec"]["containers"][0]["env"]

    (found,) = drifts(RECORDED, there)

    assert (found.field, found.now, found.who) == ("spec.template.spec.containers.[hub].env", "nothing", "by-hand")


def test_a_value_of_a_secret_is_never_shown() -> None:
    recorded = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "hub"}, "data": {"values": "YQ=="}}
    entry = {"manager": "by-hand", "time": "2026-11-28T12:00:00Z", "fieldsV1": {"f:data": {"f:values": {}}}}
    there = {**recorded, "data": {"values": "Yg=="}, "metadata": {"name": "hub", "managedFields": [entry]}}

    (found,) = drifts(recorded, there)

    assert (found.then, found.now) == ("a value", "another one")


def test_what_kubectl_and_volume_binders_write_for_themselves_is_no_drift() -> None:
    names = ("kubectl.kubernetes.io/last-applied-configuration", "pv.kubernetes.io/bind-completed")
    there = live(**{"f:metadata": {"f:annotations": {f"f:{name}": {} for name in names}, "f:finalizers": {}}})
    there["metadata"]["annotations"] = dict.fromkeys(names, "x")

    assert drifts(RECORDED, there) == []


def test_a_taken_over_field_of_the_same_value_is_no_drift() -> None:
    assert drifts(RECORDED, live(**{"f:spec": {"f:replicas": {}}})) == []


def test_an_object_that_nobody_declared_has_its_maker() -> None:
    times = {"later": "2026-11-29T00:00:00Z", "first": "2026-11-28T00:00:00Z"}
    entries = [{"manager": name, "time": time} for name, time in times.items()]
    metadata = {"name": "x", "managedFields": entries, "creationTimestamp": "2026-11-28T00:00:00Z"}

    found = added({"kind": "ConfigMap", "metadata": metadata})

    assert found.line() == "ConfigMap x: nothing -> there (first, 2026-11-28T00:00:00Z)"


def test_a_label_has_who_wrote_its_present_value_and_a_removed_one_nobody() -> None:
    there = live(**{"f:metadata": {"f:labels": {"f:app": {}}}})

    assert label(there, "app") == ("by-hand", "2026-11-28T12:00:00Z")
    assert label(there, "gone") == ("nobody tells", "")
