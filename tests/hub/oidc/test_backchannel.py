"""The provider's word that somebody has signed out ends the sessions here; nobody else's word does."""

import json
import time
import uuid
from collections.abc import Callable
from typing import Any

import jwt
import pytest
import requests
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.hub.oidc.site import Browser, Standin
from tests.hub.realhub import RealHub

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
STRANGER = rsa.generate_private_key(public_exponent=65537, key_size=2048)
EVENT = {"http://schemas.openid.net/event/backchannel-logout": {}}
PUBLIC = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(KEY.public_key()))
KEYS = {"/jwks": {"keys": [{**PUBLIC, "kid": "of-the-tests", "use": "sig", "alg": "RS256"}]}}


def claims(provider: Standin, **changes: Any) -> dict[str, Any]:
    now = int(time.time())
    made = {"iss": provider.url, "aud": "jupyterhub", "sub": "sub-ada", "iat": now, "exp": now + 120}
    return {**made, "jti": uuid.uuid4().hex, "events": EVENT, **changes}


def signed(content: dict[str, Any], key: Any = KEY, algorithm: str = "RS256", kid: str = "of-the-tests") -> str:
    content = {name: value for name, value in content.items() if value is not None}
    return jwt.encode(content, key, algorithm, headers={"kid": kid})


def told(hub: RealHub, token: str) -> int:
    return requests.post(f"{hub.url}/hub/backchannel-logout", data={"logout_token": token}, timeout=30).status_code


@pytest.fixture(scope="module")
def browser(hub: RealHub, provider: Standin) -> Browser:
    provider.fault(answers=KEYS)
    provider.account("sub-ada", "ada", "science")
    return Browser(hub)


@pytest.fixture(autouse=True)
def signed_in(browser: Browser, provider: Standin) -> None:
    provider.fault(answers=KEYS)
    assert browser.sign_in("sub-ada").ok


def test_a_sign_out_at_the_provider_ends_each_browser_and_leaves_the_server(
    hub: RealHub, provider: Standin, browser: Browser
) -> None:
    other = Browser(hub)
    other.sign_in("sub-ada")
    hub.api("POST", "users/ada/server")
    before = (browser.signed_in(), other.signed_in())

    assert told(hub, signed(claims(provider))) == 200

    assert (before, browser.signed_in(), other.signed_in()) == ((True, True), False, False)
    assert hub.server("ada")
    hub.stop_server("ada")


def test_a_sign_out_of_somebody_else_ends_nothing(hub: RealHub, provider: Standin, browser: Browser) -> None:
    assert told(hub, signed(claims(provider, sub="sub-nobody"))) == 200
    assert browser.signed_in()


def test_a_word_counts_once(hub: RealHub, provider: Standin, browser: Browser) -> None:
    token = signed(claims(provider))
    first = told(hub, token)
    browser.sign_in("sub-ada")

    assert (first, told(hub, token), browser.signed_in()) == (200, 400, True)


PEM = KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
FORGED: dict[str, Callable[[Standin], str]] = {
    "by another key": lambda p: signed(claims(p), STRANGER),
    "by an unknown key": lambda p: signed(claims(p), STRANGER, kid="unknown"),
    "by nobody": lambda p: jwt.encode(claims(p), None, "none", headers={"kid": "of-the-tests"}),
    "with the public key as a password": lambda p: jwt.api_jws.encode(
        json.dumps(claims(p)).encode(), uuid.uuid4().hex * 2, "HS256", headers={"kid": "of-the-tests"}
    ),
    "for another client": lambda p: signed(claims(p, aud="grafana")),
    "of another issuer": lambda p: signed(claims(p, iss="https://evil.example")),
    "an identity token": lambda p: signed(claims(p, events=None)),
    "of another event": lambda p: signed(claims(p, events={"https://example.net/other": {}})),
    "with a nonce": lambda p: signed(claims(p, nonce="n")),
    "old": lambda p: signed(claims(p, iat=int(time.time()) - 900, exp=int(time.time()) - 600)),
    "of the future": lambda p: signed(claims(p, iat=int(time.time()) + 900, exp=int(time.time()) + 1000)),
    "without a name of its own": lambda p: signed(claims(p, jti=None)),
    "of nobody": lambda p: signed(claims(p, sub=None)),
    "too long": lambda p: signed(claims(p, more="x" * 20_000)),
    "no token": lambda _: "a.b.c",
    "nothing": lambda _: "",
}


@pytest.mark.parametrize("forged", FORGED.values(), ids=FORGED.keys())
def test_a_word_that_is_not_the_providers_ends_nothing(
    hub: RealHub, provider: Standin, browser: Browser, forged: Callable[[Standin], str]
) -> None:
    assert told(hub, forged(provider)) == 400
    assert browser.signed_in()


def test_unknown_keys_make_the_hub_ask_for_the_providers_keys_once_a_minute_at_most(
    hub: RealHub, provider: Standin
) -> None:
    told(hub, signed(claims(provider)))
    provider.fault(answers=KEYS)

    for number in range(20):
        told(hub, signed(claims(provider), STRANGER, kid=f"unknown-{number}"))

    assert provider.calls() == []


def test_a_flood_of_words_does_not_stop_the_hub(hub: RealHub, browser: Browser) -> None:
    for _ in range(100):
        assert told(hub, "x" * 1000) == 400

    assert browser.signed_in()
