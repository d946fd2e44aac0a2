"""A real Keycloak that is stopped, hangs, comes back, or shows another certificate. The module has its own server."""

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hub.oidc.site import text_of
from tests.hub.realhub import eventually
from tests.keycloak.hubsite import ALLOWED, OVERDUE_SECONDS, SHORT, KeycloakBrowser, Site
from tests.keycloakserver import KeycloakServer, server
from tests.openbao import certificates

GRACE_SECONDS = 6


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KeycloakServer]:
    with server(tmp_path_factory.mktemp("keycloak"), fixed_hostname=True) as running:
        yield running


@pytest.fixture(scope="module")
def site(own: KeycloakServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with Site(own, tmp_path_factory.mktemp("patient"), SHORT) as made:
        made.account("ada", ALLOWED)
        yield made


@pytest.fixture(scope="module")
def inside(own: KeycloakServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Its hub reaches Keycloak at an address of its own, has no use for a certificate, and soon loses patience."""
    ways = {"internal_url": own.address, "ca_file": None, "outage_grace_seconds": GRACE_SECONDS}
    with Site(own, tmp_path_factory.mktemp("inside"), SHORT, **ways) as made:
        made.account("bob", ALLOWED)
        yield made


def turned_away(site: Site) -> bool:
    """Whether somebody who signs in is told that Keycloak is away."""
    page = site.browser().get("/hub/oauth_login", allow_redirects=False)
    return page.status_code == 503 and "The sign-in service is away" in text_of(page)


def goes_on(browser: KeycloakBrowser, token: str) -> bool:
    """Whether session and API token are taken when the hub looks again."""
    time.sleep(OVERDUE_SECONDS)
    return browser.signed_in() and browser.hub.api("GET", "user", token).status_code == 200


def back(site: Site, name: str) -> None:
    """Wait until people can sign in again."""
    eventually(lambda: not turned_away(site), "the hub asks Keycloak again")
    assert site.signed_in(name).signed_in()


def test_the_hub_has_an_address_of_its_own_for_keycloak_and_browsers_the_public_one(inside: Site) -> None:
    form = inside.browser().get("/hub/oauth_login")
    browser = inside.signed_in("bob")
    time.sleep(OVERDUE_SECONDS)

    assert form.url.startswith(inside.server.https_address)
    assert browser.signed_in()
    browser.get("/hub/logout")
    assert inside.sessions(inside.admin.get(f"{inside.realm}/users", username="bob")[0]["id"]) == []


def test_a_stopped_keycloak_ends_sessions_after_the_grace_alone_and_nothing_is_lost_when_it_is_back(
    site: Site, inside: Site
) -> None:
    patient, other = site.signed_in("ada"), inside.signed_in("bob")
    token = patient.api_token()
    site.hub.api("POST", "users/ada/server")
    site.server.stop()

    assert goes_on(patient, token)
    assert other.signed_in()
    eventually(lambda: turned_away(site), "a new sign-in is told")
    page = eventually(lambda: None if (found := other.home()).url.endswith("/hub/home") else found, "the grace ends")
    assert "the sign-in service was away for too long" in text_of(page)
    assert goes_on(patient, token)

    site.server.start()
    back(site, "ada")
    assert goes_on(patient, token)
    assert site.hub.server("ada")
    site.hub.stop_server("ada")


def test_a_keycloak_that_hangs_keeps_nobody_waiting_for_long(site: Site) -> None:
    browser = site.signed_in("ada")
    token = browser.api_token()
    site.server.pause()
    try:
        assert goes_on(browser, token)
        eventually(lambda: turned_away(site), "a new sign-in is told")
        assert goes_on(browser, token)
    finally:
        site.server.resume()
    back(site, "ada")
    assert goes_on(browser, token)


def test_a_certificate_of_another_authority_is_not_trusted_and_ends_no_session(site: Site, tmp_path: Path) -> None:
    browser = site.signed_in("ada")
    token, trusted = browser.api_token(), site.server.ca.read_text()
    made, used = certificates(tmp_path), site.server.tls
    site.server.stop()
    for new, old in ((made.certificate, used.certificate), (made.key, used.key)):
        shutil.copyfile(new, old)
    site.server.start()

    assert goes_on(browser, token)
    eventually(lambda: turned_away(site), "a new sign-in is told")
    assert "AUTH102" in site.hub.log.read_text()
    # The administrator puts the new authority beside the old one.
    site.server.ca.write_text(trusted + made.ca.read_text())
    back(site, "ada")
    assert goes_on(browser, token)
