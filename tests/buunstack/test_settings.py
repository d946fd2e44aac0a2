"""The variables of the environment, right and wrong."""

import pytest

from buunstack import BadSetting, SecretStore
from tests.buunstack.conftest import Notebook


@pytest.mark.parametrize(
    "address", ["vault:8200", "ftp://vault", "https://", "https://host:port", "//vault", "https://[::1"]
)
def test_an_address_that_is_none_is_told(notebook: Notebook, address: str) -> None:
    notebook.environment.setenv("VAULT_ADDR", address)

    with pytest.raises(BadSetting, match=r"^VAULT_ADDR is .*, which is not an address like https"):
        notebook.delivered_store().list()


@pytest.mark.parametrize("address", ["http://vault.example.com:8200", "http://10.0.0.1"])
def test_a_token_is_never_sent_without_tls(notebook: Notebook, address: str) -> None:
    notebook.environment.setenv("VAULT_ADDR", address)

    with pytest.raises(BadSetting, match="a token is never sent without TLS"):
        notebook.delivered_store().list()


def test_a_missing_address_is_told(notebook: Notebook) -> None:
    notebook.environment.delenv("VAULT_ADDR")

    with pytest.raises(BadSetting, match=r"^VAULT_ADDR is not set"):
        notebook.delivered_store().list()


def test_a_final_slash_of_the_address_does_no_harm(notebook: Notebook) -> None:
    notebook.environment.setenv("VAULT_ADDR", notebook.bao.address + "/")

    assert notebook.delivered_store().list() == []


def test_without_a_user_name_the_place_of_secrets_is_asked_for(notebook: Notebook) -> None:
    notebook.environment.delenv("JUPYTERHUB_USER")
    notebook.environment.delenv("BUUNSTACK_SECRETS_HOME")

    with pytest.raises(BadSetting, match="JUPYTERHUB_USER is not set"):
        notebook.delivered_store().list()


@pytest.mark.parametrize("seconds", ["soon", "0", "-1", "inf", "nan"])
def test_a_time_limit_that_is_none_is_told(notebook: Notebook, seconds: str) -> None:
    notebook.environment.setenv("VAULT_CLIENT_TIMEOUT", seconds)

    with pytest.raises(BadSetting, match=f"^VAULT_CLIENT_TIMEOUT is '{seconds}', which is not a number of seconds"):
        SecretStore()
