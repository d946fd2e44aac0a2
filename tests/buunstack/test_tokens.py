"""A store's token over time: delivered or on demand, renewed, replaced, refused."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest

from buunstack import NotAllowed, SecretStore, SignInNeeded, Unavailable
from tests.buunstack.conftest import Notebook, Requests
from tests.buunstack.standins import HubEndpoint, eventually
from tests.vault_lab import prepare

During = Callable[[], AbstractContextManager[Requests]]
RENEWAL = ("update", "auth/token/renew-self")


def work(store: SecretStore, seconds: float) -> int:
    """Put and get for a while; how often."""
    rounds, end = 0, time.monotonic() + seconds
    while time.monotonic() < end:
        rounds += 1
        store.put("k", a=str(rounds))
        assert store.get("k", "a") == str(rounds)
        time.sleep(0.02)
    return rounds


def seconds_left(notebook: Notebook) -> int:
    """Of the delivered token, as Vault counts; a busy machine may be late, Vault's clock is not."""
    token = os.environ["NOTEBOOK_VAULT_TOKEN"]
    return int(notebook.bao.ok("POST", "auth/token/lookup", body={"token": token})["data"]["ttl"])


@pytest.fixture
def cap(notebook: Notebook) -> Iterator[Callable[[str], object]]:
    """Called with a time, tokens made from then on live that long at most."""
    yield lambda max_ttl: prepare(notebook.bao, max_ttl=max_ttl)
    prepare(notebook.bao)


def test_a_server_that_started_without_its_token_says_why(notebook: Notebook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BUUNSTACK_SECRETS_MISSING", "Your server started without its secrets. Vault did not answer.")

    with pytest.raises(SignInNeeded, match=r"started without its secrets\. Vault did not answer\. Restart your server"):
        SecretStore().get("k")


def test_a_server_that_started_without_its_token_gets_one_of_the_hub_and_is_told(
    notebook: Notebook, hub: HubEndpoint, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BUUNSTACK_SECRETS_MISSING", "Your server started without its secrets.")
    store = SecretStore()

    store.put("k", a="1")

    assert store.get("k") == {"a": "1"}
    assert capsys.readouterr().err.count("started without its secrets. Asking the hub for a token now.") == 1


def test_work_on_demand_goes_on_across_renewals_and_the_cap(
    notebook: Notebook, hub: HubEndpoint, cap: Callable[[str], object], requests_during: During
) -> None:
    cap("4s")
    hub.ttl = "2s"
    with requests_during() as seen:
        rounds = work(SecretStore(), 12)

    renewals = seen.count(RENEWAL)
    assert 3 <= hub.asked <= 5
    assert hub.asked <= renewals <= 3 * hub.asked
    assert len(seen) == 2 * rounds + 2 * hub.asked + renewals, "nothing but work, renewals and new tokens"


def test_a_delivered_token_is_renewed_with_a_third_of_its_life_left(
    notebook: Notebook, requests_during: During
) -> None:
    store = notebook.delivered_store("15s")
    with requests_during() as early:
        store.list()
        store.list()
    eventually(lambda: seconds_left(notebook) < 5, seconds=20)
    with requests_during() as late:
        store.list()
        store.list()

    assert RENEWAL not in early
    assert late.count(RENEWAL) == 1
    assert seconds_left(notebook) > 5


def test_a_delivered_token_at_its_cap_is_not_renewed_again_and_again(
    notebook: Notebook, cap: Callable[[str], object], requests_during: During, capfd: pytest.CaptureFixture[str]
) -> None:
    cap("17s")
    store = notebook.delivered_store("15s")
    store.list()
    eventually(lambda: seconds_left(notebook) < 5, seconds=20)
    with requests_during() as seen:
        for _ in range(10):
            store.list()

    assert seen.count(RENEWAL) == 1

    eventually(lambda: not store.get_status()["vault_authenticated"])
    with pytest.raises(SignInNeeded, match="expired or was revoked"):
        store.list()
    assert "nothing here gives another" in capfd.readouterr().err


def test_a_new_delivered_token_is_taken_when_the_old_one_died(notebook: Notebook) -> None:
    first = notebook.deliver()["client_token"]
    store = SecretStore()
    store.put("k", a="1")
    notebook.bao.ok("POST", "auth/token/revoke", body={"token": first})
    with pytest.raises(SignInNeeded):
        store.get("k")

    notebook.deliver()

    assert store.get("k") == {"a": "1"}


def test_a_dead_delivered_token_is_replaced_from_the_hub(notebook: Notebook, hub: HubEndpoint) -> None:
    notebook.environment.setenv("BUUNSTACK_SECRETS_HOME", notebook.home)
    token = notebook.deliver()["client_token"]
    store = SecretStore()
    store.put("k", a="1")
    assert hub.asked == 0
    notebook.bao.ok("POST", "auth/token/revoke", body={"token": token})

    assert store.get("k") == {"a": "1"}
    assert store.get_status()["authentication_method"] == "hub"
    assert hub.asked == 1


def test_a_token_of_the_hub_that_is_revoked_is_replaced_unseen(
    notebook: Notebook, hub: HubEndpoint, requests_during: During
) -> None:
    store = SecretStore()
    store.put("k", a="1")
    notebook.bao.ok("PUT", "sys/leases/revoke-prefix/auth/token/create/jupyterhub-notebook")

    with requests_during() as seen:
        assert store.get("k") == {"a": "1"}
    assert hub.asked == 2
    assert len(seen) == 5, "refused, looked up, made, opened, answered"


def test_an_expired_lease_is_replaced_before_it_is_used(
    notebook: Notebook, hub: HubEndpoint, requests_during: During
) -> None:
    hub.ttl = "1s"
    store = SecretStore()
    store.list()
    time.sleep(1.2)

    with requests_during() as seen:
        store.list()
    assert [path for _, path in seen[:2]] == ["auth/token/create/jupyterhub-notebook", "sys/wrapping/unwrap"]
    assert len(seen) == 3


def test_a_disabled_account_is_told_so_and_works_again_when_enabled(notebook: Notebook) -> None:
    store = notebook.delivered_store()
    store.put("k", a="1")
    notebook.disable()
    with pytest.raises(SignInNeeded, match="or your account is disabled"):
        store.get("k")

    notebook.disable(False)

    assert store.get("k") == {"a": "1"}


def test_a_disabled_account_gets_no_token_from_the_hub(notebook: Notebook, hub: HubEndpoint) -> None:
    store = SecretStore()
    store.put("k", a="1")
    notebook.disable()
    hub.refusal = (502, '{"status": 502, "message": "Vault refused"}')

    with pytest.raises(NotAllowed, match="is your account disabled"):
        store.get("k")


def test_a_renewal_that_fails_does_not_stop_the_work(notebook: Notebook, hub: HubEndpoint) -> None:
    hub.ttl = "15s"
    store = SecretStore()
    store.list()
    notebook.bao.ok("DELETE", "auth/token/roles/jupyterhub-notebook")  # a renewal is answered 500 now
    hub.refusal = (503, "")
    try:
        eventually(lambda: store.get_status()["token_seconds_left"] < 5, seconds=20)
        assert store.list() == []
    finally:
        prepare(notebook.bao)
    hub.refusal = None

    eventually(lambda: store.list() == [] and store.get_status()["token_seconds_left"] > 5)


@pytest.mark.parametrize(
    ("status", "error", "words"),
    [
        (403, NotAllowed, "not one of the hub's running servers any more"),
        (401, NotAllowed, "Restart your server"),
        (404, SignInNeeded, "hands out no Vault tokens"),
        (502, NotAllowed, "reason is in the hub's log"),
        (503, Unavailable, "hub cannot reach Vault"),
        (500, Unavailable, r"cannot give a Vault token now \(500\)"),
        (200, Unavailable, "neither Vault's nor the hub's"),
    ],
)
def test_a_refusal_of_the_hub_is_told_in_a_sentence(
    hub: HubEndpoint, status: int, error: type[Exception], words: str
) -> None:
    hub.refusal = (status, '{"message": "unread"}')

    with pytest.raises(error, match=words):
        SecretStore().list()


def test_the_hub_being_away_is_told(notebook: Notebook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUPYTERHUB_API_URL", "http://127.0.0.1:9/hub/api")
    monkeypatch.setenv("JUPYTERHUB_API_TOKEN", "some-token")

    with pytest.raises(Unavailable, match=r"^the hub at http://127\.0\.0\.1:9 cannot be reached\. Nothing was lost"):
        SecretStore().list()


def test_a_token_that_somebody_opened_on_its_way_is_told(hub: HubEndpoint) -> None:
    hub.used_wrapping = True

    with pytest.raises(Unavailable, match="opened by somebody else"):
        SecretStore().list()


def test_without_any_token_the_way_to_one_is_told(notebook: Notebook) -> None:
    with pytest.raises(SignInNeeded, match="neither NOTEBOOK_VAULT_TOKEN nor JUPYTERHUB_API_URL"):
        SecretStore().list()


def test_without_its_place_a_delivered_token_uses_the_user_name(
    notebook: Notebook, monkeypatch: pytest.MonkeyPatch, requests_during: During
) -> None:
    monkeypatch.delenv("BUUNSTACK_SECRETS_HOME")
    monkeypatch.setenv("JUPYTERHUB_USER", f"jupyterhub.{notebook.segment}")
    store = notebook.delivered_store()
    with requests_during() as seen:
        store.put("k", a="1")

    assert seen[-1][1] == f"secret/data/{notebook.home}/k"


def test_the_status_says_who_and_how_and_what_is_wrong(notebook: Notebook) -> None:
    none = SecretStore().get_status()
    assert none["authentication_method"] == "none"
    assert none["vault_authenticated"] is False
    assert none["problem"].startswith("There is no Vault token")

    token = notebook.deliver()["client_token"]
    store = SecretStore()
    good = store.get_status()
    assert 3500 < good.pop("token_seconds_left") <= 3600
    assert good == {
        "username": notebook.segment,
        "vault_addr": notebook.bao.address,
        "authentication_method": "environment",
        "vault_authenticated": True,
        "problem": None,
    }

    notebook.bao.ok("POST", "auth/token/revoke", body={"token": token})
    assert store.get_status()["vault_authenticated"] is False
