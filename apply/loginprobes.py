"""The questions of `inv doctor` to a login's provider and hub: no user's password is needed, nothing is changed."""

import base64
import email.utils
import html
import re
import secrets
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, quote, urlencode, urlsplit

from apply import clientsecret, keycloak, keycloakreading, keycloakrights, rest
from apply.loginlayer import LoginLayer, fingerprint
from apply.loginseen import Admin, Discovery, HubSide, LoginSeen, Reply
from apply.target import Target
from spec.errors import StackError, TargetUnreachable
from spec.login import client_secret, embedded
from spec.quantities import seconds

if TYPE_CHECKING:
    from apply.keycloak import Keycloak

_TIMEOUT_SECONDS = 5.0
_BUDGET_SECONDS = 12.0
"""For all questions to the provider: one that answers each of them slowly is away as well."""
_HUB_SECONDS = 8.0
"""The hub itself waits for the provider, for five seconds at most (`hub.oidc.provider`)."""
_DISCOVERY = "/.well-known/openid-configuration"
_CHALLENGE = {"code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", "code_challenge_method": "S256"}
"""The example of RFC 7636, appendix B: no code is ever made for it."""
_BROWSER = {"Accept": "text/html", "Accept-Language": "en"}
_DAY_SECONDS = 86_400
_CODE = re.compile(r"AUTH\d{3}")
_LONGEST_FOREIGN_TEXT = 200
_PAGE_MESSAGES = (re.compile(r"kc-error-message[^>]*>\s*<p[^>]*>([^<]*)"), re.compile(r"<(?:title|h1)>([^<]*)"))
"""Keycloak's, and of any other page."""


class _Provider:
    """The provider, asked one question after the other until the time is over."""

    def __init__(self, issuer: str, address: str, trust: Path | None) -> None:
        self._issuer, self._address, self._trust = issuer, address, trust
        self._until = time.monotonic() + _BUDGET_SECONDS

    def ask(self, method: str, url: str, headers: dict[str, str], form: dict[str, str] | None = None) -> rest.Answer:
        """Raises: TargetUnreachable: no answer, or one above 500."""
        left = self._until - time.monotonic()
        if left <= 0:
            raise TargetUnreachable(f"the provider answers too slowly at {self._address}")
        answer = rest.exchange(
            method,
            self._reached(url),
            what="the provider",
            form=form,
            headers=headers,
            trust=self._trust,
            timeout=min(left, _TIMEOUT_SECONDS),
        )
        if answer.status >= 500:
            raise TargetUnreachable(f"the provider at {self._address} answers {answer.status}")
        return answer

    def _reached(self, url: str) -> str:
        """An address of the provider as it is reached from here."""
        public = _origin(self._issuer)
        return self._address.rstrip("/") + url.removeprefix(public) if url.startswith(f"{public}/") else url


def observed(found: Target) -> LoginSeen:
    """Everything that can be seen from here.

    Raises:
        StackError: no stack is installed, so that nobody knows its addresses.
    """
    with found.login() as layer:
        seen, secret = _begun(layer)
        seen = _of_provider(layer, seen, secret)
        seen = _of_installer(layer, seen)
    return _of_hub(found, seen)


def _begun(layer: LoginLayer) -> tuple[LoginSeen, str | None]:
    """What is declared and delivered, and the secret that the hub has."""
    told, auth = layer.told, layer.stack.auth
    if told is None or "@{" in f"{told['issuer']}{told['public_url']}":
        raise StackError("no stack is installed here, so its addresses are not known", hint="inv install")
    unseen, delivered, kept = [], [], None
    try:
        delivered = layer.delivery.read()
        if client_secret(auth) is not None:
            kept = clientsecret.wanted(layer.stack, layer.places, delivered)
    except StackError as error:
        unseen.append(f"the client's secret: {error.message}")
    secret = next(iter(delivered), kept)
    seen = LoginSeen(
        kind=auth.kind,
        issuer=told["issuer"],
        client=told["client_id"],
        redirect=f"{told['public_url']}hub/oauth_callback",
        scopes=tuple(told["scopes"]),
        managed=layer.declared is not None,
        own=embedded(layer.stack),
        allow_all=auth.allow_all,
        refresh_seconds=seconds(auth.session.refresh),
        delivered=tuple(map(fingerprint, delivered)),
        kept=kept and fingerprint(kept),
        unseen=tuple(unseen),
    )
    return seen, secret


def _of_provider(layer: LoginLayer, seen: LoginSeen, secret: str | None) -> LoginSeen:
    internal = (layer.told or {}).get("internal_url")
    trust = (layer.places.folder / layer.stack.ca).resolve() if layer.stack.ca else None
    provider = _Provider(seen.issuer, keycloak.place(_origin(seen.issuer), internal), trust)
    try:
        seen = replace(seen, discovery=_discovery(provider.ask("GET", f"{seen.issuer}{_DISCOVERY}", {})))
        if not _usable(seen):
            return seen
        seen = _asked_for_sign_in(provider, seen)
        return _asked_for_tokens(provider, seen, secret)
    except rest.Untrusted as error:
        return replace(seen, failure=("AUTH102", error.message))
    except TargetUnreachable as error:
        return replace(seen, failure=("AUTH101", error.message))


def _usable(seen: LoginSeen) -> bool:
    """Whether the document is that of the declared provider and says where to go on."""
    document = seen.discovery.document if seen.discovery else {}
    needed = ("authorization_endpoint", "token_endpoint")
    return document.get("issuer") == seen.issuer and all(isinstance(document.get(name), str) for name in needed)


def _discovery(answer: rest.Answer) -> Discovery:
    now = time.time()
    date = email.utils.parsedate_tz(answer.headers.get("date", ""))
    return Discovery(
        answer.status,
        answer.content if isinstance(answer.content, dict) else {},
        None if date is None else email.utils.mktime_tz(date) - now,
        None if answer.certificate_ends is None else (answer.certificate_ends - now) / _DAY_SECONDS,
    )


def _asked_for_sign_in(provider: _Provider, seen: LoginSeen) -> LoginSeen:
    query = {
        "client_id": seen.client,
        "response_type": "code",
        "scope": " ".join(seen.scopes),
        "redirect_uri": seen.redirect,
        "prompt": "none",
        "state": "doctor",
    }
    place = _endpoint(seen, "authorization_endpoint")

    def asked(**more: str) -> Reply:
        return _reply(provider.ask("GET", f"{place}?{urlencode(query | more)}", _BROWSER))

    return replace(seen, authorize=asked(**_CHALLENGE), without_challenge=asked())


def _asked_for_tokens(provider: _Provider, seen: LoginSeen, secret: str | None) -> LoginSeen:
    """With a code, an account and a password that nobody has: the answer tells who was believed to ask."""
    place, nothing = _endpoint(seen, "token_endpoint"), secrets.token_hex(16)
    code = {"grant_type": "authorization_code", "code": nothing, "redirect_uri": seen.redirect}
    code["code_verifier"] = nothing * 2
    person = {"grant_type": "password", "username": f"nobody-{nothing}", "password": nothing}

    def asked(form: dict[str, str], proof: str | None) -> Reply:
        if proof is not None and _by_header(seen):
            pair = f"{quote(seen.client, safe='')}:{quote(proof, safe='')}"
            basic = f"Basic {base64.b64encode(pair.encode()).decode()}"
            return _reply(provider.ask("POST", place, {"Authorization": basic}, form))
        client = {"client_id": seen.client} | ({} if proof is None else {"client_secret": proof})
        return _reply(provider.ask("POST", place, {}, form | client))

    seen = replace(seen, without_secret=asked(code, None))
    if secret is None:
        return replace(seen, unseen=(*seen.unseen, "whether the provider knows the hub's secret: none is here"))
    return replace(
        seen,
        with_secret=asked(code, secret),
        for_itself=asked({"grant_type": "client_credentials"}, secret),
        with_password=asked(person, secret),
    )


def _by_header(seen: LoginSeen) -> bool:
    """Whether the secret goes into a header, as the hub decides it (`hub.oidc.discovery`)."""
    document = seen.discovery.document if seen.discovery else {}
    methods = document.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
    return "client_secret_post" not in methods


def _endpoint(seen: LoginSeen, name: str) -> str:
    return str(seen.discovery.document[name]) if seen.discovery else ""


def _reply(answer: rest.Answer) -> Reply:
    """What counts of an answer; a token that was given against all rules is dropped here."""
    location = answer.headers.get("location", "")
    content = answer.content
    if isinstance(content, dict):
        return Reply(answer.status, str(content.get("error", ""))[:_LONGEST_FOREIGN_TEXT])
    error = parse_qs(urlsplit(location).query).get("error", [""])[0][:_LONGEST_FOREIGN_TEXT]
    pages = [pattern.search(content) for pattern in _PAGE_MESSAGES] if isinstance(content, str) else []
    page = next((html.unescape(found[1]).strip() for found in pages if found), "")
    return Reply(answer.status, error, page[:_LONGEST_FOREIGN_TEXT], location.partition("?")[0])


def _of_installer(layer: LoginLayer, seen: LoginSeen) -> LoginSeen:
    """The rest of the realm, where there is a realm to look at and somebody who may."""
    if layer.declared is None or seen.failure or seen.discovery is None or seen.discovery.status != 200:
        return seen
    try:
        installer = layer.connect()
        if installer is None:
            reference = layer.stack.auth.keycloak.admin_secret
            reason = f"the realm as the installer: auth.keycloak.admin_secret ({reference}) leads to no secret"
            return replace(seen, unseen=(*seen.unseen, reason))
        installer.timeout_seconds = _TIMEOUT_SECONDS
        seen = _clock_of_token(installer, seen)
        return replace(seen, admin=_admin(installer, layer))
    except StackError as error:
        code = _CODE.match(error.message)
        if code is None:
            return replace(seen, unseen=(*seen.unseen, f"the realm as the installer: {error.message}"))
        return replace(seen, admin_failure=(code[0], error.message.removeprefix(code[0]).strip()))


def _clock_of_token(installer: "Keycloak", seen: LoginSeen) -> LoginSeen:
    """Keycloak's own answers have no date (seen with 26.7.3); when a token was made is told in it."""
    made = installer.claims().get("iat")
    if seen.discovery is None or seen.discovery.skew_seconds is not None or not isinstance(made, int | float):
        return seen
    return replace(seen, discovery=replace(seen.discovery, skew_seconds=made - time.time()))


def _admin(installer: "Keycloak", layer: LoginLayer) -> Admin:
    declared: dict[str, Any] = layer.declared or {}
    keycloakrights.refuse_too_weak(installer, declared["manage"], "plan")
    found = keycloakreading.observed(installer, declared)
    auth, members = layer.stack.auth, {}
    for path in (*auth.admin_groups, *auth.allowed_groups):
        if identity := (found.groups or {}).get(path):
            members[path] = keycloakreading.has_members(installer, declared["realm"], identity)
    return Admin(declared, found, members)


def _of_hub(found: Target, seen: LoginSeen) -> LoginSeen:
    try:
        with found.hub() as hub:
            hub.timeout_seconds = _HUB_SECONDS
            told = hub.provider()
            answered = told.get("answered")
            since = None if answered is None else max(0.0, time.time() - float(answered))
            return replace(seen, hub=HubSide(tuple(hub.login_secrets()), str(told["fault"]), since))
    except StackError as error:
        return replace(seen, unseen=(*seen.unseen, f"the hub: {error.message}"))


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
