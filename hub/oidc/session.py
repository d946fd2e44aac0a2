"""What the hub keeps of a sign-in, encrypted in its database: the provider's tokens, and whose they are. Pure."""

from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

_LEEWAY_SECONDS = 10.0
"""A token this near to its end is taken as ended: it has a way to go."""
_LONGEST_GROUP = 255
"""Of a name in JupyterHub's database (jupyterhub/orm.py)."""
_MOST_OTHERS = 8
"""Of one account's sign-ins; the oldest are forgotten, and end at the provider by themselves."""


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
    others: dict[str, str] = field(repr=False, default_factory=dict)
    """The same account's sign-ins in other browsers: the provider's name of each, and its refresh token."""

    @classmethod
    def kept(cls, auth_state: Any) -> "Session | None":
        """The sign-in in JupyterHub's `auth_state`; None when there is none, or it is of another kind."""
        found = auth_state.get("session") if isinstance(auth_state, dict) else None
        names = {one.name for one in fields(cls)}
        return cls(**found) if isinstance(found, dict) and found.keys() == names else None

    @classmethod
    def of_base(cls, auth_state: Any, issuer: str, name: str) -> "Session | None":
        """The sign-in that oauthenticator's own class has kept (oauthenticator/oauth2.py, build_auth_state_dict).

        A hub that is taken over has such ones; its times are not kept, so the provider is asked before it counts.
        """
        found = auth_state if isinstance(auth_state, dict) else {}
        person, token = found.get("oauth_user"), found.get("access_token")
        if not (isinstance(person, dict) and isinstance(person.get("sub"), str) and isinstance(token, str)):
            return None
        refresh, answer = found.get("refresh_token"), found.get("token_response")
        sid = answer.get("session_state") if isinstance(answer, dict) else None
        return cls(issuer, person["sub"], name, [], token, 0.0, refresh, None, str(sid or ""), 0.0)

    def auth_state(self) -> dict[str, Any]:
        """The sign-in as JupyterHub keeps it."""
        return {"session": asdict(self)}

    def after(self, former: "Session | None") -> "Session":
        """This sign-in with the others of its account, which have sessions of their own at the provider.

        Args:
            former: what was kept up to now.
        """
        if former is None or (former.issuer, former.subject) != (self.issuer, self.subject):
            return self
        known = former.others | ({former.sid: former.refresh_token} if former.refresh_token else {})
        others = [(sid, token) for sid, token in known.items() if sid != self.sid]
        return replace(self, others=dict(others[-_MOST_OTHERS:]))

    def signed_out(self, longest_seconds: float) -> dict[str, Any]:
        """What is kept when the user has signed out here: until when servers that run go on."""
        return {"signed_out": {"until": self.checked + longest_seconds}}

    def refresh_tokens(self) -> list[str]:
        """Of this sign-in and of the others."""
        return [token for token in (self.refresh_token, *self.others.values()) if token]

    def lasts(self, now: float) -> bool:
        """Whether the access token can still be used."""
        return now + _LEEWAY_SECONDS < self.access_ends


def servers_go_on(auth_state: Any, now: float) -> bool:
    """Whether the user has signed out here, and not so long ago that their servers have to end too."""
    found = auth_state.get("signed_out") if isinstance(auth_state, dict) else None
    return isinstance(found, dict) and now < float(found.get("until") or 0.0)


def groups_in(claims: dict[str, Any], claim: str | None) -> list[str]:
    """The groups that a provider tells, as paths without the leading slash."""
    told = claims.get(claim) if claim else None
    listed = told if isinstance(told, list) else [told]
    names = {name.strip("/") for name in listed if isinstance(name, str)}
    return sorted(name for name in names if 0 < len(name) <= _LONGEST_GROUP and name.isprintable())
