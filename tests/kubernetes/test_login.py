"""Sign-in with a real Keycloak on a cluster: made by install, behind Traefik over TLS, changed and left."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from apply.keycloakreading import path_of, user_of
from apply.keycloakwriter import set_password
from tests.browser import chromium
from tests.e2e.stack import eventually
from tests.e2e.visitor import Visitor, typed
from tests.keycloakserver import KeycloakServer
from tests.kubernetes.ingress import HOST, INGRESS, behind_traefik
from tests.kubernetes.nodekeycloak import on_node
from tests.kubernetes.site import PASSWORD, Site, profile

LOGO = '<svg xmlns="http://www.w3.org/2000/svg" width="90" height="30"></svg>'

PEOPLE = {"ada": ["science", "platform"], "bob": ["arts"], "eve": ["science"]}


@pytest.fixture
def keycloak(site: Site, tmp_path: Path) -> Iterator[KeycloakServer]:
    with on_node(site, tmp_path / "keycloak") as found:
        yield found


@pytest.fixture
def signed(site: Site, keycloak: KeycloakServer, tmp_path: Path) -> Iterator[tuple[Site, str]]:
    """A site whose realm is there with two people in it, and the file of the authorities that browsers trust."""
    with behind_traefik(site, tmp_path) as found:
        (site.folder / "ca.pem").write_text(keycloak.ca.read_text())
        trusted = tmp_path / "trusted.pem"
        trusted.write_text(Path(str(site.ca)).read_text() + keycloak.ca.read_text())
        declare(site, keycloak)
        prepare(site, keycloak)
        yield found, str(trusted)


def declare(site: Site, keycloak: KeycloakServer, **more: Any) -> None:
    settings = {
        "url": keycloak.https_address,
        "realm": "lab",
        "manage": "realm",
        "admin_secret": "k8s:keycloak-installer#secret",
        "users": [{"name": name, "groups": groups} for name, groups in PEOPLE.items()],
        **more,
    }
    groups = {"admin_groups": ["platform"], "allowed_groups": ["science"]}
    auth = {"kind": "keycloak", "keycloak": settings, "session": {"refresh": "5m"}, **groups}
    (site.folder / "logo.svg").write_text(LOGO)
    hub = {"host": HOST, "title": "Science notebooks", "logo": "logo.svg"}
    operations = profile(display_name="Operations", groups=["platform"])
    profiles = {**site.content["profiles"], "operations": operations}
    site.declare(ingress=INGRESS, auth=auth, ca="ca.pem", hub=hub, profiles=profiles)


def prepare(site: Site, keycloak: KeycloakServer) -> None:
    """What the administrator of Keycloak does once."""
    admin = {
        "KEYCLOAK_ADMIN_CLIENT_ID": keycloak.admin_client,
        "KEYCLOAK_ADMIN_CLIENT_SECRET": keycloak.admin_secret,
    }
    site.environment |= admin
    site.inv("auth.bootstrap")
    for name in admin:
        site.environment.pop(name)


def set_passwords(keycloak: KeycloakServer) -> None:
    admin = keycloak.admin()
    for name in PEOPLE:
        user = user_of(admin, "lab", name)
        assert user
        set_password(admin, "lab", user["id"], PASSWORD, temporary=False)


def test_the_whole_login_on_a_cluster(signed: tuple[Site, str], keycloak: KeycloakServer) -> None:
    site, trusted = signed
    planned = json.loads(site.inv("plan", "--json").stdout)
    site.inv("install", "--yes", "--prove", "spawn")

    assert {"client jupyterhub", "secret of the hub's client"} <= {
        change["what"] for change in planned["changes"] if change["layer"] == "login"
    }
    assert json.loads(site.inv("plan", "--json").stdout)["changes"] == []
    set_passwords(keycloak)
    eventually(lambda: requests.get(f"{site.url}/hub/login", verify=site.ca, timeout=10).ok, "the login page")

    assert requests.get(f"{site.url}/hub/logo", verify=site.ca, timeout=10).text == LOGO
    ada = Visitor(site, "ada", typed("ada", PASSWORD), trusted)
    bob = Visitor(site, "bob", typed("bob", PASSWORD), trusted)

    assert (ada.answer.status_code, ada.answer.url) == (200, f"{site.url}/hub/home")
    assert "/hub/admin" in ada.answer.text
    assert (bob.answer.status_code, "membership in the group science" in bob.answer.text) == (403, True)
    ada.spawn("lab")
    assert ada.run("print(6 * 7)") == "42\n"

    assert "nothing wrong was found" in site.inv("doctor", "--only=login").stdout
    site.inv("auth.rotate")

    assert ada.get("/hub/home").url.endswith("/hub/home")
    assert Visitor(site, "ada", typed("ada", PASSWORD), trusted).answer.url == f"{site.url}/hub/home"
    ada.get("/hub/logout")
    assert 'name="password"' in ada.get("/hub/oauth_login").text
    _no_secret_is_shown(site, keycloak)


def test_people_sign_in_work_and_sign_out_in_chromium(signed: tuple[Site, str], keycloak: KeycloakServer) -> None:
    site, _ = signed
    site.inv("install", "--yes")
    set_passwords(keycloak)
    eventually(lambda: requests.get(f"{site.url}/hub/login", verify=site.ca, timeout=10).ok, "the login page")

    with chromium.chromium(f"--host-resolver-rules=MAP {HOST}:443 127.0.0.1:{site.way_in}") as browser:
        ada, eve = (chromium.Visitor(browser, site, name, PASSWORD) for name in ("ada", "eve"))
        ada.sign_in()
        ada.go("/hub/admin")
        ada.page.wait_for_selector("text=ada")
        assert ada.profiles() == ["lab", "operations"]
        ada.start()
        ada.sign_out()
        assert ada.is_asked_for_the_password()

        eve.sign_in()
        assert eve.profiles() == ["lab"]
        eve.go("/hub/admin")
        assert "403" in eve.page.inner_text("body")


def _no_secret_is_shown(site: Site, keycloak: KeycloakServer) -> None:
    admin = keycloak.admin()
    (client,) = admin.get(path_of("lab", "clients"), clientId="jupyterhub")
    pods = json.dumps(site.objects("pods"))
    told = site.inv("plan").stdout + site.inv("auth.show").stdout + site.inv("logs", "hub", "--lines=2000").stdout

    assert client["secret"] not in pods + told
