"""The notebook's policy: a store needs each right that these operations use, and shared secrets open no other way."""

import re
from collections.abc import Callable, Iterator

import pytest

from buunstack import NotAllowed, SecretStore
from render.vault import VaultLayout, policies
from tests.buunstack.conftest import Notebook

LAYOUT = VaultLayout("jupyterhub")
OWN = r"secret/{kind}/jupyter/users/\{{\{{[^}}]+\}}\}}/\*"
Narrow = Callable[[str, str], None]


@pytest.fixture
def narrow(notebook: Notebook) -> Iterator[Narrow]:
    """Takes one capability from one path of the policy; all is put back afterwards."""
    accessor = notebook.bao.ok("GET", "sys/auth")["data"]["token/"]["accessor"]
    whole = policies(LAYOUT, accessor)[LAYOUT.notebook_policy]

    def write(policy: str) -> None:
        notebook.bao.ok("PUT", f"sys/policies/acl/{LAYOUT.notebook_policy}", body={"policy": policy})

    def without(path: str, capability: str) -> None:
        block = re.search(rf'path "{path}" \{{.*?\n\}}', whole, re.DOTALL)
        assert block is not None
        words = re.findall(r'"(\w+)"', block[0].split("capabilities")[1])
        left = [word for word in words if word != capability]
        assert len(left) == len(words) - 1
        rule = ", ".join(f'"{word}"' for word in left or ["deny"])
        write(whole.replace(block[0], re.sub(r"= \[.*\]", f"= [{rule}]", block[0])))

    yield without
    write(whole)


NEEDED: dict[str, tuple[str, str, Callable[[SecretStore], object]]] = {
    "get": (OWN.format(kind="data"), "read", lambda s: s.get("k", version=1)),
    "put": (OWN.format(kind="data"), "update", lambda s: s.put("k", a="2")),
    "put a new one": (OWN.format(kind="data"), "create", lambda s: s.put("new", a="2")),
    "update": (OWN.format(kind="data"), "patch", lambda s: s.update("k", a="2")),
    "history": (OWN.format(kind="metadata"), "read", lambda s: s.history("k")),
    "delete": (OWN.format(kind="metadata"), "delete", lambda s: s.delete("k")),
    "delete a version": (OWN.format(kind="delete"), "update", lambda s: s.delete("k", version=1)),
    "undelete": (OWN.format(kind="undelete"), "update", lambda s: s.undelete("k")),
    "read shared": ("secret/data/jupyter/shared/\\*", "read", lambda s: s.shared.get("policy/k", version=1)),
    "shared history": ("secret/metadata/jupyter/shared/\\*", "read", lambda s: s.shared.history("policy/k")),
    "list a shared folder": ("secret/metadata/jupyter/shared/\\*", "list", lambda s: s.shared.list("policy")),
    "list shared": ("secret/metadata/jupyter/shared/", "list", lambda s: s.shared.list()),
}


@pytest.fixture
def kept(notebook: Notebook) -> Iterator[str]:
    """The path of a shared secret, below `secret/data/` and its like."""
    path = "jupyter/shared/policy/k"
    notebook.bao.ok("POST", f"secret/data/{path}", body={"data": {"a": "1"}})
    yield path
    notebook.bao.ok("DELETE", f"secret/metadata/{path}")


@pytest.mark.parametrize("operation", NEEDED)
def test_an_operation_needs_its_right(store: SecretStore, kept: str, narrow: Narrow, operation: str) -> None:
    path, capability, run = NEEDED[operation]
    store.put("k", a="1")
    run(store)
    store.put("k", a="1")
    if "new" in store.list():
        store.delete("new")

    narrow(path, capability)
    with pytest.raises(NotAllowed):
        run(store)


@pytest.mark.parametrize(
    ("method", "kind", "body"),
    [
        ("POST", "data", {"data": {"a": "2"}}),
        ("PATCH", "data", {"data": {"a": "2"}}),
        ("DELETE", "data", None),
        ("POST", "delete", {"versions": [1]}),
        ("POST", "undelete", {"versions": [1]}),
        ("POST", "destroy", {"versions": [1]}),
        ("POST", "metadata", {"max_versions": 1}),
        ("PATCH", "metadata", {"max_versions": 1}),
        ("DELETE", "metadata", None),
    ],
)
def test_a_notebooks_token_changes_nothing_shared(
    notebook: Notebook, kept: str, method: str, kind: str, body: object
) -> None:
    token = notebook.deliver()["client_token"]
    form = {"Content-Type": "application/merge-patch+json"} if method == "PATCH" else None

    assert notebook.bao.call(method, f"secret/{kind}/{kept}", token, body, form)[0] == 403
    new = kept.replace("/k", "/new")
    assert notebook.bao.call(method, f"secret/{kind}/{new}", token, body, form)[0] == 403


@pytest.mark.parametrize("kind", ["destroy", "metadata"])
def test_a_notebooks_token_neither_destroys_versions_nor_sets_how_many_are_kept(
    notebook: Notebook, store: SecretStore, kind: str
) -> None:
    store.put("k", a="1")
    token = notebook.deliver()["client_token"]
    body = {"destroy": {"versions": [1]}, "metadata": {"max_versions": 1}}[kind]

    assert notebook.bao.call("POST", f"secret/{kind}/{notebook.home}/k", token, body)[0] == 403
