"""Whether somebody may still be here, as a real Keycloak answers when an access token has ended."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.hub.oidc.site import text_of
from tests.hub.realhub import eventually
from tests.keycloak.hubsite import ADMINS, ALLOWED, LONG, OVERDUE_SECONDS, SHORT, KeycloakBrowser, Site
from tests.keycloakserver import KeycloakServer


@pytest.fixture(scope="module")
def site(keycloak: KeycloakServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Access tokens end at once; a refresh token is good for one use."""
    strict = {"revokeRefreshToken": True, "refreshTokenMaxReuse": 0, "editUsernameAllowed": True}
    with Site(keycloak, tmp_path_factory.mktemp("refresh"), SHORT, strict) as made:
        yield made


def out(browser: KeycloakBrowser) -> str:
    """What the sign-in page says, once the browser is sent there."""

    def sent() -> str:
        page = browser.home()
        return text_of(page) if page.url.startswith(f"{browser.hub.url}/hub/login") else ""

    return str(eventually(sent, "the session ends"))


def test_an_ended_access_token_is_replaced_by_two_calls(site: Site) -> None:
    site.account("ada", ALLOWED)
    browser = site.signed_in("ada")
    first, before = site.session("ada"), site.calls()
    time.sleep(OVERDUE_SECONDS)

    assert browser.get("/hub/api/user", headers={"Referer": site.hub.url}).status_code == 200
    assert site.calls()[len(before) :] == ["POST token", "GET userinfo"]
    assert site.session("ada")["refresh_token"] != first["refresh_token"]
    assert site.session("ada")["sid"] == first["sid"]


def test_twelve_requests_at_once_are_all_answered_and_refresh_once(site: Site) -> None:
    site.account("bea", ALLOWED)
    browser = site.signed_in("bea")
    token = browser.api_token()
    site.set_realm(accessTokenLifespan=LONG)
    time.sleep(OVERDUE_SECONDS)
    before = site.calls()

    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda _: site.hub.api("GET", "user", token).status_code, range(12)))

    site.set_realm(accessTokenLifespan=SHORT)
    assert answers == [200] * 12
    assert site.calls()[len(before) :] == ["POST token", "GET userinfo"]


def test_twelve_requests_at_once_are_all_answered_where_each_finds_its_token_ended(site: Site) -> None:
    site.account("bert", ALLOWED)
    browser = site.signed_in("bert")
    token = browser.api_token()
    for _ in range(3):
        time.sleep(OVERDUE_SECONDS)
        with ThreadPoolExecutor(12) as pool:
            answers = list(pool.map(lambda _: site.hub.api("GET", "user", token).status_code, range(12)))

        assert answers == [200] * 12
    assert browser.signed_in()


def test_admin_is_gained_and_lost_without_a_new_sign_in(site: Site) -> None:
    account = site.account("cyd", ALLOWED)
    browser = site.signed_in("cyd")

    def admin_is(wanted: bool) -> bool:
        return browser.signed_in() and site.hub.api("GET", "users/cyd").json()["admin"] is wanted

    assert admin_is(False)
    site.join(account, ADMINS)
    eventually(lambda: admin_is(True), "admin is gained")
    site.leave(account, ADMINS)
    eventually(lambda: admin_is(False), "admin is lost")


def test_whoever_left_every_allowed_group_is_out_and_told_why(site: Site) -> None:
    account = site.account("dan", ALLOWED, "arts")
    browser = site.signed_in("dan")
    site.leave(account, ALLOWED)

    assert "Your account may not use this platform any more" in out(browser)


def test_whoever_left_every_allowed_group_starts_no_server_from_then_on(site: Site) -> None:
    account = site.account("eve", ALLOWED)
    token = site.signed_in("eve").api_token()
    site.leave(account, ALLOWED)
    time.sleep(OVERDUE_SECONDS)

    assert site.hub.api("POST", "users/eve/server", token).status_code == 403
    assert site.hub.api("POST", "users/eve/server").status_code == 403  # by an administrator
    assert site.hub.server("eve") == {}


def test_a_disabled_account_signs_in_again_which_keycloak_refuses(site: Site) -> None:
    account = site.account("fay", ALLOWED)
    browser = site.signed_in("fay")
    site.hub.api("POST", "users/fay/server")
    site.change(account, enabled=False)

    assert "Your session has ended. Sign in again" in out(browser)
    assert site.hub.server("fay")  # servers go on
    assert site.browser().sign_in("fay").url.startswith(site.server.https_address)
    assert site.hub.api("POST", "users/fay/servers/second").status_code == 403
    site.hub.stop_server("fay")


def test_a_session_that_ends_without_a_word_to_the_hub_is_out_at_the_next_look(site: Site) -> None:
    site.lab.change_client(attributes={"backchannel.logout.url": ""})
    account = site.account("gil", ALLOWED)
    browser = site.signed_in("gil")
    token = browser.api_token()
    site.admin.post(f"{site.realm}/users/{account}/logout", {})

    assert "Your session has ended. Sign in again" in out(browser)
    assert site.hub.api("GET", "user", token).status_code == 403
    site.install(site.secret)


def test_a_removed_account_is_out(site: Site) -> None:
    account = site.account("hal", ALLOWED)
    browser = site.signed_in("hal")
    site.remove(account)

    assert "Your session has ended" in out(browser)


def test_a_renamed_account_is_out(site: Site) -> None:
    account = site.account("ida", ALLOWED)
    browser = site.signed_in("ida")
    site.change(account, username="idabelle")

    assert "Your session has ended" in out(browser)
