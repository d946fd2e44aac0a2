"""What users would lose by another version: homes, logins. Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

FOUND, EMPTY, REFUSED, NONE = "found", "empty", "refused", "none"
"""What becomes of a home: it is found, a new and empty one is made, no server starts, or there never was one."""


@dataclass(frozen=True)
class Claim:
    """A claim that is somebody's home."""

    name: str
    owner: str
    """Empty where it does not say."""
    server: str = ""
    """Of which server it says that it is."""


@dataclass(frozen=True)
class Home:
    """A user's home at the next start."""

    user: str
    claim: str
    """Where it is now; empty where there is none, or several."""
    wanted: str
    """What the new KubeSpawner calls it."""
    outcome: str
    why: str


@dataclass(frozen=True)
class Report:
    """What a rehearsal has found."""

    seen: dict[str, Any]
    """What the rehearsing hub said, see `hub/offline/rehearsal.py`."""
    versions: dict[str, list[str]]
    """Of what -> from, to."""
    homes: list[Home] = field(default_factory=list)
    logins: list[tuple[str, str]] = field(default_factory=list)
    """User, reason."""
    settings: list[str] = field(default_factory=list)
    """What the new chart does not take, each with its line."""
    notes: list[str] = field(default_factory=list)

    @property
    def loses(self) -> bool:
        """Whether somebody would lose something."""
        lost = any(home.outcome in (EMPTY, REFUSED) for home in self.homes)
        return bool(lost or self.logins or self.settings or self.seen["trouble"])


def homes(
    names: Mapping[str, Mapping[str, str]], servers: Sequence[Mapping[str, Any]], claims: Sequence[Claim]
) -> list[Home]:
    """The home of each user, by the rules of `hub/cluster/homes.py` and of the new KubeSpawner.

    Args:
        names: user -> `new` and `former` name of the claim.
        servers: the hub's records of servers.
    """
    known = {server["user"]: server["state"] for server in servers if not server["server"]}
    fresh = {server["user"]: server["new"] for server in servers if not server["server"]}
    return [
        _home(user, found, known.get(user, {}), fresh.get(user, True), {claim.name: claim for claim in claims})
        for user, found in sorted(names.items())
    ]


def _home(user: str, found: Mapping[str, str], state: Mapping[str, Any], fresh: bool, claims: dict[str, Claim]) -> Home:
    wanted = str(state.get("pvc_name") or found["new"])
    if present := claims.get(wanted):
        if present.owner in ("", user):
            return Home(user, wanted, wanted, FOUND, "under its name")
        return Home(user, "", wanted, REFUSED, f"claim {wanted} says that it is the home of {present.owner}")
    mine = sorted(one.name for one in claims.values() if one.owner == user)
    usable = [name for name in mine if claims[name].server == "" or name == found["former"]]
    if len(usable) == 1:
        return Home(user, usable[0], wanted, FOUND, "by the user's name on the claim")
    if usable:
        return Home(user, "", wanted, REFUSED, f"several claims say that they are this home: {', '.join(usable)}")
    former = claims.get(found["former"])
    if former is not None and not former.owner and not fresh and "kubespawner_version" not in state:
        # What KubeSpawner 7 does for a server that an earlier one has started (handle_legacy_names).
        return Home(user, former.name, wanted, FOUND, "by the name that earlier versions gave it")
    if former is not None and not former.owner:
        why = f"claim {former.name} has the former name and no user's name on it"
        return Home(user, former.name, wanted, EMPTY, why)
    if mine:
        return Home(user, mine[0], wanted, EMPTY, f"claim {mine[0]} says that it is of server {claims[mine[0]].server}")
    return Home(user, "", wanted, NONE, "never started a server here")


def logins(
    before: Mapping[str, Any], after: Mapping[str, Any], users: Sequence[Mapping[str, Any]]
) -> list[tuple[str, str]]:
    """Users who could sign in before and cannot after, and why.

    Args:
        before: the hub's settings that are applied (`auth`, `provider`); empty where nothing is known of them.
        after: those that would be.
    """
    found = []
    for user in users:
        why = _refusal(after, user)
        if why and not (before and _refusal(before, user)):
            found.append((str(user["name"]), why))
    return found


def _refusal(settings: Mapping[str, Any], user: Mapping[str, Any]) -> str:
    """Why a known user cannot sign in; empty when nothing of the settings is against it."""
    auth, name = settings["auth"], str(user["name"])
    if auth["username_pattern"] and not re.fullmatch(auth["username_pattern"], name):
        return "the name does not match auth.username_pattern"
    if auth["kind"] == "native":
        return "" if user["has_password"] else f"has no password here: inv user.add {name}"
    groups = (settings.get("provider") or {}).get("allowed_groups") or []
    # With a list of allowed users JupyterHub also lets in whom it knows already (allow_existing_users).
    if auth["allow_all"] or auth["allowed_users"] or name in auth["admin_users"] or set(groups) & set(user["groups"]):
        return ""
    return "is neither an administrator nor in an allowed group" if groups else "nobody is allowed (auth.allowed_users)"
