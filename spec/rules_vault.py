"""Rules of users' secrets: lifetimes that fit, a preset that is whole. Pure."""

from collections.abc import Iterator

from spec.document import Document
from spec.model import Stack
from spec.problems import Problem
from spec.quantities import seconds
from spec.ways import BUUN_STACK, ways


def servers_end_before_their_tokens(stack: Stack, document: Document) -> Iterator[Problem]:
    """A token from the environment cannot be replaced, so its server must be gone before the cap.

    A server may be older than `max_age` by one check. With `on_demand` a notebook fetches a new token instead.
    """
    if not stack.vault.enabled or ways(stack.vault).delivery != "env":
        return
    cap = ways(stack.vault).max_ttl
    if not stack.culling.enabled:
        message = f"without culling a server outlives its token, which ends after {cap}"
        yield document.problem(("culling", "enabled"), message, "true, or vault.delivery: on_demand")
    elif seconds(stack.culling.max_age) + seconds(stack.culling.every) >= seconds(cap):
        age = f"{stack.culling.max_age} and one check more ({stack.culling.every})"
        message = f"a server may live {age}, its token at most {cap} (vault.user_token.max_ttl)"
        hint = "lower culling.max_age or raise vault.user_token.max_ttl"
        yield document.problem(("culling", "max_age"), message, hint)


def a_token_lives_at_most_its_cap(stack: Stack, document: Document) -> Iterator[Problem]:
    """A life above the cap would be cut without a word."""
    ttl, cap = ways(stack.vault).ttl, ways(stack.vault).max_ttl
    if seconds(ttl) > seconds(cap):
        place = document.nearest(("vault", "user_token", "ttl"), ("vault", "user_token", "max_ttl"))
        yield document.problem(place, f"{ttl} is longer than the cap vault.user_token.max_ttl ({cap})", cap)


def the_vault_preset_is_whole(stack: Stack, document: Document) -> Iterator[Problem]:
    """buun-stack's way is one: its images and names work together only as a whole."""
    if stack.vault.preset:
        for name in ("hub_login", "delivery", "isolation"):
            declared, wanted = getattr(stack.vault, name), getattr(BUUN_STACK, name)
            if declared not in (None, wanted):
                message = f"the preset {stack.vault.preset} sets this to {wanted}"
                yield document.problem(("vault", name), message, f"{wanted}, or remove vault.preset")


def an_admin_token_belongs_to_a_token_login(stack: Stack, document: Document) -> Iterator[Problem]:
    """A hub that logs in by its service account has no token that lasts."""
    path = ("vault", "admin_token")
    if stack.target.kind == "kubernetes" and document.has(path) and ways(stack.vault).hub_login != "token":
        message = "has no effect: with vault.hub_login jwt the hub has no token that lasts"
        yield document.problem(path, message, "hub_login: token, or remove it", at_key=True)
