"""Rules of `auth`. Pure."""

import ipaddress
import re
import warnings
from collections.abc import Iterator

from spec.document import Document, Path
from spec.fields import USER_NAME
from spec.model import Stack
from spec.problems import Problem

_PROVIDERS = ("keycloak", "oidc")


def dummy_stays_on_loopback(stack: Stack, document: Document) -> Iterator[Problem]:
    """`dummy` lets anybody in under any name."""
    if stack.auth.kind != "dummy":
        return
    if stack.target.kind != "local":
        yield document.problem(
            ("auth", "kind"), "`dummy` lets anybody in, so it is for trials on this machine", "keycloak"
        )
        return
    try:
        private = ipaddress.ip_address(stack.hub.address).is_loopback
    except ValueError:
        private = True  # another rule names the address
    if not private:
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
    if stack.auth.kind in _PROVIDERS:
        return
    places: list[Path] = [("auth", name) for name in ("admin_groups", "allowed_groups") if getattr(stack.auth, name)]
    places += [("profiles", slug, "groups") for slug, profile in stack.profiles.items() if profile.groups]
    for path in places:
        message = f"nobody has groups with `auth.kind: {stack.auth.kind}`"
        yield document.problem(path, message, "auth.kind: keycloak or oidc, or remove it", at_key=True)


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
    if auth.kind == "native" and not auth.admin_users:
        yield document.problem(("auth", "admin_users"), "nobody could administer the stack", "[admin]")
    for kind in (*_PROVIDERS, "native"):
        if auth.kind != kind and document.has(("auth", kind)):
            message = f"has no effect with `auth.kind: {auth.kind}`"
            yield document.problem(("auth", kind), message, f"kind: {kind}, or remove it", at_key=True)


def the_username_pattern_is_one(stack: Stack, document: Document) -> Iterator[Problem]:
    """The hub would not start with a pattern that is none; one that Python warns of will mean something else."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            re.compile(stack.auth.username_pattern)
    except (re.error, RecursionError, OverflowError, Warning) as error:
        yield document.problem(("auth", "username_pattern"), f"not a regular expression: {error}", USER_NAME)
