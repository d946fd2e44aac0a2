"""The documented Role is enough for a stack's whole life, and each right of it is needed."""

import copy
import json
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.kubernetes.site import Site

INSTALLER = yaml.safe_load_all((Path(__file__).parents[2] / "docs" / "kubernetes" / "installer.yaml").read_text())
ACCOUNT, ROLE, BINDING = INSTALLER
LIFE = (("install", "--yes"), ("plan",), ("status",), ("logs", "hub"), ("user.list",), ("history",))
SETTLED = {"gpu": {"enabled": False}, "monitoring": {"enabled": False}, "storage": {"capacity": "100Mi"}}


class Limited(Site):
    """A site whose commands run as a service account with some rules alone."""

    def bind(self, rules: list[dict[str, Any]]) -> None:
        """Make namespace, account and Role; `inv` uses a token of that account from now on."""
        labels = {"pod-security.kubernetes.io/enforce": "restricted"}
        kube, name = self.kube, ROLE["metadata"]["name"]
        namespace = {"metadata": {"name": self.namespace, "labels": labels}, "apiVersion": "v1", "kind": "Namespace"}
        kube.apply(f"/api/v1/namespaces/{self.namespace}", namespace, "tests")
        core, rbac = "/api/v1", "/apis/rbac.authorization.k8s.io/v1"
        for group, kind, item in (
            (core, "serviceaccounts", ACCOUNT),
            (rbac, "roles", {**ROLE, "rules": rules}),
            (rbac, "rolebindings", BINDING),
        ):
            body = copy.deepcopy(item)
            if kind == "rolebindings":
                body["subjects"][0]["namespace"] = self.namespace
            kube.apply(f"{group}/namespaces/{self.namespace}/{kind}/{name}", body, "tests")
        request = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}}
        path = f"{core}/namespaces/{self.namespace}/serviceaccounts/{name}/token"
        self.environment["KUBECONFIG"] = str(self._kubeconfig(kube.create(path, request)["status"]["token"]))

    def _kubeconfig(self, token: str) -> Path:
        admin = yaml.safe_load(Path(os.environ["KUBECONFIG"]).read_text())
        admin["users"] = [{"name": admin["users"][0]["name"], "user": {"token": token}}]
        path = self.folder / f"kubeconfig-{secrets.token_hex(4)}"
        path.write_text(json.dumps(admin))
        path.chmod(0o600)
        return path


@pytest.fixture
def limited(tools: None, tmp_path: Path) -> Iterator[Limited]:
    site = Limited(tmp_path)
    site.declare(**SETTLED)
    yield site
    site.remove()


def test_a_whole_life_needs_no_right_outside_of_the_documented_role(limited: Limited) -> None:
    limited.bind(ROLE["rules"])

    for words in LIFE:
        limited.inv(*words)
    limited.declare(**SETTLED, hub={"host": "hub.lab.internal", "title": "Changed"})
    limited.inv("install", "--yes")
    limited.inv("rollback", "--to", "1", "--yes")
    limited.inv("uninstall")

    assert limited.objects("deployments", "/apis/apps/v1") == []


LESS = {
    ("namespaces", "get"): "install",
    ("secrets", "list"): "install",
    ("secrets", "patch"): "install",
    ("services", "create"): "install",
    ("configmaps", "get"): "install",
    ("deployments", "patch"): "install",
    ("roles", "create"): "install",
    ("pods", "delete"): "install",
    ("leases", "get"): "install",
    ("pods/log", "get"): "logs",
    ("pods/portforward", "get"): "user.list",
}
"""A right that is taken away -> the command that says so before it has changed anything."""


def test_with_one_right_less_a_command_says_which_one_it_lacks(limited: Limited) -> None:
    limited.bind(ROLE["rules"])
    for (resource, verb), command in LESS.items():
        if command != "install":
            continue
        limited.bind(without(resource, verb))
        said = limited.inv("install", "--yes", code=5).stderr
        assert "not permitted" in said, (resource, verb, said)
    assert limited.objects("deployments", "/apis/apps/v1") == []

    limited.bind(ROLE["rules"])
    limited.inv("install", "--yes")
    for (resource, verb), command in LESS.items():
        if command != "install":
            limited.bind(without(resource, verb))
            said = limited.inv(*([command, "hub"] if command == "logs" else [command]), code=5).stderr
            assert "not permitted" in said, (resource, verb, said)


def test_who_may_not_list_nodes_is_told_how_to_do_without(limited: Limited) -> None:
    limited.bind(ROLE["rules"])
    limited.declare(**{**SETTLED, "gpu": {"enabled": "auto"}})

    said = limited.inv("plan", code=5).stderr

    assert "gpu.enabled is auto, so the nodes are looked at: not permitted" in said
    assert "say gpu.enabled: true or false" in said


def without(resource: str, verb: str) -> list[dict[str, Any]]:
    """The documented rules less one verb of one resource."""
    rules = []
    for rule in ROLE["rules"]:
        for one in rule["resources"]:
            verbs = [other for other in rule["verbs"] if (one, other) != (resource, verb)]
            rules.append({"apiGroups": rule["apiGroups"], "resources": [one], "verbs": verbs})
    return [rule for rule in rules if rule["verbs"]]
