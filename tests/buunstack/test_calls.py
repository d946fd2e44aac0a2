"""How many requests an operation costs, counted by OpenBao's own audit log."""

from collections.abc import Callable
from contextlib import AbstractContextManager

from buunstack import SecretNotFound, SecretStore
from tests.buunstack.conftest import Notebook, Requests
from tests.buunstack.standins import HubEndpoint

During = Callable[[], AbstractContextManager[Requests]]


def test_an_operation_is_one_request(store: SecretStore, requests_during: During) -> None:
    store.put("k", a="1")
    operations = {
        "get": lambda: store.get("k"),
        "get a field": lambda: store.get("k", "a"),
        "put": lambda: store.put("k", a="2"),
        "update": lambda: store.update("k", b="3"),
        "list": lambda: store.list(),
        "list fields": lambda: store.list_fields("k"),
        "get a version": lambda: store.get("k", version=1),
        "history": lambda: store.history("k"),
        "list shared": lambda: store.shared.list(),
    }

    for name, operation in operations.items():
        with requests_during() as seen:
            operation()
        assert len(seen) == 1, (name, seen)


def test_what_must_look_first_is_two_requests(store: SecretStore, requests_during: During) -> None:
    store.put("k", a="1", b="2")
    store.put("versions", a="1")
    operations = {
        "update of a new secret": (lambda: store.update("new", a="1"), 2),
        "delete a field": (lambda: store.delete("k", "a"), 2),
        "delete the last field": (lambda: store.delete("k", "b"), 3),
        "delete": (lambda: store.delete("new"), 2),
        "delete a version": (lambda: store.delete("versions", version=1), 2),
        "undelete": (lambda: store.undelete("versions"), 2),
    }

    for name, (operation, expected) in operations.items():
        with requests_during() as seen:
            operation()
        assert len(seen) == expected, (name, seen)


def test_a_missing_secret_is_one_request(store: SecretStore, requests_during: During) -> None:
    store.list()
    with requests_during() as seen:
        try:
            store.get("nope")
        except SecretNotFound:
            assert len(seen) == 0
    assert len(seen) == 1


def test_making_a_store_asks_nothing(notebook: Notebook, hub: HubEndpoint, requests_during: During) -> None:
    with requests_during() as seen:
        SecretStore()

    assert seen == []
    assert hub.asked == 0


def test_the_first_operation_with_a_delivered_token_looks_at_its_life_once(
    store: SecretStore, notebook: Notebook, requests_during: During
) -> None:
    with requests_during() as seen:
        store.list()
        store.list()

    listing = ("list", f"secret/metadata/{notebook.home}/")
    assert seen == [("read", "auth/token/lookup-self"), listing, listing]


def test_the_first_operation_on_demand_asks_the_hub_once_and_opens_the_token_once(
    notebook: Notebook, hub: HubEndpoint, requests_during: During
) -> None:
    store = SecretStore()
    with requests_during() as seen:
        store.list()
        store.list()
        SecretStore().list()

    listing = ("list", f"secret/metadata/{notebook.home}/")
    made = ("update", "auth/token/create/jupyterhub-notebook")
    assert seen == [made, ("update", "sys/wrapping/unwrap"), listing, listing, listing]
    assert hub.asked == 1


def test_operations_share_one_connection(store: SecretStore, notebook: Notebook) -> None:
    from tests.buunstack.standins import Wire

    with Wire(notebook.bao.port) as wire:
        notebook.environment.setenv("VAULT_ADDR", wire.address)
        store = SecretStore()
        for _ in range(20):
            store.list()

    assert wire.connections == 1
