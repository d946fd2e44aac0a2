"""Vault in trouble: what a user is told, and that work goes on once it is over."""

import ssl
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import urllib3

from buunstack import BadSetting, CertificateNotTrusted, SecretStore, SecretStoreError, Unavailable
from buunstack.transport import Transport
from tests.buunstack.conftest import Notebook, notebook_in
from tests.buunstack.standins import Wire
from tests.openbao import OpenBao, certificates, free_port
from tests.vault_lab import notebook_token, prepare


@pytest.fixture(scope="module")
def own_bao(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenBao]:
    """An OpenBao to seal, stop and overload."""
    with OpenBao(tmp_path_factory.mktemp("troubled")) as bao:
        prepare(bao)
        yield bao


@pytest.fixture
def troubled(own_bao: OpenBao, monkeypatch: pytest.MonkeyPatch) -> SecretStore:
    """A store with the secret `k`, whose OpenBao a test may hurt."""
    store = notebook_in(own_bao, monkeypatch).delivered_store()
    store.put("k", a="1")
    return store


def test_a_sealed_vault_is_told_so_by_every_operation_and_loses_nothing(
    troubled: SecretStore, own_bao: OpenBao
) -> None:
    own_bao.seal()
    operations = (troubled.list, lambda: troubled.put("k", a="2"))
    try:
        for operation in operations:
            with pytest.raises(Unavailable, match=r"^Vault is sealed\. An administrator must unseal it"):
                operation()
        assert troubled.get_status()["problem"].startswith("Vault is sealed")
    finally:
        own_bao.unseal()

    assert troubled.get("k") == {"a": "1"}


def test_a_vault_that_was_killed_is_unreachable_until_it_is_back(troubled: SecretStore, own_bao: OpenBao) -> None:
    own_bao.kill()
    try:
        with pytest.raises(ConnectionError, match=r"^Vault at https://127\.0\.0\.1:\d+ cannot be reached\. Nothing"):
            troubled.get("k")
    finally:
        own_bao.start()
        own_bao.unseal()

    assert troubled.get("k") == {"a": "1"}


def test_a_short_overload_is_waited_out_and_a_long_one_told(troubled: SecretStore, own_bao: OpenBao) -> None:
    quota = {"path": "secret/", "rate": 1, "interval": "400ms"}
    own_bao.ok("POST", "sys/quotas/rate-limit/tests", body=quota)
    try:
        for _ in range(3):
            assert troubled.get("k") == {"a": "1"}
        own_bao.ok("POST", "sys/quotas/rate-limit/tests", body=quota | {"interval": "1h"})
        troubled.get("k")
        with pytest.raises(Unavailable, match=r"overloaded \(429\)"):
            troubled.get("k")
    finally:
        own_bao.ok("DELETE", "sys/quotas/rate-limit/tests")

    assert troubled.get("k") == {"a": "1"}


@pytest.mark.parametrize("operation", ["get", "put", "update", "delete a field", "delete the last field"])
def test_a_connection_that_breaks_during_an_operation_is_made_anew(
    notebook: Notebook, store: SecretStore, operation: str
) -> None:
    with Wire(notebook.bao.port) as wire:
        notebook.environment.setenv("VAULT_ADDR", wire.address)
        store = SecretStore()
        store.put("k", a="1", b="2")
        store.put("last", a="1")
        wire.cut_requests = 1
        {
            "get": lambda: store.get("k"),
            "put": lambda: store.put("k", a="9"),
            "update": lambda: store.update("k", a="9"),
            "delete a field": lambda: store.delete("k", "a"),
            "delete the last field": lambda: store.delete("last", "a"),
        }[operation]()

        assert wire.cut_requests == 0
        assert wire.connections == 2


def test_a_lost_answer_to_a_deletion_does_not_become_an_error(notebook: Notebook, store: SecretStore) -> None:
    with Wire(notebook.bao.port) as wire:
        notebook.environment.setenv("VAULT_ADDR", wire.address)
        store = SecretStore()
        store.put("k", a="1")
        wire.lose_answer_of = 2  # the first request reads, the second one drops the field
        store.delete("k", "a")

        assert wire.connections == 2
        assert store.list() == []


def test_a_connection_that_breaks_again_and_again_is_told(notebook: Notebook, store: SecretStore) -> None:
    with Wire(notebook.bao.port) as wire:
        notebook.environment.setenv("VAULT_ADDR", wire.address)
        store = SecretStore()
        wire.cut_requests = 99
        with pytest.raises(Unavailable, match=r"^The connection to Vault at .* broke\. Nothing was lost"):
            store.list()

    assert wire.cut_requests == 95, "four attempts, not more"


@pytest.mark.parametrize("hang_up", [ssl.SSLEOFError, ssl.SSLZeroReturnError])
def test_a_hang_up_in_the_handshake_is_a_broken_connection_in_every_python(hang_up: type[ssl.SSLError]) -> None:
    transport = Transport("Vault", 1, ca_variable="VAULT_CACERT")

    failure = transport._failure(urllib3.exceptions.SSLError(hang_up(8, "EOF")), "https://127.0.0.1:1/", True)

    assert "broke" in str(failure.error)
    assert failure.may_repeat


def test_a_vault_that_does_not_answer_in_time_is_told(notebook: Notebook, store: SecretStore) -> None:
    with Wire(notebook.bao.port) as wire:
        notebook.environment.setenv("VAULT_ADDR", wire.address)
        notebook.environment.setenv("VAULT_CLIENT_TIMEOUT", "0.5")
        store = SecretStore()
        store.list()
        wire.swallow = True
        with pytest.raises(Unavailable, match="did not answer in time"):
            store.list()


def test_a_vault_that_comes_back_within_a_second_is_waited_for(notebook: Notebook) -> None:
    port = free_port()
    notebook.environment.setenv("VAULT_ADDR", f"https://127.0.0.1:{port}")
    store = notebook.delivered_store()
    wires: list[Wire] = []

    def come_back() -> None:
        time.sleep(0.3)
        wires.append(Wire(notebook.bao.port, port).__enter__())

    starter = threading.Thread(target=come_back)
    starter.start()
    try:
        assert store.list() == []
    finally:
        starter.join()
        wires[0].__exit__()


def test_an_authority_that_is_not_the_vaults_is_told_with_the_variable(
    notebook: Notebook, store: SecretStore, tmp_path: Path
) -> None:
    other = certificates(tmp_path).ca
    notebook.environment.setenv("VAULT_CACERT", str(other))
    with pytest.raises(CertificateNotTrusted, match=f"not trusted .*VAULT_CACERT={other}"):
        SecretStore().list()

    notebook.environment.delenv("VAULT_CACERT")
    with pytest.raises(CertificateNotTrusted, match="VAULT_CACERT is not set, so the system's") as raised:
        SecretStore().list()
    assert isinstance(raised.value, ConnectionError)


def test_an_authority_that_is_corrected_in_its_file_is_used_at_once(
    notebook: Notebook, store: SecretStore, tmp_path: Path
) -> None:
    file = certificates(tmp_path).ca
    notebook.environment.setenv("VAULT_CACERT", str(file))
    store = SecretStore()
    with pytest.raises(CertificateNotTrusted):
        store.list()

    file.write_bytes(notebook.bao.ca.read_bytes())

    assert store.list() == []


def test_a_vault_with_another_certificate_is_not_trusted_until_its_authority_is_there(
    own_bao: OpenBao, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "ca.pem"
    file.write_bytes(own_bao.ca.read_bytes())
    notebook_in(own_bao, monkeypatch)
    monkeypatch.setenv("VAULT_CACERT", str(file))
    monkeypatch.setenv("NOTEBOOK_VAULT_TOKEN", notebook_token(own_bao, "changed")["client_token"])
    monkeypatch.setenv("BUUNSTACK_SECRETS_HOME", "jupyter/users/jupyterhub.changed")
    store = SecretStore()
    store.put("k", a="1")

    own_bao.kill()
    own_bao.new_certificate()
    own_bao.start()
    own_bao.unseal()

    with pytest.raises(CertificateNotTrusted, match=f"VAULT_CACERT={file}, which must hold its authority"):
        store.get("k")
    file.write_bytes(own_bao.ca.read_bytes())
    assert store.get("k") == {"a": "1"}


def test_the_systems_authorities_decide_without_vault_cacert(notebook: Notebook, store: SecretStore) -> None:
    notebook.environment.delenv("VAULT_CACERT")
    notebook.environment.setenv(ssl.get_default_verify_paths().openssl_cafile_env, str(notebook.bao.ca))

    assert SecretStore().list() == []


def test_a_certificate_for_another_name_is_not_trusted(notebook: Notebook, store: SecretStore) -> None:
    notebook.environment.setenv("VAULT_ADDR", notebook.bao.address.replace("127.0.0.1", "127.0.0.2"))
    with Wire(notebook.bao.port, host="127.0.0.2") as wire:
        notebook.environment.setenv("VAULT_ADDR", wire.address)
        with pytest.raises(CertificateNotTrusted, match=r"not valid for '127\.0\.0\.2'"):
            SecretStore().list()


@pytest.mark.parametrize("text", [None, "", "no certificate"])
def test_an_authority_file_that_cannot_be_used_is_told(
    notebook: Notebook, store: SecretStore, tmp_path: Path, text: str | None
) -> None:
    file = tmp_path / "ca.pem"
    if text is not None:
        file.write_text(text)
    notebook.environment.setenv("VAULT_CACERT", str(file))

    with pytest.raises(BadSetting, match=f"^VAULT_CACERT is {file}, which cannot be used"):
        SecretStore().list()


def test_proxies_of_the_environment_are_not_used(notebook: Notebook, store: SecretStore) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        notebook.environment.setenv(name, "http://127.0.0.1:9")
    notebook.environment.setenv("VAULT_CLIENT_TIMEOUT", "29")  # a store of its own

    assert SecretStore().list() == []


def test_a_mount_that_is_not_there_is_an_error_and_not_an_empty_list(
    notebook: Notebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BUUNSTACK_SECRETS_MOUNT", "nowhere")
    monkeypatch.setenv("NOTEBOOK_VAULT_TOKEN", notebook.bao.root_token)
    store = SecretStore()

    for operation in (
        store.list,
        lambda: store.get("k"),
        lambda: store.put("k", a="1"),
        lambda: store.update("k", a="1"),
    ):
        with pytest.raises(SecretStoreError, match=r"Vault refuses this request .*\(404\): no handler for route"):
            operation()
