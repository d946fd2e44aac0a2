"""Secrets as environment variables."""

import os

import pytest

from buunstack import InvalidValue, SecretNotFound, SecretStore, get_env_from_secrets, put_env_to_secrets
from tests.buunstack.conftest import Notebook


@pytest.fixture(autouse=True)
def unset(monkeypatch: pytest.MonkeyPatch) -> None:
    """The variables of these tests are gone after each."""
    for name in ("BUUN_TEST_ONE", "BUUN_TEST_TWO"):
        monkeypatch.setenv(name, "before")
        monkeypatch.delenv(name)


def test_variables_come_back_as_they_were_stored(store: SecretStore) -> None:
    put_env_to_secrets(store, {"BUUN_TEST_ONE": "eins", "BUUN_TEST_TWO": "zwei = 2"})

    assert sorted(get_env_from_secrets(store)) == ["BUUN_TEST_ONE", "BUUN_TEST_TWO"]
    assert os.environ["BUUN_TEST_ONE"] == "eins"
    assert os.environ["BUUN_TEST_TWO"] == "zwei = 2"


def test_the_place_is_returned_and_may_be_another(store: SecretStore, notebook: Notebook) -> None:
    assert put_env_to_secrets(store, {"BUUN_TEST_ONE": "1"}) == f"{notebook.home}/environment"
    assert put_env_to_secrets(store, {"BUUN_TEST_ONE": "2"}, "prod") == f"{notebook.home}/prod"

    assert get_env_from_secrets(store, key="prod") == ["BUUN_TEST_ONE"]
    assert os.environ["BUUN_TEST_ONE"] == "2"


def test_values_are_stored_as_text(store: SecretStore) -> None:
    put_env_to_secrets(store, {"BUUN_TEST_ONE": 1, "BUUN_TEST_TWO": True})

    assert store.get("environment") == {"BUUN_TEST_ONE": "1", "BUUN_TEST_TWO": "True"}


def test_a_missing_secret_is_a_key_error(store: SecretStore) -> None:
    with pytest.raises(SecretNotFound):
        get_env_from_secrets(store)


@pytest.mark.parametrize("fields", [{"": "x"}, {"A=B": "x"}, {"A\0": "x"}, {"BUUN_TEST_TWO": "x\0"}])
def test_what_cannot_be_a_variable_sets_and_stores_nothing(store: SecretStore, fields: dict[str, str]) -> None:
    with pytest.raises(InvalidValue, match="cannot be an environment variable"):
        put_env_to_secrets(store, {"BUUN_TEST_ONE": "1"} | fields)
    assert store.list() == []

    store.put("environment", **({"BUUN_TEST_ONE": "1"} | fields))
    with pytest.raises(InvalidValue, match="cannot be an environment variable"):
        get_env_from_secrets(store)
    assert "BUUN_TEST_ONE" not in os.environ
