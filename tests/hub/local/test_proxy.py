"""Names of users and servers steer neither Traefik's rules nor its templates: a real hub behind a real Traefik."""

import tomllib
from urllib.parse import quote

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from hub.local.proxy import rule
from tests.hub.realhub import RealHub

GREEDY = "x`) || PathRegexp(`^.hub.login`) || Path(`y"
TEMPLATE = '{{ env "PATH" }}'


@pytest.mark.parametrize("server", [GREEDY, TEMPLATE, 'a"b', "a\\b", "a\\u0060b", "tab\tname", "🦊", "a {} b"])
def test_a_servers_name_is_only_a_name(hub: RealHub, server: str) -> None:
    before = hub.session.get(f"{hub.url}/hub/login", timeout=10)

    hub.spawn("mallory", server)

    page = hub.session.get(f"{hub.url}/hub/login", timeout=10)
    assert page.status_code == before.status_code == 200
    assert "X-JupyterHub-Version" in page.headers
    assert "login" in page.url
    assert page.text, "the notebook server of this test answers with an empty object"
    assert page.text != "{}"
    own = hub.session.get(f"{hub.url}/user/mallory/{quote(server, safe='')}/api", timeout=10)
    assert own.text == "{}"
    hub.stop_server("mallory", server)


@pytest.mark.parametrize("name", ["a+b@x.org", "o'hara!", "50%", "q?#", "(a)[b]", "a=b;c,d:e&f$*"])
def test_a_path_is_found_with_its_signs_encoded_or_as_they_are(hub: RealHub, name: str) -> None:
    hub.spawn("mallory", name)
    written = quote(name, safe=":[]@!$&'()*+,;=")

    answers = [
        requests.get(f"{hub.url}/user/mallory/{path}{below}", timeout=10).text
        for path in (quote(name, safe=""), written, quote(name, safe="@~"))
        for below in ("", "/", "/api")
    ]

    assert answers == ["{}"] * 9
    hub.stop_server("mallory", name)


def test_the_deeper_of_two_routes_wins_however_they_are_written(hub: RealHub) -> None:
    long, deep = "a-long-name-without-any-sign", "+"
    hub.spawn(long)
    inner = hub.spawn(long, deep)

    assert "%2B" in inner["environment"]["JUPYTERHUB_SERVICE_PREFIX"]
    assert hub.session.get(f"{hub.url}/user/{long}/%2B/who", timeout=10).headers["X-Pid"] == str(inner["pid"])


def test_routes_of_others_still_change_while_a_name_looks_like_a_template(hub: RealHub) -> None:
    hub.spawn("mallory", "{{ .Nothing | call }}")

    hub.spawn("nora")

    assert hub.session.get(f"{hub.url}/user/nora/api", timeout=10).text == "{}"


def test_the_routes_file_holds_no_value_of_the_proxys_environment(hub: RealHub) -> None:
    hub.spawn("mallory", '{{ env "HOME" }}')

    assert "{{" not in (hub.folder / "traefik" / "rules.toml").read_text()


def test_the_proxy_has_a_certificate_for_nobody_instead_of_making_one_at_each_change_of_routes(hub: RealHub) -> None:
    routes = tomllib.loads((hub.folder / "traefik" / "rules.toml").read_text())

    used = routes["tls"]["stores"]["default"]["defaultCertificate"]
    certificate = x509.load_pem_x509_certificate(used["certFile"].encode())
    key = serialization.load_pem_private_key(used["keyFile"].encode(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey), "Traefik's own would be RSA"
    assert key.public_key() == certificate.public_key()


@pytest.mark.parametrize(
    ("routespec", "wanted"),
    [
        ("/", 'PathPrefix("/")'),
        ("/user/ada/", '( PathPrefix("/user/ada/") || Path("/user/ada") )'),
        ("hub.lab.org/", 'Host("hub.lab.org") && PathPrefix("/")'),
        ("/user/%60/", r'( PathPrefix("/user/\U00000060/") || Path("/user/\U00000060") )'),
        ("/user/a%2Eb@c/", r'PathRegexp("\U0000005e/user/a\U0000005cx\U0000007b2e\U0000007db'),
    ],
)
def test_a_rule_matches_the_route_with_and_without_the_last_slash(routespec: str, wanted: str) -> None:
    assert rule(routespec).startswith(wanted)
