"""Rules of `auth`. Pure."""

import ipaddress
import re
import warnings
from collections.abc import Iterator

from spec.document import Document, Path
from spec.fields import USER_NAME
from spec.login import PROVIDERS, administrators, by_provider, managed
from spec.model import Stack
from spec.problems import Problem

_INTERNAL = re.compile(
    r"http://([a-z0-9-]+\.[a-z0-9-]+\.svc(\.[a-z0-9.-]+)?|127\.0\.0\.1|localhost|\[::1\])(:[0-9]+)?(/.*)?"
)
"""Addresses that stay inside of a cluster or a machine (kubernetes.io, DNS for services)."""


def dummy_stays_on_loopback(stack: Stack, document: Document) -> Iterator[Problem]:
    """`dummy` lets anybody in under any name."""
    if stack.auth.kind != "dummy":
        return
    if stack.target.kind != "local":
        yield document.problem(
            ("auth", "kind"), "`dummy` lets anybody in, so it is for trials on this machine", "keycloak"
        )
        return
    if not _loopback(stack.hub.address):
        message = f"`dummy` lets anybody in, and {stack.hub.address} can be reached from the network"
        yield document.problem(("auth", "kind"), message, "native, or hub.address: 127.0.0.1")


def one_way_in(stack: Stack, document: Document) -> Iterator[Problem]:
    """`allow_all` beside a list of who may come in: one of the two is not meant."""
    if stack.auth.allow_all:
        for name in ("allowed_groups", "allowed_users"):
            if getattr(stack.auth, name):
                yield document.problem(("auth", name), "has no effect beside `allow_all: true`", "allow_all: false")


def groups_have_a_provider(stack: Stack, document: Document) -> Iterator[Problem]:
    """Only a provider tells groups."""
    auth = stack.auth
    if by_provider(auth) and not (auth.kind == "oidc" and auth.oidc.groups_claim is None):
        return
    places: list[Path] = [("auth", name) for name in ("admin_groups", "allowed_groups") if getattr(stack.auth, name)]
    places += [("profiles", slug, "groups") for slug, profile in stack.profiles.items() if profile.groups]
    for path in places:
        if auth.kind == "oidc":
            message, hint = "nobody has groups without auth.oidc.groups_claim", "groups_claim: groups, or remove it"
        else:
            message, hint = (
                f"nobody has groups with `auth.kind: {auth.kind}`",
                "auth.kind: keycloak or oidc, or remove it",
            )
        yield document.problem(path, message, hint, at_key=True)


def login_is_complete(stack: Stack, document: Document) -> Iterator[Problem]:
    """Each kind needs its own fields, and an administrator where the hub keeps the accounts."""
    auth = stack.auth
    if auth.kind == "keycloak" and auth.keycloak.url is None and not auth.keycloak.embedded:
        path = document.nearest(("auth", "keycloak", "url"), ("auth", "kind"))
        yield document.problem(path, "`keycloak` needs auth.keycloak.url", "url: https://auth.example.net")
    if auth.kind == "oidc":
        for name in ("issuer", "client_id", "client_secret"):
            if getattr(auth.oidc, name) is None:
                path = document.nearest(("auth", "oidc", name), ("auth", "kind"))
                yield document.problem(path, f"`oidc` needs auth.oidc.{name}", f"{name}: …")
    if auth.kind == "native" and not administrators(auth):
        yield document.problem(("auth", "admin_users"), "nobody could administer the stack", "[admin]")
    for kind in (*PROVIDERS, "native"):
        if auth.kind != kind and document.has(("auth", kind)):
            message = f"has no effect with `auth.kind: {auth.kind}`"
            yield document.problem(("auth", kind), message, f"kind: {kind}, or remove it", at_key=True)
    for name in ("session", "logout_url"):
        if not by_provider(auth) and document.has(("auth", name)):
            message = f"has no effect with `auth.kind: {auth.kind}`"
            yield document.problem(("auth", name), message, "kind: keycloak or oidc, or remove it", at_key=True)


def what_install_manages_it_can_reach(stack: Stack, document: Document) -> Iterator[Problem]:
    """A client needs a secret, and its upkeep a credential of the installer's own."""
    keycloak = stack.auth.keycloak
    if stack.auth.kind != "keycloak" or keycloak.embedded:
        return
    level = managed(keycloak)
    place = document.nearest(("auth", "keycloak", "manage"), ("auth", "kind"))
    if level == "none" and keycloak.client_secret is None:
        message = "`keycloak` needs auth.keycloak.client_secret, or admin_secret so that install makes the client"
        yield document.problem(document.nearest(("auth", "keycloak"), ("auth", "kind")), message, "env:OIDC_SECRET")
    if level != "none" and keycloak.admin_secret is None:
        message = f"`manage: {level}` needs auth.keycloak.admin_secret, the installer's own credential"
        yield document.problem(
            place, message, "admin_secret: env:KEYCLOAK_INSTALLER_SECRET (inv auth.bootstrap makes it)"
        )
    if level != "realm":
        for name in ("users", "access_token_lifespan"):
            if document.has(("auth", "keycloak", name)):
                message = f"has no effect with `manage: {level}`"
                yield document.problem(("auth", "keycloak", name), message, "manage: realm, or remove it", at_key=True)


def an_embedded_keycloak_is_whole(stack: Stack, document: Document) -> Iterator[Problem]:
    """It is reached where the browser is, and everything in it is the stack's own."""
    keycloak = stack.auth.keycloak
    if stack.auth.kind != "keycloak" or not keycloak.embedded:
        return
    path = ("auth", "keycloak", "embedded")
    if stack.target.kind != "local":
        yield document.problem(
            path, "install runs a Keycloak on the local target alone", "url: https://auth.example.net"
        )
    elif not _loopback(stack.hub.address):
        message = f"an embedded Keycloak listens on this machine alone, and the hub on {stack.hub.address}"
        yield document.problem(path, message, "hub.address: 127.0.0.1, or url: https://auth.example.net")
    for name in ("url", "internal_url", "manage", "admin_secret", "client_secret"):
        if document.has(("auth", "keycloak", name)):
            message = "has no effect with `embedded: true`, where install makes all of it"
            yield document.problem(("auth", "keycloak", name), message, "remove it", at_key=True)


def somebody_may_come_in(stack: Stack, document: Document) -> Iterator[Problem]:
    """A provider knows many who are not meant; whoever is has to be declared."""
    auth = stack.auth
    if by_provider(auth) and not (auth.allow_all or auth.allowed_groups or auth.allowed_users):
        message = "warning: nobody but administrators can sign in"
        yield document.problem(
            ("auth", "kind"), message, "allowed_groups: [science], allowed_users, or allow_all: true"
        )


def the_internal_way_is_private(stack: Stack, document: Document) -> Iterator[Problem]:
    """The client's secret crosses it."""
    url = stack.auth.keycloak.internal_url
    if url and url.startswith("http://") and not _INTERNAL.fullmatch(url):
        message = "the client's secret would cross the network in the clear"
        hint = (
            f"{url.replace('http', 'https', 1)}, or a service's own address such as http://keycloak.keycloak.svc:8080"
        )
        yield document.problem(("auth", "keycloak", "internal_url"), message, hint)


def the_username_pattern_is_one(stack: Stack, document: Document) -> Iterator[Problem]:
    """The hub would not start with a pattern that is none; one that Python warns of will mean something else."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            re.compile(stack.auth.username_pattern)
    except (re.error, RecursionError, OverflowError, Warning) as error:
        yield document.problem(("auth", "username_pattern"), f"not a regular expression: {error}", USER_NAME)


def _loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return True  # another rule names the address
