"""`inv token.*`: tokens with which programs act for a user at the hub's API."""

import re
from collections.abc import Iterable
from typing import Any

from apply import console, hubaccess
from apply.caller import caller
from apply.hubapi import HubApi, HubRefused
from spec.errors import StackError
from spec.quantities import DURATION, seconds

SEED = "seed"
"""Stands for the scopes that buun-stack gave."""
_NEVER = "never"
_BAD_REQUEST, _NOT_FOUND = 400, 404
_TOKEN, _SERVER, _SIGN_IN = "token", "server", "sign-in"
"""What a token is for: it was asked for, a server has it, or a browser or a server's page signed in with it."""
_OF_SERVER = "Server at "
"""How JupyterHub notes the tokens that it makes for servers (jupyterhub/user.py)."""
_OWN_CLIENT = "JupyterHub"
"""How JupyterHub calls the client of tokens that no sign-in has made (jupyterhub/app.py)."""


def get(spec: str, state: str | None, user: str, expires: str, scopes: str, note: str, as_json: bool) -> None:
    """Print a new token of a user, who is made when new; nothing else is on standard output.

    Args:
        expires: a duration, or `never`.
        scopes: separated by commas or spaces; `seed` for those of buun-stack, empty for the fewest that start and use
            servers.
        note: what it is for; empty for who asked.

    Raises:
        StackError: nobody can have the name, or the user has not these rights.
    """
    life = life_seconds(expires)
    with hubaccess.hub(spec, state) as hub:
        name = hub_name(hub, user)
        is_new = name is None
        if name is None:
            name = made(hub, user)
        token = minted(hub, name, wanted_scopes(scopes, name), life, note or f"inv token.get by {caller()}")
    if is_new:
        _give_secrets(spec, state, name)
    _tell(token, name)
    if as_json:
        console.result_json({"token": token["token"], **row(name, token)})
    else:
        console.result(str(token["token"]))


def show(spec: str, state: str | None, user: str, every: bool, as_json: bool) -> None:
    """Print the tokens of a user, or of everybody.

    Args:
        every: with those of sign-ins and servers.
    """
    with hubaccess.hub(spec, state) as hub:
        names = [known(hub, user)] if user else hub.names()
        rows = [row(name, token) for name in names for token in hub.tokens(name)]
    rows = [one for one in rows if every or one["kind"] == _TOKEN]
    if as_json:
        console.result_json(rows)
        return
    header = ("USER", "ID", "KIND", "NOTE", "CREATED", "LAST USED", "EXPIRES", "SCOPES")
    texts = [
        (
            *(one["user"], one["id"], one["kind"], one["note"]),
            *(_moment(one[name]) for name in ("created", "last_used", "expires")),
            " ".join(fewest(one["scopes"])),
        )
        for one in rows
    ]
    console.result(console.table(header, texts))


def revoke(spec: str, state: str | None, user: str, token_id: str) -> None:
    """End one token of a user.

    Raises:
        StackError: there is no such user, or no such token.
    """
    with hubaccess.hub(spec, state) as hub:
        name = known(hub, user)
        gone = next((row(name, token) for token in hub.tokens(name) if token["id"] == token_id), None)
        if gone is None:
            message = f"{name} has no token {token_id}; nothing was changed"
            raise StackError(message, hint=f"inv token.list --user {name}")
        hub.revoke(name, token_id)
    # JupyterHub ends a sign-in as a whole, whichever of its tokens is named.
    others = ", and every other one of that sign-in" if gone["kind"] == _SIGN_IN else ""
    used = f"last used {_moment(gone['last_used'])}" if gone["last_used"] else "never used"
    console.say(f"token {token_id} of {name} is gone{others} ({gone['note'] or 'without a note'}; {used})")


def known(hub: HubApi, user: str) -> str:
    """The name as the hub writes it.

    Raises:
        StackError: there is no such user.
    """
    name = hub_name(hub, user)
    if name is None:
        raise StackError(f"there is no user {user}; nothing was changed", hint="inv token.get makes one")
    return name


def hub_name(hub: HubApi, user: str) -> str | None:
    """The name as the hub writes it, which is in small letters unless a site has set another rule; None for nobody."""
    for name in dict.fromkeys((user, user.lower())):
        if name and (found := hub.user(name)):
            return str(found["name"])
    return None


def life_seconds(expires: str) -> int | None:
    """The life that is asked for; None for one without an end.

    Raises:
        StackError: it is no duration.
    """
    if expires == _NEVER:
        return None
    if not re.fullmatch(DURATION, expires):
        raise StackError(f"--expires {expires!r} is not a duration", hint="30d, 12h, 45m, or never")
    return seconds(expires)


def wanted_scopes(scopes: str, user: str) -> list[str]:
    """The scopes of a token, each for this user alone unless others are named."""
    if scopes == SEED:
        return [f"access:servers!user={user}", "self"]
    return [scope for scope in re.split(r"[\s,]+", scopes) if scope] or default_scopes(user)


def default_scopes(user: str) -> list[str]:
    """What a program or an assistant of the user needs: to reach, start and stop the server, and to see its state."""
    return [f"{name}!user={user}" for name in ("access:servers", "servers", "read:users")]


def fewest(scopes: Iterable[str]) -> list[str]:
    """Without those that another one holds (jupyterhub/scopes.py): `read:` and `delete:` of it, and parts of it."""
    found = set(scopes)

    def is_held(scope: str) -> bool:
        base, mark, who = scope.partition("!")
        first, _, rest = base.partition(":")
        wider = {base.rpartition(":")[0], rest if first in ("read", "delete") else ""}
        return any(f"{one}{mark}{who}" in found or (one and is_held(f"{one}{mark}{who}")) for one in wider if one)

    return sorted(scope for scope in found if not is_held(scope))


def row(user: str, token: dict[str, Any]) -> dict[str, Any]:
    """What is told of a token; it itself is not in it."""
    note = str(token["note"] or "")
    kind = _SERVER if note.startswith(_OF_SERVER) else _TOKEN
    if token.get("session_id") or token.get("oauth_client") != _OWN_CLIENT:
        kind = _SIGN_IN
    return {
        "user": user,
        "id": token["id"],
        "kind": kind,
        "note": note,
        "scopes": sorted(token["scopes"]),
        "created": token["created"],
        "last_used": token["last_activity"],
        "expires": token["expires_at"],
    }


def made(hub: HubApi, user: str) -> str:
    """Make a user; the name as the hub writes it.

    Raises:
        StackError: nobody can have this name.
    """
    try:
        name = hub.create_user(user)
    except HubRefused as refusal:
        if refusal.status != _BAD_REQUEST:
            raise
        hint = "no / and nothing invisible; auth.username_pattern, when it is set, says more"
        raise StackError(f"{user!r} cannot be the name of a user here; nothing was changed", hint) from refusal
    if name is None:
        raise StackError(f"{user!r} is written otherwise by the hub; nothing was changed", hint="inv user.list")
    console.say(f"user {name} is new")
    return name


def minted(hub: HubApi, user: str, scopes: list[str], life: int | None, note: str) -> dict[str, Any]:
    """Make a token; what the hub tells of it, with the token itself.

    Args:
        life: seconds; None for one without an end.

    Raises:
        StackError: the user has not these rights, or there are none of that name.
    """
    try:
        return hub.mint(user, scopes, life, note)
    except HubRefused as refusal:
        if refusal.status != _BAD_REQUEST:
            raise
        hint = "a token has no right that its user lacks; docs/tokens.md has a table of scopes"
        raise StackError(refusal.message, hint) from refusal


def _give_secrets(spec: str, state: str | None, user: str) -> None:
    from apply.target import target  # a user who is there has them already

    if told := target(spec, state).give_secrets(user):
        console.say(told)


def _tell(token: dict[str, Any], user: str) -> None:
    if any(scope.partition("!")[0] == "tokens" for scope in token["scopes"]):
        console.say("warning: with this token more tokens can be made, also such that outlive it")
    ends = f"until {_moment(token['expires_at'])}"
    if not token["expires_at"]:
        console.say("warning: this token never ends by itself")
        ends = "for ever"
    console.say(f"token {token['id']} of {user}, {ends}; inv token.revoke {user} {token['id']} ends it")


def _moment(time: str | None) -> str:
    """To the second, as the hub tells it in UTC."""
    return f"{time[:19]}Z" if time else "never"
