"""Names that a real Keycloak tells of an account: only plain ones come in."""

import unicodedata
from collections.abc import Iterator

import pytest

from tests.hub.oidc.site import text_of
from tests.hub.oidc.test_login import ODD
from tests.keycloak.hubsite import ALLOWED, KeycloakBrowser, Site
from tests.keycloakserver import KeycloakServer

MAPPER = "name-of-tests"


@pytest.fixture(scope="module")
def site(keycloak: KeycloakServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with Site(keycloak, tmp_path_factory.mktemp("names")) as made:
        yield made


@pytest.fixture(scope="module")
def somebody(site: Site) -> KeycloakBrowser:
    """A browser that is signed in at Keycloak and not here."""
    site.account("somebody", ALLOWED)
    profile = next(one for one in site.admin.get(f"{site.realm}/client-scopes") if one["name"] == "profile")
    usual = next(one for one in profile["protocolMappers"] if one["name"] == "username")
    site.admin.delete(f"{site.realm}/client-scopes/{profile['id']}/protocol-mappers/models/{usual['id']}")
    browser = site.browser()
    call(site, "not yet")
    assert browser.sign_in("somebody").status_code == 403
    return browser


def call(site: Site, name: str) -> None:
    """From now on each account has this name for the hub, whatever Keycloak's own rules for names are."""
    client = site.lab.client()
    path = f"{site.realm}/clients/{client['id']}/protocol-mappers/models"
    for mapper in client["protocolMappers"]:
        if mapper["name"] == MAPPER:
            site.admin.delete(f"{path}/{mapper['id']}")
    config = {"claim.name": "preferred_username", "claim.value": name, "jsonType.label": "String"}
    kind = {"name": MAPPER, "protocol": "openid-connect", "protocolMapper": "oidc-hardcoded-claim-mapper"}
    site.admin.post(path, {**kind, "config": {**config, "userinfo.token.claim": "true"}})


@pytest.mark.parametrize("name", ODD.values(), ids=ODD.keys())
def test_an_odd_name_is_nobodys(site: Site, somebody: KeycloakBrowser, name: str) -> None:
    call(site, name)

    page = somebody.sign_in("somebody")

    assert (page.status_code, "Your user name cannot be used here" in text_of(page)) == (403, True)
    assert site.hub.api("GET", "users").json() == []


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_an_umlaut_is_refused_in_both_of_its_forms(site: Site, somebody: KeycloakBrowser, form: str) -> None:
    """So there are never two users whose names look alike."""
    call(site, unicodedata.normalize(form, "j\N{LATIN SMALL LETTER U WITH DIAERESIS}rgen"))

    assert somebody.sign_in("somebody").status_code == 403
    assert site.hub.api("GET", "users").json() == []


@pytest.mark.parametrize("name", ["dave.smith@example.com", "upper_case", "Mixed-Case", "x+y", "7"])
def test_a_plain_name_comes_in(site: Site, somebody: KeycloakBrowser, name: str) -> None:
    call(site, name)
    browser = site.browser()

    assert browser.sign_in("somebody").status_code == 200
    assert [user["name"] for user in site.hub.api("GET", "users").json()] == [name.lower()]
    browser.get("/hub/logout")
    site.hub.api("DELETE", f"users/{name.lower()}")
    site.hub.api("DELETE", f"stack/bindings/{name.lower()}")
