"""What the operations of a SecretStore do, against a real OpenBao."""

import pytest

from buunstack import InvalidKey, InvalidValue, SecretNotFound, SecretStore, TooLarge
from tests.buunstack.conftest import Notebook

AWKWARD_NAMES = [
    "a b",
    "é",
    "a#b?c",
    "%2f",
    "+",
    "*",
    "{x}",
    "team/db",
    "a.b",
    "..a",
    "key",
    "data",
    'q"uote',
    "日本",
]


def test_a_secret_is_read_as_it_was_stored(store: SecretStore) -> None:
    store.put("api-keys", openai="sk-1", github="ghp-2")

    assert store.get("api-keys") == {"openai": "sk-1", "github": "ghp-2"}
    assert store.get("api-keys", "github") == "ghp-2"
    assert store.get(key="api-keys", field="openai") == "sk-1"


def test_put_replaces_the_whole_secret(store: SecretStore) -> None:
    store.put("k", a="1", b="2")
    store.put("k", c="3")

    assert store.get("k") == {"c": "3"}


@pytest.mark.parametrize("name", ["key", "self", "field", "fields", "data", "", "a b", "ключ", "a\nb"])
def test_a_field_may_have_any_name(store: SecretStore, name: str) -> None:
    store.put("k", **{name: "1"})
    store.update("k", **{name: "2"}, other="3")

    assert store.get("k") == {name: "2", "other": "3"}
    assert store.get("k", name) == "2"


@pytest.mark.parametrize("value", ["", "a\nb\0c\t", "日本 😀", '{"json": [1]}', "x" * 100_000])
def test_any_text_is_a_value(store: SecretStore, value: str) -> None:
    store.put("k", a=value)

    assert store.get("k", "a") == value


@pytest.mark.parametrize("name", AWKWARD_NAMES)
def test_an_awkward_name_is_one_secret_in_the_users_home(store: SecretStore, notebook: Notebook, name: str) -> None:
    store.put(name, a="1")

    assert store.get(name) == {"a": "1"}
    listed = store.list("team") if name == "team/db" else store.list()
    assert listed == [name.removeprefix("team/")]
    store.delete(name)
    assert store.list() == []


@pytest.mark.parametrize(
    "name", ["", ".", "..", "../bob/k", "a/../b", "a/./b", "/a", "a/", "a//b", "a\nb", "\x7f", "\ud800"]
)
@pytest.mark.parametrize("operation", ["get", "put", "update", "delete", "list_fields", "delete_field"])
def test_a_name_that_would_leave_the_home_or_change_on_its_way_is_refused(
    store: SecretStore, name: str, operation: str
) -> None:
    operations = {
        "put": lambda: store.put(name, a="1"),
        "update": lambda: store.update(name, a="1"),
        "delete_field": lambda: store.delete(name, "a"),
    }

    with pytest.raises(InvalidKey, match="name") as refused:
        operations.get(operation, lambda: getattr(store, operation)(name))()
    assert isinstance(refused.value, ValueError)


def test_a_name_that_is_not_text_is_refused(store: SecretStore) -> None:
    with pytest.raises(InvalidKey, match="not int"):
        store.get(5)  # type: ignore[call-overload]


@pytest.mark.parametrize("value", [None, 5, b"bytes", ["list"], 1.5, True])
@pytest.mark.parametrize("operation", ["put", "update"])
def test_a_value_that_is_not_text_is_refused_by_its_fields_name(
    store: SecretStore, operation: str, value: object
) -> None:
    with pytest.raises(InvalidValue, match=f"Field 'bad' is {type(value).__name__}, and only text") as refused:
        getattr(store, operation)("k", good="1", bad=value)

    assert isinstance(refused.value, TypeError)
    assert isinstance(refused.value, ValueError)
    assert store.list() == []


def test_half_a_character_is_refused_rather_than_changed(store: SecretStore) -> None:
    for fields in ({"a": "x\ud800"}, {"\udfff": "x"}):
        with pytest.raises(InvalidValue, match="half of a character"):
            store.put("k", **fields)


@pytest.mark.parametrize("operation", ["put", "update"])
def test_a_secret_without_fields_is_refused(store: SecretStore, operation: str) -> None:
    with pytest.raises(InvalidValue, match="at least one field"):
        getattr(store, operation)("k")


def test_a_secret_larger_than_the_server_keeps_is_refused_and_the_old_one_stays(store: SecretStore) -> None:
    store.put("k", a="1")
    for operation in (store.put, store.update):
        with pytest.raises(TooLarge, match="'k' is larger than Vault stores"):
            operation("k", a="x" * 1_100_000)

    assert store.get("k") == {"a": "1"}


def test_what_is_not_there_is_a_key_error_that_names_it(store: SecretStore) -> None:
    store.put("k", a="1")
    for missing in (
        lambda: store.get("nope"),
        lambda: store.list_fields("nope"),
        lambda: store.delete("nope"),
    ):
        with pytest.raises(SecretNotFound, match=r"^The secret 'nope' does not exist\.$|^There is no secret 'nope'"):
            missing()
    for missing in (lambda: store.get("k", "b"), lambda: store.delete("k", "b")):
        with pytest.raises(KeyError) as raised:
            missing()
        assert str(raised.value) == "The secret 'k' has no field 'b'."


def test_update_sets_fields_and_leaves_the_others(store: SecretStore) -> None:
    store.put("k", a="1", b="2")
    store.update("k", b="3", c="4")

    assert store.get("k") == {"a": "1", "b": "3", "c": "4"}


def test_update_makes_a_secret_that_is_new_or_was_deleted(store: SecretStore, notebook: Notebook) -> None:
    store.update("k", a="1")
    assert store.get("k") == {"a": "1"}

    notebook.bao.ok("DELETE", f"secret/data/{notebook.home}/k")
    store.update("k", b="2")
    assert store.get("k") == {"b": "2"}


def test_list_names_secrets_and_folders(store: SecretStore) -> None:
    assert store.list() == []
    for name in ("b", "a", "team/db", "team/web/tls"):
        store.put(name, x="1")

    assert store.list() == ["a", "b", "team/"]
    assert store.list("team") == store.list("team/") == ["db", "web/"]
    assert store.list("nothing") == []


def test_list_fields_names_the_fields(store: SecretStore) -> None:
    store.put("k", b="1", a="2")

    assert sorted(store.list_fields("k")) == ["a", "b"]


def test_deleting_a_field_leaves_the_others(store: SecretStore) -> None:
    store.put("k", a="1", b="2")
    store.delete("k", field="a")

    assert store.get("k") == {"b": "2"}


def test_deleting_the_last_field_removes_the_secret(store: SecretStore) -> None:
    store.put("k", a="1")
    store.delete("k", "a")

    assert store.list() == []


def test_deleting_a_secret_removes_all_its_versions(store: SecretStore, notebook: Notebook) -> None:
    store.put("k", a="old")
    store.put("k", a="new")
    store.delete("k")

    assert notebook.bao.call("GET", f"secret/metadata/{notebook.home}/k")[0] == 404
    with pytest.raises(SecretNotFound):
        store.delete("k")


def test_a_secret_whose_newest_version_was_deleted_is_not_found_but_can_be_removed(
    store: SecretStore, notebook: Notebook
) -> None:
    store.put("k", a="1")
    notebook.bao.ok("DELETE", f"secret/data/{notebook.home}/k")

    for operation in (lambda: store.get("k"), lambda: store.list_fields("k"), lambda: store.delete("k", "a")):
        with pytest.raises(SecretNotFound, match="'k' was deleted"):
            operation()
    assert store.list() == ["k"]
    store.delete("k")
    assert store.list() == []


def test_stores_of_one_process_share_a_token(notebook: Notebook) -> None:
    notebook.delivered_store().put("k", a="1")
    notebook.environment.delenv("NOTEBOOK_VAULT_TOKEN")

    assert SecretStore().get("k") == {"a": "1"}


def test_a_users_store_does_not_reach_anothers_secrets(store: SecretStore, notebook: Notebook) -> None:
    store.put("k", a="1")
    notebook.environment.setenv("BUUNSTACK_SECRETS_HOME", "jupyter/users/jupyterhub.somebody")

    for operation in (
        lambda s: s.get("k"),
        lambda s: s.list(),
        lambda s: s.put("k", a="1"),
        lambda s: s.delete("k"),
    ):
        with pytest.raises(PermissionError, match="valid but may not do this"):
            operation(SecretStore())
