"""What hub and Keycloak prove to each other: an authority that is another's, and a secret that is replaced or wrong."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hub.oidc.site import text_of
from tests.keycloak.hubsite import ALLOWED, OVERDUE_SECONDS, SHORT, Site
from tests.keycloakserver import KeycloakServer
from tests.openbao import certificates

NEW = "new-secret-of-the-hub-0123456789"


@pytest.fixture(scope="module")
def site(keycloak: KeycloakServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with Site(keycloak, tmp_path_factory.mktemp("trust"), SHORT) as made:
        made.account("ada", ALLOWED)
        yield made


def test_nobody_notices_that_the_secret_is_replaced(site: Site) -> None:
    browser = site.signed_in("ada")

    def goes_on() -> bool:
        time.sleep(OVERDUE_SECONDS)
        return browser.signed_in() and site.signed_in("ada").signed_in()

    site.secret_file.write_text(f"{NEW}\n{site.secret}\n")
    before = goes_on()
    site.install(NEW)
    between = goes_on()
    site.secret_file.write_text(f"{NEW}\n")

    assert (before, between, goes_on()) == (True, True, True)
    assert "is away" not in site.hub.log.read_text()
    assert site.secret not in site.hub.log.read_text()
    site.secret_file.write_text(site.secret)
    site.install(site.secret)


def test_a_wrong_secret_is_said_to_be_the_platforms_own_fault_and_ends_no_session(site: Site) -> None:
    browser = site.signed_in("ada")
    token = browser.api_token()
    site.install(NEW)

    page = site.browser().sign_in("ada")
    time.sleep(OVERDUE_SECONDS)

    assert (page.status_code, "The sign-in service refuses this platform" in text_of(page)) == (503, True)
    assert "AUTH112 the provider refuses the secret of client jupyterhub" in site.hub.log.read_text()
    assert browser.signed_in()
    assert site.hub.api("GET", "user", token).status_code == 200
    site.install(site.secret)
    assert site.signed_in("ada").signed_in()


def test_a_hub_that_trusts_another_authority_says_that_keycloak_is_away(
    keycloak: KeycloakServer, tmp_path: Path
) -> None:
    other = certificates(tmp_path / "tls").ca
    with Site(keycloak, tmp_path / "hub", ca_file=str(other)) as site:
        page = site.browser().get("/hub/oauth_login")

        assert (page.status_code, "The sign-in service is away" in text_of(page)) == (503, True)
        assert "AUTH102" in site.hub.log.read_text()
        assert site.browser().get("/hub/login").ok
