"""What the hub keeps of a sign-in, encrypted in its database: the provider's tokens, and whose they are. Pure."""

from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

_MOST_SESSIONS = 9
"""Of one user beside the newest; who has more signs out of the older ones at the provider."""
_LEEWAY_SECONDS = 10.0
"""A token this near to its end is taken as ended: it has a way to go."""


@dataclass(frozen=True)
class Session:
    """One sign-in. Times are seconds since the epoch."""

    issuer: str
    subject: str
    name: str
    groups: list[str]
    access_token: str = field(repr=False)
    access_ends: float
    refresh_token: str | None = field(repr=False)
    id_token: str | None = field(repr=False)
    sid: str
    checked: float
    """When the provider last said that all is well."""
    earlier: list[str] = field(default_factory=list, repr=False)
    """Refresh tokens of sign-ins before this one, in other browsers: a sign-out ends them all."""

    @classmethod
    def kept(cls, auth_state: Any) -> "Session | None":
        """The sign-in in JupyterHub's `auth_state`; None when there is none, or it is of another kind."""
        found = auth_state.get("session") if isinstance(auth_state, dict) else None
        names = {one.name for one in fields(cls)}
        return cls(**found) if isinstance(found, dict) and found.keys() == names else None

    def after(self, before: "Session | None") -> "Session":
        """This sign-in, with those before it that the provider may still know."""
        if before is None or before.subject != self.subject or before.sid == self.sid:
            return self
        known = [before.refresh_token, *before.earlier]
        return replace(self, earlier=[token for token in known if token][:_MOST_SESSIONS])

    def tokens(self) -> list[str]:
        """The refresh tokens of every sign-in."""
        return [token for token in (self.refresh_token, *self.earlier) if token]

    def auth_state(self) -> dict[str, Any]:
        """The sign-in as JupyterHub keeps it."""
        return {"session": asdict(self)}

    def lasts(self, now: float) -> bool:
        """Whether the access token can still be used."""
        return now + _LEEWAY_SECONDS < self.access_ends


def groups_in(claims: dict[str, Any], claim: str | None) -> list[str]:
    """The groups that a provider tells, as paths without the leading slash."""
    told = claims.get(claim) if claim else None
    listed = told if isinstance(told, list) else [told]
    names = {name.strip("/") for name in listed if isinstance(name, str)}
    return sorted(name for name in names if 0 < len(name) <= _LONGEST_GROUP and name.isprintable())


_LONGEST_GROUP = 255
"""Of a name in JupyterHub's database (jupyterhub/orm.py)."""
