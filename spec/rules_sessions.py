"""Rules of how long a sign-in lasts, beside the lifetimes of the rest. Pure."""

from collections.abc import Iterator

from spec.document import Document, Path
from spec.login import by_provider, managed
from spec.model import Stack
from spec.problems import Problem
from spec.quantities import seconds

_RARE_SECONDS = 15 * 60
"""From here on a removed user stays for longer than most people expect."""


def sessions_fit_into_each_other(stack: Stack, document: Document) -> Iterator[Problem]:
    """A time that is longer than the one it lies in never applies, or ends sessions that are in use."""
    if stack.auth.kind != "keycloak":
        return
    keycloak, session = stack.auth.keycloak, stack.auth.session
    idle = ("auth", "keycloak", "session_idle")
    if seconds(keycloak.session_idle) > seconds(keycloak.session_max):
        message = f"{keycloak.session_idle} is longer than auth.keycloak.session_max ({keycloak.session_max})"
        yield document.problem(document.nearest(idle, ("auth", "kind")), message, keycloak.session_max)
    if seconds(session.refresh) >= seconds(keycloak.session_idle):
        message = (
            f"auth.session.refresh ({session.refresh}) is not shorter than auth.keycloak.session_idle "
            f"({keycloak.session_idle}), so sessions would end while they are in use"
        )
        yield document.problem(document.nearest(("auth", "session", "refresh"), idle), message, "5m")
    if seconds(session.outage_grace) > seconds(keycloak.session_max):
        message = (
            f"auth.session.outage_grace ({session.outage_grace}) is longer than auth.keycloak.session_max "
            f"({keycloak.session_max})"
        )
        place = document.nearest(("auth", "session", "outage_grace"), ("auth", "keycloak", "session_max"))
        yield document.problem(place, message, keycloak.session_max)


def removed_users_are_noticed_in_time(stack: Stack, document: Document) -> Iterator[Problem]:
    """The provider is not asked while an access token holds, so its life is how long a removed user may stay."""
    keycloak, refresh = stack.auth.keycloak, stack.auth.session.refresh
    if stack.auth.kind != "keycloak" or managed(keycloak) != "realm":
        return
    if seconds(keycloak.access_token_lifespan) > seconds(refresh):
        message = (
            f"auth.keycloak.access_token_lifespan ({keycloak.access_token_lifespan}) is longer than "
            f"auth.session.refresh ({refresh}), and the provider is not asked again while a token holds"
        )
        place = document.nearest(("auth", "keycloak", "access_token_lifespan"), ("auth", "session", "refresh"))
        yield document.problem(place, message, refresh)


def servers_end_before_their_sessions(stack: Stack, document: Document) -> Iterator[Problem]:
    """A server acts with its user's sign-in: once that has ended, it gets no more secrets and counts as idle."""
    culling, longest = stack.culling, stack.auth.keycloak.session_max
    if stack.auth.kind != "keycloak" or not culling.enabled or seconds(culling.max_age) <= seconds(longest):
        return
    message = (
        f"culling.max_age ({culling.max_age}) is longer than auth.keycloak.session_max ({longest}), so servers would "
        "outlive the sign-in of their users"
    )
    place: Path = document.nearest(("culling", "max_age"), ("auth", "keycloak", "session_max"))
    yield document.problem(place, message, longest)


def refreshes_are_frequent(stack: Stack, document: Document) -> Iterator[Problem]:
    """How long somebody stays who was removed at the provider."""
    refresh = stack.auth.session.refresh
    if by_provider(stack.auth) and seconds(refresh) > _RARE_SECONDS:
        message = f"warning: a user who is removed at the provider may stay for {refresh}"
        yield document.problem(("auth", "session", "refresh"), message, "5m")
