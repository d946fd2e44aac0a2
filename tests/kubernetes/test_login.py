"""Sign-in with a real Keycloak on a cluster: made by install, behind Traefik over TLS, changed and left."""

import asyncio
import html
import json
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from apply.keycloakreading import path_of, user_of
from tests.e2e.stack import Person, eventually
from tests.keycloakserver import KeycloakServer, server
from tests.kubernetes.ingress import HOST, INGRESS, behind_traefik
from tests.kubernetes.site import PASSWORD, Site

LOGO = '<svg xmlns="http://www.w3.org/2000/svg" width="90" height="30"></svg>'


class Relay:
    """The server's port on loopback, at an address that pods reach."""

    def __init__(self, host: str, port: int) -> None:
        self.host, self.loop, self.port = host, asyncio.new_event_loop(), 0
        ready = threading.Event()
        threading.Thread(target=self._serve, args=(port, ready), daemon=True).start()
        assert ready.wait(10)

    def _serve(self, port: int, ready: threading.Event) -> None:
        async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port)
            await asyncio.gather(_pump(reader, far_writer), _pump(far_reader, writer))

        async def serve() -> None:
            listening = await asyncio.start_server(connected, self.host, 0)
            self.port = listening.sockets[0].getsockname()[1]
            ready.set()

        self.loop.run_until_complete(serve())
        self.loop.run_forever()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except ConnectionError:
        pass
    finally:
        writer.close()


class Visitor(Person):
    """Somebody whose browser goes to Keycloak and back."""

    def __init__(self, site: Site, name: str, trust: str) -> None:
        self.stack, self.name = site, name  # type: ignore[assignment]
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.verify = trust
        self.answer = self.sign_in()

    def sign_in(self, password: str = PASSWORD) -> requests.Response:
        page = self.get("/hub/oauth_login?next=%2Fhub%2Fhome")
        form = re.search(r'action="([^"]+)"', page.text)
        assert form, page.text
        said = {"username": self.name, "password": password, "credentialId": ""}
        return self.session.post(html.unescape(form[1]), data=said, timeout=30)


@pytest.fixture
def keycloak(site: Site, tmp_path: Path) -> Iterator[KeycloakServer]:
    (node,) = site.kube.items("/api/v1/nodes")
    host = next(one["address"] for one in node["status"]["addresses"] if one["type"] == "InternalIP")
    with server(tmp_path / "keycloak", host) as found:
        relay = Relay(host, found.https_port)
        found.https_address = f"https://{host}:{relay.port}"
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
        "users": [{"name": "ada", "groups": ["science", "platform"]}, {"name": "bob", "groups": ["arts"]}],
        **more,
    }
    groups = {"admin_groups": ["platform"], "allowed_groups": ["science"]}
    auth = {"kind": "keycloak", "keycloak": settings, "session": {"refresh": "5m"}, **groups}
    (site.folder / "logo.svg").write_text(LOGO)
    hub = {"host": HOST, "title": "Science notebooks", "logo": "logo.svg"}
    site.declare(ingress=INGRESS, auth=auth, ca="ca.pem", hub=hub)


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
    for name in ("ada", "bob"):
        user = user_of(admin, "lab", name)
        assert user
        body = {"type": "password", "value": PASSWORD, "temporary": False}
        admin.put(path_of("lab", "users", user["id"], "reset-password"), body)


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
    ada = Visitor(site, "ada", trusted)
    bob = Visitor(site, "bob", trusted)

    assert (ada.answer.status_code, ada.answer.url) == (200, f"{site.url}/hub/home")
    assert "/hub/admin" in ada.answer.text
    assert (bob.answer.status_code, "membership in the group science" in bob.answer.text) == (403, True)
    ada.spawn("lab")
    assert ada.run("print(6 * 7)") == "42\n"

    assert "nothing wrong was found" in site.inv("doctor").stdout
    site.inv("auth.rotate")

    assert ada.get("/hub/home").url.endswith("/hub/home")
    assert Visitor(site, "ada", trusted).answer.url == f"{site.url}/hub/home"
    ada.get("/hub/logout")
    assert 'name="password"' in ada.get("/hub/oauth_login").text
    _no_secret_is_shown(site, keycloak)


def _no_secret_is_shown(site: Site, keycloak: KeycloakServer) -> None:
    admin = keycloak.admin()
    (client,) = admin.get(path_of("lab", "clients"), clientId="jupyterhub")
    pods = json.dumps(site.objects("pods"))
    told = site.inv("plan").stdout + site.inv("auth.show").stdout + site.inv("logs", "hub", "--lines=2000").stdout

    assert client["secret"] not in pods + told
