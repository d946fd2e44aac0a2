"""Shared secrets: everybody reads them, nobody writes them from a notebook."""

from collections.abc import Callable, Iterator

import pytest

from buunstack import BadSetting, NotAllowed, ReadOnly, SecretNotFound, SecretStore, SharedSecrets
from tests.buunstack.conftest import Notebook
from tests.buunstack.standins import HubEndpoint

FOLDER = "jupyter/shared"


@pytest.fixture
def kept(notebook: Notebook) -> Iterator[Callable[..., None]]:
    """Stores a shared secret as an administrator does; all are gone after the test."""
    names: list[str] = []

    def keep(name: str, **fields: str) -> None:
        names.append(name)
        notebook.bao.ok("POST", f"secret/data/{FOLDER}/{name}", body={"data": fields})

    yield keep
    for name in names:
        notebook.bao.call("DELETE", f"secret/metadata/{FOLDER}/{name}")


def test_shared_secrets_are_read_and_listed(store: SecretStore, kept: Callable[..., None]) -> None:
    kept("warehouse", user="reader", password="pw-1")
    kept("team/db", dsn="postgres://")

    assert store.shared.get("warehouse") == {"user": "reader", "password": "pw-1"}
    assert store.shared.get("warehouse", "user") == "reader"
    assert store.shared.list() == ["team/", "warehouse"]
    assert store.shared.list("team") == ["db"]
    assert sorted(store.shared.list_fields("warehouse")) == ["password", "user"]
    assert store.shared.path("warehouse") == f"{FOLDER}/warehouse"


def test_nothing_shared_is_an_empty_list(store: SecretStore) -> None:
    assert store.shared.list() == []


def test_older_versions_of_a_shared_secret_are_read(store: SecretStore, kept: Callable[..., None]) -> None:
    kept("warehouse", password="old")
    kept("warehouse", password="new")

    assert [entry.version for entry in store.shared.history("warehouse")] == [2, 1]
    assert store.shared.get("warehouse", "password", version=1) == "old"


def test_the_users_own_secrets_and_the_shared_ones_are_apart(store: SecretStore, kept: Callable[..., None]) -> None:
    kept("theirs", a="1")
    store.put("mine", a="2")

    assert store.list() == ["mine"]
    assert store.shared.list() == ["theirs"]
    with pytest.raises(SecretNotFound, match=r"^The shared secret 'mine' does not exist\.$"):
        store.shared.get("mine")
    with pytest.raises(SecretNotFound, match=r"^There is no shared secret 'mine'\.$"):
        store.shared.history("mine")


WRITES: dict[str, Callable[[SharedSecrets], object]] = {
    "put": lambda shared: shared.put("warehouse", a="1"),
    "update": lambda shared: shared.update("warehouse", a="1"),
    "delete": lambda shared: shared.delete("warehouse"),
    "delete a field": lambda shared: shared.delete("warehouse", "password"),
    "delete a version": lambda shared: shared.delete("warehouse", version=1),
    "undelete": lambda shared: shared.undelete("warehouse"),
}


@pytest.mark.parametrize("write", WRITES)
def test_a_shared_secret_is_not_written_and_the_error_says_what_to_do(
    store: SecretStore, kept: Callable[..., None], write: str
) -> None:
    kept("warehouse", password="pw")
    with pytest.raises(ReadOnly, match=r"shared secret 'warehouse' was not changed.*Ask an administrator") as refused:
        WRITES[write](store.shared)

    assert isinstance(refused.value, NotAllowed)
    assert isinstance(refused.value, PermissionError)
    assert store.shared.get("warehouse") == {"password": "pw"}


def test_the_place_is_known_with_a_token_of_the_hub_too(
    notebook: Notebook, hub: HubEndpoint, kept: Callable[..., None]
) -> None:
    kept("warehouse", a="1")

    assert SecretStore().shared.get("warehouse", "a") == "1"


@pytest.mark.parametrize("home", ["elsewhere/alice", "users/alice", "jupyter/users/team/alice"])
def test_a_home_that_is_not_beside_the_shared_secrets_is_told(notebook: Notebook, home: str) -> None:
    notebook.environment.setenv("BUUNSTACK_SECRETS_HOME", home)
    store = notebook.delivered_store()

    with pytest.raises(BadSetting, match=r"does not end in users/NAME.*Check BUUNSTACK_SECRETS_HOME"):
        store.shared.list()


def test_it_prints_who_asks_and_where(store: SecretStore, notebook: Notebook) -> None:
    assert repr(store.shared) == f"<SharedSecrets of {notebook.segment} at {notebook.bao.address}>"
