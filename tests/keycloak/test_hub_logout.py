"""Sign-outs with a real Keycloak: begun here, and begun there."""

from collections.abc import Iterator

import pytest

from tests.hub.oidc.site import text_of
from tests.hub.realhub import eventually
from tests.keycloak.hubsite import ALLOWED, Site, asks_for_a_password
from tests.keycloakserver import KeycloakServer


@pytest.fixture(scope="module")
def site(keycloak: KeycloakServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Access tokens last long: only a word of Keycloak ends a session early."""
    with Site(keycloak, tmp_path_factory.mktemp("logout")) as made:
        yield made


def test_a_sign_out_is_silent_and_ends_keycloaks_session(site: Site) -> None:
    account = site.account("ada", ALLOWED)
    browser = site.signed_in("ada")
    before = site.sessions(account)

    page = browser.get("/hub/logout")

    assert (page.status_code, page.url) == (200, f"{site.hub.url}/hub/login")
    assert [answer.url for answer in page.history] == [f"{site.hub.url}/hub/logout"]
    assert (len(before), site.sessions(account)) == (1, [])
    assert not browser.signed_in()
    assert asks_for_a_password(browser.get("/hub/oauth_login"))


def test_a_sign_out_in_one_browser_ends_every_browsers_session_here_and_at_keycloak(site: Site) -> None:
    account = site.account("bob", ALLOWED)
    first, second = site.signed_in("bob"), site.signed_in("bob")
    assert len(site.sessions(account)) == 2

    first.get("/hub/logout")

    eventually(lambda: not second.signed_in(), "the second browser is out")
    assert site.sessions(account) == []
    assert asks_for_a_password(first.get("/hub/oauth_login"))
    assert asks_for_a_password(second.get("/hub/oauth_login"))


def test_a_sign_in_after_a_sign_out_works(site: Site) -> None:
    site.account("cyd", ALLOWED)
    site.signed_in("cyd").get("/hub/logout")

    assert site.signed_in("cyd").signed_in()


def test_a_sign_out_at_keycloak_ends_the_hubs_session_and_no_server(site: Site) -> None:
    site.account("dan", ALLOWED)
    browser = site.signed_in("dan")
    site.hub.api("POST", "users/dan/server")
    question = browser.session.get(f"{site.issuer}/protocol/openid-connect/logout", timeout=30)

    browser.submit(question, confirmLogout="Logout")

    eventually(lambda: not browser.signed_in(), "the hub has heard of it")
    assert "dan has signed out at the provider" in site.hub.log.read_text()
    assert site.hub.server("dan")
    site.hub.stop_server("dan")


def test_a_session_that_an_administrator_of_keycloak_ends_is_out_at_once(site: Site) -> None:
    account = site.account("eve", ALLOWED)
    browser, token = site.signed_in("eve"), ""
    token = browser.api_token()

    site.admin.post(f"{site.realm}/users/{account}/logout", {})

    eventually(lambda: not browser.signed_in(), "the hub has heard of it")
    assert "eve has signed out at the provider" in site.hub.log.read_text()
    assert site.hub.api("GET", "user", token).status_code == 403


def test_a_sign_out_of_one_account_leaves_the_others(site: Site) -> None:
    site.account("fay", ALLOWED)
    site.account("gus", ALLOWED)
    leaving, staying = site.signed_in("fay"), site.signed_in("gus")

    leaving.get("/hub/logout")

    assert (leaving.signed_in(), staying.signed_in()) == (False, True)
    assert "Sign in to Notebooks of tests" in text_of(leaving.home())
