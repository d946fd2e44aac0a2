"""Sign-in with a real Keycloak: who comes in, as what, and what a sign-in asks of Keycloak."""

import time
from collections.abc import Iterator
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import pytest

from tests.hub.oidc.site import text_of
from tests.keycloak.hubsite import ADMINS, ALLOWED, OVERDUE_SECONDS, PASSWORD, Site
from tests.keycloakserver import KeycloakServer


@pytest.fixture(scope="module")
def site(keycloak: KeycloakServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with Site(keycloak, tmp_path_factory.mktemp("login"), realm={"editUsernameAllowed": True}) as made:
        yield made


def test_a_member_comes_in_with_the_full_paths_of_all_groups_and_starts_a_server(site: Site) -> None:
    site.account("ada", ALLOWED, "ml/vision")
    browser = site.signed_in("ada")

    started = site.hub.api("POST", "users/ada/server", browser.api_token())

    found = site.hub.api("GET", "users/ada").json()
    assert (sorted(found["groups"]), found["admin"]) == (["ml/vision", ALLOWED], False)
    assert started.status_code in (201, 202)
    site.hub.stop_server("ada")


def test_a_member_of_the_admin_group_is_an_administrator(site: Site) -> None:
    site.account("grace", ADMINS)
    browser = site.signed_in("grace")

    assert site.hub.api("GET", "users/grace").json()["admin"] is True
    assert browser.get("/hub/admin").status_code == 200


def test_an_account_without_any_group_is_told_which_one_to_ask_for_and_logs_no_error(site: Site) -> None:
    site.account("bob")
    before = len(site.hub.log.read_text())

    page = site.browser().sign_in("bob")

    assert page.status_code == 403
    assert f"Ask an administrator for membership in the group {ALLOWED}." in text_of(page)
    logged = site.hub.log.read_text()[before:]
    assert "[E " not in logged
    assert "Traceback" not in logged


@pytest.mark.parametrize("leaf", [ADMINS, "science/physics", "physics"])
def test_a_group_of_the_same_last_name_elsewhere_opens_nothing(site: Site, leaf: str) -> None:
    name = f"leaf-{leaf.replace('/', '-')}"
    site.account(name, f"students/{leaf}")

    assert site.browser().sign_in(name).status_code == 403
    assert site.hub.api("GET", f"users/{name}").status_code == 404


def test_a_wrong_password_stays_at_keycloak(site: Site) -> None:
    site.account("cleo", ALLOWED)

    page = site.browser().sign_in("cleo", "not-it")

    assert page.url.startswith(site.server.https_address)


def test_a_sign_in_asks_keycloak_three_times_at_most_and_a_lasting_session_never(
    site: Site,
) -> None:
    site.account("dan", ALLOWED)
    site.signed_in("dan")
    before = site.calls()

    browser = site.signed_in("dan")
    after = site.calls()
    time.sleep(OVERDUE_SECONDS)
    for _ in range(3):
        assert browser.signed_in()

    assert [call for call in after[len(before) :] if "openid" not in call] == ["POST token", "GET userinfo"]
    assert len(after) - len(before) <= 3
    assert site.calls() == after


def test_keycloak_takes_no_sign_in_without_a_challenge(site: Site) -> None:
    site.account("eve", ALLOWED)
    browser = site.browser()
    address = urlsplit(browser.get("/hub/oauth_login", allow_redirects=False).headers["Location"])
    kept = [(name, value) for name, value in parse_qsl(address.query) if not name.startswith("code_challenge")]

    without = address._replace(query=urlencode(kept)).geturl()
    sent = browser.session.get(without, allow_redirects=False, timeout=30)

    assert parse_qs(urlsplit(sent.headers["Location"]).query)["error"] == ["invalid_request"]
    page = browser.session.get(sent.headers["Location"], timeout=30)
    assert (page.status_code, "You are not signed in" in text_of(page)) == (403, True)


def test_a_name_that_went_to_another_person_is_refused_until_it_is_released(site: Site) -> None:
    former = site.account("fay", ALLOWED)
    site.signed_in("fay")
    site.remove(former)
    site.account("fay", ALLOWED)

    refused = site.browser().sign_in("fay")
    released = site.hub.api("DELETE", "stack/bindings/fay")
    admitted = site.browser().sign_in("fay")

    assert (refused.status_code, released.status_code, admitted.status_code) == (403, 204, 200)
    assert "Home and secrets of fay belong to another account that had this name before" in text_of(refused)
    assert "AUTH140 the name fay belongs to another account" in site.hub.log.read_text()


def test_a_renamed_account_comes_in_under_its_new_name_and_its_former_one_stays_its_own(site: Site) -> None:
    renamed = site.account("gus", ALLOWED)
    site.signed_in("gus")
    site.change(renamed, username="gustav")
    site.account("gus", ALLOWED)

    assert site.signed_in("gustav").signed_in()
    assert site.browser().sign_in("gus").status_code == 403
    assert {"gus", "gustav"} <= set(site.hub.api("GET", "stack/bindings").json()["names"])


def test_nothing_secret_of_keycloak_is_readable_in_log_or_database(site: Site) -> None:
    site.account("hal", ALLOWED)
    browser = site.browser()
    page = browser.get("/hub/oauth_login")
    back = browser.submit(page, allow_redirects=False, username="hal", password=PASSWORD).headers["Location"]
    browser.session.get(back, timeout=30)
    kept = site.session("hal")
    secrets = [parse_qs(urlsplit(back).query)["code"][0], kept["access_token"], kept["refresh_token"], site.secret]

    stored = site.hub.log.read_bytes()
    stored += b"".join(path.read_bytes() for path in (site.hub.folder / "hub").glob("*.sqlite*"))

    assert all(secrets)
    assert [secret[:12] for secret in secrets if secret.encode() in stored] == []
    assert kept["id_token"] is None
