"""Tokens that live for the time of a check, and a stranger to try a door with; all of it ends with the check."""

import contextlib
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime

from apply import console
from apply.hubapi import HubApi
from apply.tokens import default_scopes
from spec.errors import StackError

LIFE_SECONDS = 300
"""What is not revoked, because the check was killed, ends by itself."""
_NOTE = "inv mcp: a check, ends by itself"
STRANGER = "mcp-check-"
"""Begins the name of a user who is made for a check and removed with it."""


@contextlib.contextmanager
def token_of(hub: HubApi, user: str) -> Iterator[str]:
    """A token with which an assistant of the user would come; revoked at the end, whatever happens."""
    made = hub.mint(user, default_scopes(user), LIFE_SECONDS, _NOTE)
    try:
        yield str(made["token"])
    finally:
        with _told(f"a token of {user} could not be revoked; it ends by itself within {LIFE_SECONDS // 60} minutes"):
            hub.revoke(user, str(made["id"]))


@contextlib.contextmanager
def token_of_a_stranger(hub: HubApi) -> Iterator[str]:
    """A token of a user who is nobody else: made for this, without a home or a server, and removed at the end.

    No account of a person is used, so nobody finds a token among his own that he has not made.

    Raises:
        StackError: the hub makes no such user.
    """
    remove_strangers(hub, LIFE_SECONDS)
    name = STRANGER + secrets.token_hex(4)
    hub.ensure_user(name)
    try:
        yield str(hub.mint(name, ["self"], LIFE_SECONDS, _NOTE)["token"])
    finally:
        with _told(f"user {name} could not be removed; the next inv mcp.status does it"):
            hub.remove_user(name)


def remove_strangers(hub: HubApi, older_than_seconds: float) -> None:
    """Those whom checks that were killed have left: those of checks that run now are younger."""
    for user in hub.users():
        if not str(user["name"]).startswith(STRANGER) or not user.get("created"):
            continue
        age = datetime.now(UTC) - datetime.fromisoformat(str(user["created"]))
        if age.total_seconds() > older_than_seconds:
            hub.remove_user(str(user["name"]))


@contextlib.contextmanager
def _told(words: str) -> Iterator[None]:
    """A failure at the end is told and hides nothing of what came before."""
    try:
        yield
    except StackError as error:
        console.say(f"warning: {words}: {error.message}")
