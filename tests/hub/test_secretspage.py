"""The page for one's own secrets, behind a real hub and a real OpenBao: a secret's whole life, and nobody else's."""

import asyncio
import html
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from jupyterhub import orm

from hub.ledger import Ledger
from hub.revocation import Revoker
from hub.settings import Vault
from hub.vaultapi import VaultApi
from tests.hub.pagehub import PREFIX, TOKEN, Browser, PageHub
from tests.hub.realhub import eventually, hub_token
from tests.hub.vaultside import VaultSide


@pytest.fixture(scope="module")
def hub(vault: VaultSide, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PageHub]:
    with PageHub(tmp_path_factory.mktemp("page") / "state", vault) as hub:
        yield hub


@pytest.fixture
def alice(hub: PageHub) -> Browser:
    return Browser(hub, "alice")


def stored(vault: VaultSide, user: str, key: str) -> Any:
    status, answer = vault.bao.call("GET", f"secret/data/jupyter/users/jupyterhub.{user}/{key}")
    return answer["data"]["data"] if status == 200 else None


def test_a_secrets_whole_life(vault: VaultSide, alice: Browser) -> None:
    made = alice.post("new", key="team/db", field="password", value="first\r\nline 2 é \r\n")
    assert made.status_code == 200, made.text
    assert stored(vault, "alice", "team/db") == {"password": "first\nline 2 é \n"}
    assert "team/" in alice.texts(alice.get())
    assert "db" in alice.texts(alice.get(folder="team/"))

    alice.post("field", key="team/db", version=1, field="user", value="app")
    alice.post("field", key="team/db", version=2, field="password", value="second")
    assert stored(vault, "alice", "team/db") == {"password": "second", "user": "app"}
    alice.post("field", key="team/db", version=3, field="user", drop="yes")
    assert stored(vault, "alice", "team/db") == {"password": "second"}

    alice.post("history", key="team/db", version=1)
    assert stored(vault, "alice", "team/db") == {"password": "first\nline 2 é \n"}
    alice.post("delete", key="team/db")
    assert stored(vault, "alice", "team/db") is None
    assert "deleted" in alice.texts(alice.get("history", key="team/db"))
    alice.post("history", key="team/db", version=5, undelete="yes")
    assert stored(vault, "alice", "team/db") == {"password": "first\nline 2 é \n"}
    assert alice.post("delete", key="team/db", for_good="yes").status_code == 400
    alice.post("delete", key="team/db", for_good="yes", sure="yes")
    assert alice.get("history", key="team/db").status_code == 404


def test_a_value_is_hidden_until_it_is_asked_for_and_kept_nowhere(
    vault: VaultSide, alice: Browser, hub: PageHub
) -> None:
    alice.post("new", key="hidden", field="one", value="<b>value-one</b>")
    alice.post("field", key="hidden", version=1, field="two", value="value-two")

    pages = [alice.get(), alice.get("secret", key="hidden"), alice.get("history", key="hidden")]
    shown = alice.get("secret", key="hidden", show="one")

    assert not any("value-" in page.text for page in pages)
    assert "<b>value-one</b>" in html.unescape(shown.text)
    assert "<b>value-one</b>" not in shown.text
    assert "value-two" not in shown.text
    assert {page.headers["Cache-Control"] for page in [*pages, shown]} == {"no-store"}
    assert "frame-ancestors 'none'" in shown.headers["Content-Security-Policy"]
    assert "value-" not in hub.page_log.read_text() + hub.log.read_text()


@pytest.mark.parametrize("key", ["with blank", "100%25", "é/ü", "a+b", "x#y?z=&", "q\"uote'"])
def test_a_name_is_taken_as_it_is(vault: VaultSide, alice: Browser, key: str) -> None:
    alice.post("new", key=key, field="f", value="v")

    assert alice.get("secret", key=key, show="f").status_code == 200
    assert key.rpartition("/")[2] in alice.texts(alice.get(folder="é/" if "/" in key else ""))


@pytest.mark.parametrize("key", ["", "../bob/k", "a//b", "/a", "a/", "a/./b", "a\nb"])
def test_a_name_that_leads_elsewhere_is_refused_with_a_sentence(alice: Browser, key: str) -> None:
    assert alice.post("new", key=key, field="f", value="v").status_code == 400
    assert alice.get("secret", key=key).status_code == 400


def test_a_change_of_somebody_else_meanwhile_is_not_overwritten(vault: VaultSide, alice: Browser) -> None:
    alice.post("new", key="shared-edit", field="f", value="1")
    path = "secret/data/jupyter/users/jupyterhub.alice/shared-edit"
    vault.bao.ok("POST", path, body={"data": {"f": "of the notebook"}})

    answer = alice.post("field", key="shared-edit", version=1, field="f", value="2")

    assert answer.status_code == 409
    assert "Somebody has changed this secret meanwhile" in answer.text
    assert stored(vault, "alice", "shared-edit") == {"f": "of the notebook"}
    assert alice.post("new", key="shared-edit", field="f", value="3").status_code == 409


def test_a_request_from_elsewhere_does_nothing(vault: VaultSide, alice: Browser) -> None:
    where = f"{alice.hub.url}{PREFIX}new"
    sent = {"key": "forged", "field": "f", "value": "v"}

    for extra in ({}, {"_xsrf": "guess"}):
        answer = alice.session.post(where, data={**sent, **extra}, headers={"Origin": "https://evil"}, timeout=20)
        assert answer.status_code == 403
    stranger = requests.post(where, data=sent, timeout=20)

    assert stranger.status_code == 403
    assert stored(vault, "alice", "forged") is None


def test_a_form_without_its_cookie_is_refused_and_hangs_nobody(hub: PageHub, alice: Browser) -> None:
    alice.get()
    kept = {cookie.name: cookie.value or "" for cookie in alice.session.cookies if cookie.name.startswith("service-")}

    answer = requests.post(
        f"{hub.url}{PREFIX}new", data={"_xsrf": "x", "key": "k", "field": "f", "value": "v"}, cookies=kept, timeout=10
    )

    assert kept
    assert answer.status_code == 403
    assert alice.get().status_code == 200


def test_another_users_secrets_are_out_of_reach(vault: VaultSide, hub: PageHub, alice: Browser) -> None:
    alice.post("new", key="mine", field="f", value="of alice")
    bob = Browser(hub, "bob")

    assert bob.get("secret", key="mine").status_code == 404
    assert "of alice" not in bob.get("secret", key="mine", show="f").text


def test_the_token_of_a_request_ends_with_it(vault: VaultSide, alice: Browser) -> None:
    before, seen = vault.accessors(), len(vault.bao.requests_seen())

    alice.get()

    eventually(lambda: vault.accessors() <= before, "no token is left")
    assert ("update", "auth/token/revoke-self") in vault.bao.requests_seen()[seen:]


def test_a_sweep_leaves_a_token_of_the_page_alone_while_it_is_in_use(vault: VaultSide, tmp_path: Path) -> None:
    async def story() -> list[bool]:
        api = VaultApi(Vault(**vault.settings), vault.layout.stack)
        db = orm.new_session_factory(f"sqlite:///{tmp_path / 'hub.sqlite'}")()
        given, revoker = await api.deliver("alice", "(page)"), Revoker(api)
        Ledger(db).add(given.accessor, "alice", "(page)")
        revoker.spare(given.accessor, 0.2)
        await revoker.sweep(db)
        lives = [vault.lives(given.token)]
        await asyncio.sleep(0.3)  # the time that was asked for
        await revoker.sweep(db)
        db.close()
        return [*lives, vault.lives(given.token)]

    assert asyncio.run(story()) == [True, False]


def test_no_other_token_gets_one_through_the_way_of_the_page(hub: PageHub, vault: VaultSide, alice: Browser) -> None:
    own = hub.api("POST", "users/alice/tokens", json={}).json()["token"]
    scoped = hub.api("POST", "users/alice/tokens", json={"scopes": ["custom:vault:page!user=alice"]})

    for token in (own, scoped.json().get("token", "none"), TOKEN):
        assert hub.ask(token).status_code == 403
    server = hub.spawn("alice")
    headers = {"Authorization": f"token {hub_token(server)}"}
    assert requests.get(f"{hub.page_url}{PREFIX}", headers=headers, timeout=20).status_code == 403


def test_shared_secrets_are_listed_and_cannot_be_written(vault: VaultSide, alice: Browser) -> None:
    vault.bao.ok("POST", "secret/data/jupyter/shared/team/licence", body={"data": {"k": "everybodys"}})

    page = alice.get(shared="yes", folder="team/")

    assert "team/licence" in alice.texts(page)
    assert "everybodys" not in page.text


def test_what_is_no_text_is_shown_and_kept(vault: VaultSide, alice: Browser) -> None:
    path = "secret/data/jupyter/users/jupyterhub.alice/odd"
    vault.bao.ok("POST", path, body={"data": {"number": 7, "list": [1, "a"], "text": "t"}})

    assert '[1, "a"]' in alice.texts(alice.get("secret", key="odd", show="list"))
    alice.post("field", key="odd", version=1, field="text", value="changed")
    assert stored(vault, "alice", "odd") == {"number": 7, "list": [1, "a"], "text": "changed"}


def test_without_vault_the_page_says_so_and_nothing_is_lost(vault: VaultSide, alice: Browser) -> None:
    alice.post("new", key="kept", field="f", value="v")

    with vault.sealed():
        answer = alice.get("secret", key="kept", show="f")

    assert answer.status_code == 503
    assert "Vault cannot be reached now. Nothing was lost" in answer.text
    assert "v" in alice.texts(alice.get("secret", key="kept", show="f"))


def test_a_session_goes_on_after_the_page_or_the_hub_was_restarted(hub: PageHub, alice: Browser) -> None:
    assert alice.get().status_code == 200
    page = hub._processes.pop("page")
    page.terminate()
    assert page.wait(20) == 0
    hub.start_page()
    assert "My secrets" in alice.texts(alice.get())

    hub.stop()
    hub.start()
    assert "My secrets" in alice.texts(alice.get())


def test_whoever_has_signed_out_sees_nothing_any_more(hub: PageHub) -> None:
    carol = Browser(hub, "carol")
    assert "carol" in carol.texts(carol.get())

    carol.session.get(f"{hub.url}/hub/logout", timeout=20)

    until = time.monotonic() + 10
    while "My secrets" in carol.texts(carol.get()):
        assert time.monotonic() < until
    assert "Sign in" in carol.get().text


def test_the_hubs_own_pages_have_the_stacks_name_and_lead_to_it(hub: PageHub, alice: Browser) -> None:
    page = alice.session.get(f"{hub.url}/hub/home", timeout=20).text

    assert f'href="{PREFIX}"' in page
    assert "<title>Notebooks of tests</title>" in page
