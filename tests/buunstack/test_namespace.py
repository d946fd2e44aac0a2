"""A Vault with namespaces: every request of a store is made in its own."""

from collections.abc import Iterator

import pytest

from buunstack import NotAllowed, SecretStore, SignInNeeded
from tests.buunstack.conftest import Notebook, notebook_in
from tests.buunstack.standins import HubEndpoint, serving
from tests.openbao import OpenBao
from tests.vault_lab import prepare


@pytest.fixture(scope="module")
def team(openbao: OpenBao) -> Iterator[OpenBao]:
    """A namespace with the stack's part in it."""
    openbao.ok("POST", "sys/namespaces/team")
    inside = openbao.within("team")
    prepare(inside)
    yield inside
    openbao.ok("DELETE", "sys/namespaces/team")


@pytest.fixture
def inner(team: OpenBao, monkeypatch: pytest.MonkeyPatch) -> Notebook:
    """A notebook whose secrets are in that namespace."""
    monkeypatch.setenv("VAULT_NAMESPACE", "team")
    return notebook_in(team, monkeypatch)


def test_a_store_with_a_delivered_token_works_in_its_namespace(inner: Notebook) -> None:
    store = inner.delivered_store("2h")

    store.put("k", a="1")

    assert store.get("k") == {"a": "1"}
    assert inner.bao.ok("GET", f"secret/data/{inner.home}/k")["data"]["data"] == {"a": "1"}


def test_a_store_that_asks_the_hub_unwraps_and_works_in_its_namespace(
    inner: Notebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint = HubEndpoint(inner.bao, inner.segment)
    with serving(endpoint) as address:
        monkeypatch.setenv("JUPYTERHUB_API_URL", address)
        monkeypatch.setenv("JUPYTERHUB_API_TOKEN", endpoint.token)
        store = SecretStore()
        store.put("k", a="1")

        assert store.get("k", "a") == "1"


def test_a_store_without_the_namespace_is_refused(inner: Notebook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VAULT_NAMESPACE")

    with pytest.raises((NotAllowed, SignInNeeded)):
        inner.delivered_store().get("k")
